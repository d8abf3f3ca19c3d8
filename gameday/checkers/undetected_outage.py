"""Was a service out for long while no alarm named it?

The canaries' looks say when each service was out, whether or not anybody has an alarm
on them; the history says which alarms were defined, and when each went on. An alarm of
another service does not count, however early: it sends people to the wrong place. A
region without monitors is none that this can be asked of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import seconds
from gameday.model.alarms_seen import alarms_seen
from gameday.model.outages_seen import alarm_detections, first_outages
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.history import History
    from gameday.model.outages_seen import AlarmDetection, Outage
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "undetected-outage"


def check(history: History, world: World) -> Finding:
    """Return invalid when a service was out for long and no alarm named it."""
    if not alarms_seen(history):
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="the region has no monitor whose alarm could have gone on",
        )
    end_ns, limit_ns = run_span(history).end_ns, world.undetected_ms * 1_000_000
    long = {
        service: outage
        for service, outage in first_outages(history).items()
        if outage.lasted_ns(end_ns) > limit_ns
    }
    found = alarm_detections(history)
    late = {
        service: [each for each in found if each.alarm.service == service]
        for service in long
        if not _is_named(service, found, limit_ns)
    }
    if not late:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"all {len(long)} services that were out long were named in time",
        )
    service = min(late, key=lambda each: long[each].began_ns)
    doubtful = [each for each in late[service] if not each.is_certain]
    return Finding(
        hazard=HAZARD,
        validity=Validity.UNKNOWN if doubtful else Validity.INVALID,
        summary=_summary(long, late, service, end_ns),
        at_ns=long[service].began_ns + limit_ns,
    )


def _is_named(service: str, found: Sequence[AlarmDetection], limit_ns: int) -> bool:
    return any(
        each.alarm.service == service
        and each.took_ns is not None
        and each.took_ns <= limit_ns
        and each.is_certain
        for each in found
    )


def _summary(
    long: dict[str, Outage],
    late: dict[str, list[AlarmDetection]],
    service: str,
    end_ns: int,
) -> str:
    outage = long[service]
    others = [each for each in sorted(late) if each != service]
    took = [each.took_ns for each in late[service] if each.took_ns is not None]
    if took:
        named = f"the first alarm that names it went on after {seconds(min(took))}"
    elif late[service]:
        silent = ", ".join(each.alarm.name for each in late[service])
        named = f"its alarm {silent} stayed silent"
    else:
        named = "no alarm names it"
    also = f"; so were {', '.join(others)}" if others else ""
    return (
        f"{service} was out for {seconds(outage.lasted_ns(end_ns))} from "
        f"{seconds(outage.began_ns)} on, and {named}{also}"
    )
