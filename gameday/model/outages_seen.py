"""When was each service out, and which alarm named it, after how long?

A service is out from the last look at which its canary found it well: the trouble can
only have begun after that, so no alarm is made quicker than it was. One failed look is
no outage, and a service that has never been well is still coming up.

Each alarm is held to the service that it names. That something else is found to be in
trouble is no detection: in October 2025 hundreds of alarms fired at once, and it took
50 minutes until one thing was named, DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.alarm import AlarmState
from gameday.model.alarms_seen import alarms_seen
from gameday.model.canaries_seen import canary_looks
from gameday.model.run_span import run_span
from gameday.model.service_health import CanarySays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.model.alarms_seen import AlarmChange, AlarmSeen
    from gameday.model.canaries_seen import CanaryLook
    from gameday.model.history import History

__all__ = ["AlarmDetection", "Outage", "alarm_detections", "first_outages"]

LOOKS_FAILED_MIN = 2
"""Failed looks in a row that make an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The first time that a service was out.

    Attributes:
        service: which one.
        began_ns: its canary's last good look before.
        ended_ns: the first good look after, None when there was none.
    """

    service: str
    began_ns: int
    ended_ns: int | None

    def lasted_ns(self, until_ns: int) -> int:
        """Return how long it lasted, as far as is known at the end of the run."""
        return (until_ns if self.ended_ns is None else self.ended_ns) - self.began_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetection:
    """What one alarm did in the first outage of the service that it names.

    Attributes:
        alarm: which one.
        outage: None when its service was never out.
        took_ns: from the outage's beginning to the alarm; None when it stayed silent.
        is_certain: false when the call that set it may not have happened.
    """

    alarm: AlarmSeen
    outage: Outage | None
    took_ns: int | None = None
    is_certain: bool = True


def first_outages(history: History) -> dict[str, Outage]:
    """Return the first outage of each service that had one within the run."""
    since_ns = run_span(history).start_ns
    by_service: dict[str, list[CanaryLook]] = {}
    for look in canary_looks(history):
        by_service.setdefault(look.service, []).append(look)
    found = {
        service: _first(looks, since_ns)
        for service, looks in sorted(by_service.items())
    }
    return {service: each for service, each in found.items() if each is not None}


def alarm_detections(history: History) -> tuple[AlarmDetection, ...]:
    """Return what each monitor's alarm did, the quickest first, the silent last."""
    outages = first_outages(history)
    found = [
        _detection(each, outages.get(each.service)) for each in alarms_seen(history)
    ]
    return tuple(
        sorted(
            found,
            key=lambda each: (
                each.outage is None,
                each.took_ns is None,
                each.took_ns or 0,
                each.alarm.name,
            ),
        )
    )


def _first(looks: Iterable[CanaryLook], since_ns: int) -> Outage | None:
    well_ns: int | None = None
    failed = 0
    for look in looks:
        if look.says is CanarySays.FAILS:
            failed += 1
            continue
        is_outage = failed >= LOOKS_FAILED_MIN and look.at_ns > since_ns
        if well_ns is not None and is_outage:
            return Outage(service=look.service, began_ns=well_ns, ended_ns=look.at_ns)
        well_ns, failed = max(look.at_ns, since_ns), 0
    if well_ns is None or failed < LOOKS_FAILED_MIN:
        return None
    return Outage(service=look.service, began_ns=well_ns, ended_ns=None)


def _detection(alarm: AlarmSeen, outage: Outage | None) -> AlarmDetection:
    if outage is None:
        return AlarmDetection(alarm=alarm, outage=None)
    for before, change in _changes(alarm):
        if change.at_ns <= outage.began_ns or change.state is not AlarmState.ALARM:
            continue
        if before is AlarmState.ALARM or _is_too_late(change, alarm, outage):
            continue
        return AlarmDetection(
            alarm=alarm,
            outage=outage,
            took_ns=change.at_ns - outage.began_ns,
            is_certain=change.is_certain,
        )
    return AlarmDetection(alarm=alarm, outage=outage)


def _changes(alarm: AlarmSeen) -> list[tuple[AlarmState, AlarmChange]]:
    states = [AlarmState.INSUFFICIENT_DATA, *(each.state for each in alarm.changes)]
    return list(zip(states, alarm.changes, strict=False))


def _is_too_late(change: AlarmChange, alarm: AlarmSeen, outage: Outage) -> bool:
    """Whether none of the datapoints that set the alarm can be of the outage."""
    if outage.ended_ns is None:
        return False
    return change.at_ns > outage.ended_ns + alarm.window_ms * 1_000_000
