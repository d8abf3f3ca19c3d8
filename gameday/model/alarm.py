"""What does a CloudWatch alarm say of these datapoints?

An alarm looks at its newest N datapoints and is on when M of them breach the threshold.
Datapoints may be missing, and that is where alarms differ from what people expect:

* CloudWatch looks further back than N for real datapoints before it fills any in, so an
  old value can keep an alarm quiet after its metric has stopped.
* Of missing data as `missing` (the default), a metric that stops altogether is
  INSUFFICIENT_DATA, which nobody is paged for.
* On metrics of the namespace AWS/DynamoDB missing data is always `ignore`: when nobody
  reaches the service, its metrics stop, and the alarm stays as it was.

Source: "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user
guide, whose two tables are cases of the tests. How far back CloudWatch looks is not
published; its tables show five datapoints for N = 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "Alarm",
    "AlarmState",
    "Comparison",
    "MissingData",
    "Sample",
    "Statistic",
    "alarm_state",
    "datapoints",
]

LOOK_BACK_PERIODS = 2
"""How many datapoints before the newest N are looked at."""

ALWAYS_IGNORING_NAMESPACE = "AWS/DynamoDB"


class AlarmState(StrEnum):
    """CloudWatch's three states."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(StrEnum):
    """What a missing datapoint counts as (TreatMissingData)."""

    MISSING = "missing"
    IGNORE = "ignore"
    """The alarm stays as it is."""
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class Comparison(StrEnum):
    """When a datapoint breaches the threshold (ComparisonOperator)."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"
    AT_MOST = "LessThanOrEqualToThreshold"


class Statistic(StrEnum):
    """How the samples of a period become one datapoint."""

    AVERAGE = "Average"
    SUM = "Sum"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    SAMPLE_COUNT = "SampleCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of a metric."""

    at_ms: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric alarm.

    Attributes:
        metric: the metric's name.
        namespace: where the metric is.
        dimensions: name and value of each, as the metric has them exactly.
        statistic: how a period's samples become its datapoint.
        comparison: how a datapoint is held against the threshold.
        threshold: what it is held against.
        period_ms: one datapoint covers so much.
        evaluation_periods: N, the newest datapoints that count.
        datapoints_to_alarm: M, how many of them must breach; all when None.
        missing: what a missing datapoint counts as.
    """

    metric: str
    namespace: str = "gameday"
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: Statistic = Statistic.AVERAGE
    comparison: Comparison = Comparison.AT_LEAST
    threshold: float
    period_ms: int = 60_000
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    missing: MissingData = MissingData.MISSING

    def __post_init__(self) -> None:
        """Refuse what PutMetricAlarm refuses."""
        if self.period_ms < 1 or self.evaluation_periods < 1:
            raise ValueError(f"need a period and a number of them, not {self}")
        if not 1 <= self.needed <= self.evaluation_periods:
            raise ValueError(
                f"need 1 <= datapoints_to_alarm <= evaluation_periods, not {self}"
            )

    @property
    def needed(self) -> int:
        """Return M."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def treats_missing_as(self) -> MissingData:
        """Return what missing data counts as, whatever was asked for."""
        if self.namespace == ALWAYS_IGNORING_NAMESPACE:
            return MissingData.IGNORE
        return self.missing

    def is_breaching(self, value: float) -> bool:
        """Answer whether one datapoint breaches the threshold."""
        match self.comparison:
            case Comparison.ABOVE:
                return value > self.threshold
            case Comparison.AT_LEAST:
                return value >= self.threshold
            case Comparison.BELOW:
                return value < self.threshold
            case Comparison.AT_MOST:
                return value <= self.threshold


def alarm_state(
    alarm: Alarm, newest: Sequence[float | None], *, before: AlarmState
) -> AlarmState:
    """Return the alarm's state.

    Args:
        alarm: what is evaluated.
        newest: datapoints, oldest first, None where one is missing.
        before: the state that `ignore` keeps.
    """
    seen = newest[-(alarm.evaluation_periods + LOOK_BACK_PERIODS) :]
    breaching = [alarm.is_breaching(value) for value in seen if value is not None]
    missing = max(0, alarm.evaluation_periods - len(breaching))
    if sum(breaching[-alarm.evaluation_periods :]) >= alarm.needed:
        return AlarmState.ALARM
    match alarm.treats_missing_as:
        case MissingData.BREACHING:
            on = missing and sum(breaching) + missing >= alarm.needed
            return AlarmState.ALARM if on else AlarmState.OK
        case MissingData.NOT_BREACHING:
            return AlarmState.OK
        case MissingData.IGNORE:
            return before if missing and all(breaching) else AlarmState.OK
        case MissingData.MISSING:
            if not (missing and all(breaching)):
                return AlarmState.OK
            return _state_of_too_little(alarm, seen)


def datapoints(
    alarm: Alarm, samples: Sequence[Sample], *, count: int, now_ms: int
) -> tuple[float | None, ...]:
    """Return the newest `count` datapoints of periods that have ended.

    Periods begin at multiples of their length. A period without a sample has no
    datapoint; a sample count has none either, as in CloudWatch.
    """
    last = now_ms // alarm.period_ms
    values: dict[int, list[float]] = {}
    for sample in samples:
        period = sample.at_ms // alarm.period_ms
        if last - count <= period < last:
            values.setdefault(period, []).append(sample.value)
    return tuple(
        _STATISTICS[alarm.statistic](values[period]) if period in values else None
        for period in range(last - count, last)
    )


def _state_of_too_little(alarm: Alarm, seen: Sequence[float | None]) -> AlarmState:
    """Return the state when all that is known breaches, and too little is known.

    The alarm is on when the oldest breaching datapoint is at least M periods old and
    nothing better came since, as it would be had the metric gone on like that.
    """
    ages = [len(seen) - place for place, value in enumerate(seen) if value is not None]
    if ages and ages[0] >= alarm.needed:
        return AlarmState.ALARM
    return AlarmState.INSUFFICIENT_DATA


_STATISTICS: dict[Statistic, Callable[[list[float]], float]] = {
    Statistic.AVERAGE: lambda values: sum(values) / len(values),
    Statistic.SUM: sum,
    Statistic.MINIMUM: min,
    Statistic.MAXIMUM: max,
    Statistic.SAMPLE_COUNT: lambda values: float(len(values)),
}
