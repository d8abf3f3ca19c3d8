"""When does which monitor notice, and how long was everybody blind?

A component monitor watches what a component knows of itself; a canary does what a
customer does, end to end. The outage of October 2025 was seen late twice although
everything was monitored: 50 minutes until DNS was named, 82 until the load balancers'
health checks were. Which alarm one chooses decides that, so each monitor's time to
detect is measured by itself, under CloudWatch's own rules.

An alarm that was on already when the trouble began tells nobody anything new, nor does
one that goes on at that very moment: its datapoints are all from before.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gameday.model.alarm import (
    LOOK_BACK_PERIODS,
    Alarm,
    AlarmState,
    Comparison,
    MissingData,
    Sample,
    Statistic,
    alarm_state,
    datapoints,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Detection",
    "Monitor",
    "Watches",
    "blind_spot_ms",
    "detections",
    "parse_monitor",
    "render_monitor",
    "time_to_detect_ms",
]


class Watches(StrEnum):
    """Whose view a monitor has."""

    COMPONENT = "component"
    END_TO_END = "end-to-end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One alarm and whose view it has.

    Attributes:
        name: of the alarm.
        watches: whose view it has.
        alarm: when it goes on.
        service: what it names when it does, "" when that is nobody's name.
    """

    name: str
    watches: Watches
    alarm: Alarm
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How long one monitor took.

    Attributes:
        monitor: which one.
        took_ms: from the beginning of the trouble to the alarm, None when it stayed
            silent.
    """

    monitor: Monitor
    took_ms: int | None


def render_monitor(monitor: Monitor) -> dict[str, Any]:
    """Return a monitor as JSON values."""
    return asdict(monitor)


def parse_monitor(given: Mapping[str, Any]) -> Monitor:
    """Return the monitor that `render_monitor` wrote."""
    alarm = given["alarm"]
    return Monitor(
        name=given["name"],
        watches=Watches(given["watches"]),
        service=given["service"],
        alarm=Alarm(
            **{
                **alarm,
                "dimensions": tuple((name, v) for name, v in alarm["dimensions"]),
                "statistic": Statistic(alarm["statistic"]),
                "comparison": Comparison(alarm["comparison"]),
                "missing": MissingData(alarm["missing"]),
            }
        ),
    )


def time_to_detect_ms(
    alarm: Alarm, samples: Sequence[Sample], *, began_ms: int, until_ms: int
) -> int | None:
    """Return how long after `began_ms` the alarm goes on; None when it does not.

    Args:
        alarm: evaluated at the end of each of its periods, from the first sample on.
        samples: of its metric, in the order of time.
        began_ms: when the trouble began.
        until_ms: how long anybody watches.
    """
    times = [sample.at_ms for sample in samples]
    count = alarm.evaluation_periods + LOOK_BACK_PERIODS
    state = AlarmState.INSUFFICIENT_DATA
    start_ms = min(times[0] if times else began_ms, began_ms)
    first = (start_ms // alarm.period_ms + 1) * alarm.period_ms
    for now_ms in range(first, until_ms + 1, alarm.period_ms):
        oldest = bisect_left(times, now_ms - count * alarm.period_ms)
        recent = samples[oldest : bisect_left(times, now_ms)]
        newest = datapoints(alarm, recent, count=count, now_ms=now_ms)
        before, state = state, alarm_state(alarm, newest, before=state)
        went_on = state is AlarmState.ALARM and before is not AlarmState.ALARM
        if went_on and now_ms > began_ms:
            return now_ms - began_ms
    return None


def detections(
    monitors: Sequence[Monitor],
    metrics: Mapping[str, Sequence[Sample]],
    *,
    began_ms: int,
    until_ms: int,
) -> tuple[Detection, ...]:
    """Return when each monitor noticed, the quickest first, the silent last.

    `metrics` are the samples by metric; one that is not there was never reported.
    """
    found = [
        Detection(
            monitor=monitor,
            took_ms=time_to_detect_ms(
                monitor.alarm,
                metrics.get(monitor.alarm.metric, ()),
                began_ms=began_ms,
                until_ms=until_ms,
            ),
        )
        for monitor in monitors
    ]
    return tuple(sorted(found, key=lambda each: (_order(each), each.monitor.name)))


def blind_spot_ms(
    found: Sequence[Detection], *, watches: Watches, until_ms: int
) -> int:
    """Return how long nobody with that view had noticed, at most `until_ms`.

    `until_ms` is counted from the beginning of the trouble.
    """
    took = [
        each.took_ms
        for each in found
        if each.monitor.watches is watches and each.took_ms is not None
    ]
    return min([*took, until_ms])


def _order(detection: Detection) -> float:
    return float("inf") if detection.took_ms is None else detection.took_ms
