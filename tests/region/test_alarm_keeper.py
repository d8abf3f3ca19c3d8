"""Does an alarm of the region go on when CloudWatch's would?

Against the embedded moto, which keeps metrics and alarms and evaluates nothing. Metrics
are put with times of the test's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.model.alarm import Alarm, Comparison, MissingData, Statistic
from gameday.model.detection import Monitor, Watches
from gameday.region.monitoring.alarm_keeper import AlarmKeeper

NOW_MS = 1_792_000_000_000

RENEWALS = Monitor(
    name="dwfm-renewals",
    watches=Watches.COMPONENT,
    service="dwfm",
    alarm=Alarm(
        metric="LeasesRenewed",
        namespace="gameday/components",
        dimensions=(("Service", "dwfm"),),
        statistic=Statistic.SUM,
        comparison=Comparison.BELOW,
        threshold=2,
        evaluation_periods=3,
        missing=MissingData.BREACHING,
    ),
)


class CloudWatch:
    """Alarms, and somebody who puts metrics; a minute takes a second."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(now_ms=NOW_MS)
        self.cloudwatch = client(
            "cloudwatch", Caller(access_key="AKIAMONITOR000000001", endpoint_url=url)
        )
        self.keeper = AlarmKeeper(
            monitors=[RENEWALS],
            cloudwatch=self.cloudwatch,
            minute_ms=1000,
            clock=self.clock,
        )
        self.keeper.define()

    def second(self, *values: float, service: str = "dwfm") -> str:
        """Let a second pass in which these are told; return the alarm's state."""
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        for value in values:
            self.cloudwatch.put_metric_data(
                Namespace="gameday/components",
                MetricData=[
                    {
                        "MetricName": "LeasesRenewed",
                        "Dimensions": [{"Name": "Service", "Value": service}],
                        "Timestamp": now,
                        "Value": value,
                    }
                ],
            )
        self.clock.sleep_ms(1000)
        assert self.keeper.turn()
        return self.state()

    def state(self) -> str:
        (alarm,) = self.cloudwatch.describe_alarms()["MetricAlarms"]
        return str(alarm["StateValue"])


@pytest.fixture
def region(moto_url: str) -> Iterator[CloudWatch]:
    made = CloudWatch(moto_url)
    yield made
    made.cloudwatch.close()


def test_an_alarm_is_defined_as_it_would_be_in_aws(region: CloudWatch):
    (alarm,) = region.cloudwatch.describe_alarms()["MetricAlarms"]

    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 3)
    assert alarm["TreatMissingData"] == "breaching"
    tags = region.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
    assert {each["Key"]: each["Value"] for each in tags["Tags"]} == {
        "watches": "component",
        "service": "dwfm",
        "minute-ms": "1000",
    }


def test_an_alarm_goes_on_after_its_periods_and_off_with_the_first_good_one(
    region: CloudWatch,
):
    # The values of a period are added up.
    assert region.second(1, 1) == "OK"
    assert [region.second(0) for _ in range(3)] == ["OK", "OK", "ALARM"]
    assert region.second(3) == "OK"


def test_missing_data_breaches_where_it_should_once_nothing_good_is_found(
    region: CloudWatch,
):
    """CloudWatch looks two periods further back before it fills any in."""
    region.second(5)

    assert [region.second() for _ in range(5)] == ["OK"] * 4 + ["ALARM"]


def test_another_component_does_not_count(region: CloudWatch):
    assert region.second(9, service="dns") == "ALARM"


def test_nothing_is_evaluated_before_a_period_has_ended(region: CloudWatch):
    region.second(5)

    region.clock.sleep_ms(999)
    assert not region.keeper.turn()
    region.clock.sleep_ms(1)
    assert region.keeper.turn()
