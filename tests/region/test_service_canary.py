"""A service's health is what its canary saw, and the history tells it again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from histories import Recorder

from gameday.errors import Indeterminate, LaunchRefused, ServiceUnavailable
from gameday.model.canaries_seen import canary_looks, last_canary_looks
from gameday.model.history import OpKind
from gameday.model.service_health import CanarySays
from gameday.region.monitoring.service_canary import ServiceCanary

MS_NS = 1_000_000


class RecordingCloudWatch:
    """Writes every metric into a history, as the edge does."""

    def __init__(self) -> None:
        self.recorder = Recorder()

    def put_metric_data(self, **request: Any) -> None:
        self.recorder.add(
            kind=OpKind.CALL,
            actor="canary",
            service="cloudwatch",
            operation="PutMetricData",
            request=request,
        )


def failing(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "error",
    [
        ServiceUnavailable(service="sts", why="no credentials"),
        LaunchRefused("InsufficientInstanceCapacity", "no droplet"),
        EndpointConnectionError(endpoint_url="http://x", error="empty"),
        Indeterminate("no reply"),
    ],
)
def test_who_gets_no_service_says_so_and_who_gets_it_again_too(error: Exception):
    cloudwatch = RecordingCloudWatch()
    down = ServiceCanary(
        service="sts", ask=lambda: failing(error), cloudwatch=cloudwatch
    )
    up = ServiceCanary(service="sts", ask=lambda: None, cloudwatch=cloudwatch)

    cloudwatch.recorder.at(1_000)
    assert not down.look()
    cloudwatch.recorder.at(2_000)
    assert up.look()

    history = cloudwatch.recorder.history()
    assert [(each.service, each.says) for each in canary_looks(history)] == [
        ("sts", CanarySays.FAILS),
        ("sts", CanarySays.WORKS),
    ]
    assert last_canary_looks(history)["sts"].says is CanarySays.WORKS
    earlier = last_canary_looks(history, until_ns=1_500 * MS_NS)
    assert earlier["sts"].says is CanarySays.FAILS
    assert last_canary_looks(history, until_ns=500 * MS_NS) == {}


def test_a_defect_of_the_canary_is_not_an_outage_of_the_service():
    broken = ServiceCanary(
        service="sts", ask=lambda: failing(KeyError("x")), cloudwatch=None
    )
    with pytest.raises(KeyError):
        broken.look()


def test_another_metric_is_no_look():
    cloudwatch = RecordingCloudWatch()
    cloudwatch.put_metric_data(
        Namespace="gameday/services",
        MetricData=[{"MetricName": "Backlog", "Value": 3.0}],
    )
    cloudwatch.put_metric_data(Namespace="gameday/ec2", MetricData=[])
    assert list(canary_looks(cloudwatch.recorder.history())) == []
