"""In which state is each alarm of the region?

Emulated CloudWatch stores metrics and alarms and never evaluates one: moto sets an
alarm's state only when SetAlarmState is called (`moto/cloudwatch/models.py`, where
nothing else calls `update_state`). So this does what CloudWatch does: at the end of
every period it reads the datapoints with GetMetricData and sets the state that
CloudWatch's documented rules give (`model/alarm.py`).

Time is compressed and CloudWatch's periods are not: 10 s or whole minutes. An alarm is
defined with the period it would have in AWS, its datapoints are read with the time that
such a period takes here, and the alarm's tags say how long a minute is. Metrics keep
the wall clock's timestamps; only how many seconds make a minute differs.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gameday.model.alarm import LOOK_BACK_PERIODS, AlarmState, alarm_state
from gameday.model.alarms_seen import MINUTE_TAG, SERVICE_TAG, WATCHES_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.clock import Clock
    from gameday.model.detection import Monitor

__all__ = ["AlarmKeeper"]

logger = logging.getLogger(__name__)

_MINUTE_MS = 60_000


class AlarmKeeper:
    """Defines the alarms of some monitors and keeps their states.

    Args:
        monitors: at least one; the names differ.
        cloudwatch: by the gateway.
        minute_ms: how long a minute of CloudWatch takes here, whole seconds.
        clock: the wall clock that metrics are stamped with.
    """

    def __init__(
        self,
        *,
        monitors: Sequence[Monitor],
        cloudwatch: Any,
        minute_ms: int,
        clock: Clock,
    ) -> None:
        self._monitors = tuple(monitors)
        self._cloudwatch = cloudwatch
        self._minute_ms = minute_ms
        self._clock = clock
        self._states = {
            each.name: AlarmState.INSUFFICIENT_DATA for each in self._monitors
        }
        self._evaluated_s: dict[str, int] = {}

    def define(self) -> None:
        """Create the alarms; doing it twice is the same as once."""
        for monitor in self._monitors:
            alarm = monitor.alarm
            self._cloudwatch.put_metric_alarm(
                AlarmName=monitor.name,
                Namespace=alarm.namespace,
                MetricName=alarm.metric,
                Dimensions=_dimensions(monitor),
                Statistic=alarm.statistic.value,
                Period=alarm.period_ms // 1000,
                EvaluationPeriods=alarm.evaluation_periods,
                DatapointsToAlarm=alarm.needed,
                Threshold=alarm.threshold,
                ComparisonOperator=alarm.comparison.value,
                TreatMissingData=alarm.missing.value,
                Tags=[
                    {"Key": WATCHES_TAG, "Value": monitor.watches.value},
                    {"Key": SERVICE_TAG, "Value": monitor.service},
                    {"Key": MINUTE_TAG, "Value": str(self._minute_ms)},
                ],
            )

    def turn(self) -> bool:
        """Evaluate the alarms whose period has ended; return whether any had."""
        now_s = self._clock.now_ms() // 1000
        due = []
        for monitor in self._monitors:
            period_s = self._period_s(monitor)
            ended_s = now_s - now_s % period_s
            if self._evaluated_s.get(monitor.name) != ended_s:
                due.append((monitor, ended_s))
        for monitor, ended_s in due:
            self._evaluate(monitor, ended_s)
            self._evaluated_s[monitor.name] = ended_s
        return bool(due)

    def _evaluate(self, monitor: Monitor, ended_s: int) -> None:
        newest = self._newest(monitor, ended_s)
        before = self._states[monitor.name]
        state = alarm_state(monitor.alarm, newest, before=before)
        if state is before:
            return
        said = ", ".join("-" if value is None else f"{value:g}" for value in newest)
        self._cloudwatch.set_alarm_state(
            AlarmName=monitor.name,
            StateValue=state.value,
            StateReason=f"the newest datapoints of {monitor.alarm.metric}: {said}",
        )
        self._states[monitor.name] = state
        logger.info("%s is %s: %s", monitor.name, state.value, said)

    def _newest(self, monitor: Monitor, ended_s: int) -> list[float | None]:
        """Return the datapoints before a time, oldest first, None for missing ones."""
        period_s = self._period_s(monitor)
        count = monitor.alarm.evaluation_periods + LOOK_BACK_PERIODS
        start_s = ended_s - count * period_s
        reply = self._cloudwatch.get_metric_data(
            StartTime=datetime.fromtimestamp(start_s, UTC),
            EndTime=datetime.fromtimestamp(ended_s, UTC),
            MetricDataQueries=[
                {
                    "Id": "newest",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": monitor.alarm.namespace,
                            "MetricName": monitor.alarm.metric,
                            "Dimensions": _dimensions(monitor),
                        },
                        "Period": period_s,
                        "Stat": monitor.alarm.statistic.value,
                    },
                }
            ],
        )
        (result,) = reply["MetricDataResults"]
        values: dict[int, float] = {
            round(at.timestamp()): value
            for at, value in zip(result["Timestamps"], result["Values"], strict=True)
        }
        return [values.get(start_s + n * period_s) for n in range(count)]

    def _period_s(self, monitor: Monitor) -> int:
        return monitor.alarm.period_ms * self._minute_ms // _MINUTE_MS // 1000


def _dimensions(monitor: Monitor) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in monitor.alarm.dimensions]
