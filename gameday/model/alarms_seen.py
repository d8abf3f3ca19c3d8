"""Which alarms does a history tell of, and when did each go on?

The calls to CloudWatch are in the history: PutMetricAlarm says what an alarm is and, in
its tags, what it watches; SetAlarmState says when it changed. Only alarms that say what
they watch are somebody's monitor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gameday.model.alarm import AlarmState
from gameday.model.detection import Watches
from gameday.model.history import History, OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.model.history import Op

__all__ = [
    "MINUTE_TAG",
    "SERVICE_TAG",
    "WATCHES_TAG",
    "AlarmChange",
    "AlarmSeen",
    "alarms_seen",
]

WATCHES_TAG: Final = "watches"
SERVICE_TAG: Final = "service"
MINUTE_TAG: Final = "minute-ms"
"""How long a minute of CloudWatch takes in the region, whose time is compressed."""

_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChange:
    """One change of an alarm's state.

    Attributes:
        at_ns: when the change was complete, since the run began.
        state: the new state.
        is_certain: false when the reply was lost, so that it may not have happened.
    """

    at_ns: int
    state: AlarmState
    is_certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSeen:
    """One monitor's alarm.

    Attributes:
        name: the alarm's.
        watches: whose view it has.
        service: what it names when it goes on.
        minute_ms: how long a minute of CloudWatch takes here.
        window_ms: how much time here the datapoints of one evaluation cover.
        changes: of its state, in order.
    """

    name: str
    watches: Watches
    service: str
    minute_ms: int
    window_ms: int
    changes: tuple[AlarmChange, ...]


def alarms_seen(history: History) -> tuple[AlarmSeen, ...]:
    """Return the monitors' alarms, sorted by name."""
    defined: dict[str, Op] = {}
    changes: dict[str, list[AlarmChange]] = {}
    for op in history:
        if op.kind is not OpKind.CALL or op.outcome is Outcome.FAIL:
            continue
        name = str(op.request.get("AlarmName"))
        if op.operation == "PutMetricAlarm" and WATCHES_TAG in _tags(op):
            defined[name] = op
        elif op.operation == "SetAlarmState":
            changes.setdefault(name, []).append(
                AlarmChange(
                    at_ns=op.end_ns,
                    state=AlarmState(str(op.request.get("StateValue"))),
                    is_certain=op.outcome is Outcome.OK,
                )
            )
    return tuple(
        _seen(defined[name], tuple(changes.get(name, ()))) for name in sorted(defined)
    )


def _seen(op: Op, changes: tuple[AlarmChange, ...]) -> AlarmSeen:
    tags, request = _tags(op), op.request
    minute_ms = int(tags.get(MINUTE_TAG, _MINUTE_S * 1000))
    covered_s = int(request.get("Period", _MINUTE_S)) * int(
        request.get("EvaluationPeriods", 1)
    )
    return AlarmSeen(
        name=str(request.get("AlarmName")),
        watches=Watches(tags[WATCHES_TAG]),
        service=tags.get(SERVICE_TAG, ""),
        minute_ms=minute_ms,
        window_ms=covered_s * minute_ms // _MINUTE_S,
        changes=changes,
    )


def _tags(op: Op) -> Mapping[str, str]:
    return dict(_pairs(op))


def _pairs(op: Op) -> Iterator[tuple[str, str]]:
    for tag in op.request.get("Tags") or ():
        yield str(tag.get("Key")), str(tag.get("Value"))
