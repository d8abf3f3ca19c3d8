"""What does a component tell of itself, and how often?"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import EndpointConnectionError

from gameday.clock import ManualClock
from gameday.model.component_metrics import LEASES_RENEWED
from gameday.region.monitoring.component_report import ComponentReport


class CloudWatch:
    """Remembers what it was told; can be out of reach."""

    def __init__(self) -> None:
        self.told: list[float] = []
        self.is_cut = False

    def put_metric_data(self, *, MetricData: Any, **_: Any) -> None:  # noqa: N803
        if self.is_cut:
            raise EndpointConnectionError(endpoint_url="http://cloudwatch")
        self.told += [each["Value"] for each in MetricData]


def report(cloudwatch: CloudWatch, clock: ManualClock, every_ms: int = 1000) -> Any:
    return ComponentReport(
        service="dwfm", cloudwatch=cloudwatch, every_ms=every_ms, clock=clock
    )


def test_it_tells_what_was_done_since_the_last_time_zeros_too():
    cloudwatch = CloudWatch()
    told = report(cloudwatch, ManualClock())

    for total in (3, 3, 7):
        told.tell({LEASES_RENEWED: total})

    assert cloudwatch.told == [3.0, 0.0, 4.0]


def test_what_could_not_be_told_is_told_the_next_time():
    cloudwatch = CloudWatch()
    told = report(cloudwatch, ManualClock())
    cloudwatch.is_cut = True
    told.tell({LEASES_RENEWED: 3})

    cloudwatch.is_cut = False
    told.tell({LEASES_RENEWED: 5})

    assert cloudwatch.told == [5.0]


def test_it_is_due_once_a_period():
    clock = ManualClock()
    told = report(CloudWatch(), clock)

    assert not told.is_due()
    clock.sleep_ms(1000)
    assert told.is_due()
    assert not told.is_due()


def test_a_region_that_asks_for_none_gets_none():
    clock = ManualClock()
    told = report(CloudWatch(), clock, every_ms=0)
    clock.sleep_ms(10_000)

    assert not told.is_due()
