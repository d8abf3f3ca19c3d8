"""Which monitors does a region file name, and can their alarms mean anything?

A monitor is an alarm of CloudWatch on what a component tells of itself, or on what a
service's canary saw. The file gives an alarm as it would stand in AWS; the setting
`monitor_minute_ms` says how long a minute of CloudWatch takes in the region's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from gameday.documents import STRICT, unknown_name
from gameday.model.alarm import Alarm, Comparison, MissingData, Statistic
from gameday.model.canaries_seen import (
    CANARIES_NAMESPACE,
    SERVICE_DIMENSION,
    WORKS_METRIC,
)
from gameday.model.component_metrics import COMPONENT_METRICS, COMPONENTS_NAMESPACE
from gameday.model.detection import Monitor, Watches
from gameday.region.known_settings import KNOWN_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.consistency import Problem
    from gameday.region.entries.services import ServiceEntry

__all__ = ["MONITOR_PROGRAM", "MonitorEntry", "monitor_problems", "monitors_of"]

MONITOR_PROGRAM = "gameday.region.main:monitor"

_MINUTE_S = 60
_PERIODS_S = (1, 5, 10, 30)
"""Below a minute CloudWatch reads metrics in these periods only."""


class MonitorEntry(BaseModel):
    """One monitor.

    Attributes:
        of: the service that it names when it goes on.
        watches: "component", what the service's programs tell of themselves, or
            "end-to-end", what its canary saw.
        metric: of a component; a canary has only one.
        period_s: of the alarm in AWS.
        statistic: how a period's values become its datapoint.
        comparison: how a datapoint is held against the threshold.
        threshold: what it is held against.
        evaluation_periods: the newest datapoints that count.
        datapoints_to_alarm: how many of them must breach; all when left out.
        missing: what a missing datapoint counts as.
    """

    model_config = STRICT
    of: str
    watches: Watches
    metric: str | None = None
    period_s: Annotated[int, Field(ge=_MINUTE_S, le=86_400, multiple_of=_MINUTE_S)] = (
        _MINUTE_S
    )
    statistic: Statistic = Statistic.AVERAGE
    comparison: Comparison = Comparison.BELOW
    threshold: float = 1.0
    evaluation_periods: Annotated[int, Field(ge=1, le=100)] = 3
    datapoints_to_alarm: Annotated[int, Field(ge=1, le=100)] | None = None
    missing: MissingData = MissingData.MISSING


def monitors_of(entries: Mapping[str, MonitorEntry]) -> tuple[Monitor, ...]:
    """Return the monitors of entries without problems, sorted by name."""
    return tuple(_monitor(name, entry) for name, entry in sorted(entries.items()))


def monitor_problems(
    entries: Mapping[str, MonitorEntry],
    *,
    services: Mapping[str, ServiceEntry],
    settings: Mapping[str, object],
) -> Iterator[Problem]:
    """Yield what keeps monitors from ever saying anything.

    Args:
        entries: as the file has them.
        services: of the region.
        settings: of the region.
    """
    minute_ms = settings.get(
        "monitor_minute_ms", KNOWN_SETTINGS["monitor_minute_ms"].default
    )
    for name, entry in entries.items():
        path = ("monitors", name)
        if entry.of not in services:
            yield (*path, "of"), unknown_name("service", entry.of, services)
            continue
        yield from ((path, problem) for problem in _unwatched(entry, services))
        needed = entry.datapoints_to_alarm or entry.evaluation_periods
        if needed > entry.evaluation_periods:
            message = (
                "datapoints_to_alarm <= evaluation_periods fails: "
                f"{needed} and {entry.evaluation_periods}"
            )
            yield (*path, "datapoints_to_alarm"), message
        period_s = entry.period_s * float(str(minute_ms)) / 1000 / _MINUTE_S
        if period_s not in _PERIODS_S and (period_s % _MINUTE_S or not period_s):
            message = (
                f"its period takes {period_s:g} s here, and CloudWatch reads metrics "
                "in periods of 1, 5, 10 and 30 s and of whole minutes: period_s "
                f"{entry.period_s} at monitor_minute_ms {minute_ms}"
            )
            yield (*path, "period_s"), message


def _unwatched(
    entry: MonitorEntry, services: Mapping[str, ServiceEntry]
) -> Iterator[str]:
    """Yield why nobody tells the metric of an entry."""
    if entry.watches is Watches.END_TO_END:
        if services[entry.of].canary is None:
            yield f"{entry.of} has no canary, so nobody tells whether it works"
        if entry.metric not in {None, WORKS_METRIC}:
            yield f"a canary tells {WORKS_METRIC} only; leave `metric` out"
        return
    told = COMPONENT_METRICS.get(entry.of, ())
    if not told:
        known = ", ".join(sorted(COMPONENT_METRICS))
        yield f"no program of {entry.of} tells of itself; those of {known} do"
    elif entry.metric is None:
        yield f"name a metric: {', '.join(told)}"
    elif entry.metric not in told:
        yield unknown_name("metric", entry.metric, told)


def _monitor(name: str, entry: MonitorEntry) -> Monitor:
    is_canary = entry.watches is Watches.END_TO_END
    return Monitor(
        name=name,
        watches=entry.watches,
        service=entry.of,
        alarm=Alarm(
            metric=WORKS_METRIC if is_canary else entry.metric or "",
            namespace=CANARIES_NAMESPACE if is_canary else COMPONENTS_NAMESPACE,
            dimensions=((SERVICE_DIMENSION, entry.of),),
            statistic=entry.statistic,
            comparison=entry.comparison,
            threshold=entry.threshold,
            period_ms=entry.period_s * 1000,
            evaluation_periods=entry.evaluation_periods,
            datapoints_to_alarm=entry.datapoints_to_alarm,
            missing=entry.missing,
        ),
    )
