"""Did an endpoint ever have no address, after it once had one?

Two witnesses. The zone, replayed commit by commit, says when the root last led
to an address. The resolvers' answers say what clients got: NOERROR without
records. Either is enough to break the property; a zone that was never seen
lit and a name that was never answered prove nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import (
    OPS_SHOWN_MAX,
    merge,
    seconds,
    valid_unless_undecided,
)
from gameday.model.endpoint_history import Darkness, addresses, darkness
from gameday.model.reconstruction import reconstruct
from gameday.model.resolver_answers import (
    ResolverAnswer,
    empties_after_first,
    resolver_answers,
)
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "empty-endpoint"


def check(history: History, world: World) -> Finding:
    """Return invalid when a name that worked was left without an address."""
    zones = reconstruct(history)
    return merge(
        HAZARD,
        [_check_one(history, name, zones.get(name)) for name in world.endpoints],
    )


def _check_one(history: History, endpoint: str, zone: ZoneHistory | None) -> Finding:
    dark, empties = _dark(history, endpoint, zone), _empties(history, endpoint)
    if dark or empties:
        causes = [d.cause.op.index for d in dark]
        told = [a.op.index for a in empties]
        moments = [d.cause.at_ns for d in dark] + [a.op.end_ns for a in empties]
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary="; ".join(_sentences(history, endpoint, zone)),
            at_ns=min(moments),
            ops=tuple(causes + told)[:OPS_SHOWN_MAX],
        )
    lit = zone is not None and any(
        addresses(commit.after, endpoint) for commit in zone.commits[-1:]
    )
    answered = sum(1 for a in resolver_answers(history, endpoint) if a.addresses)
    if not lit and not answered:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary=f"{endpoint} was never seen with an address",
        )
    return valid_unless_undecided(
        HAZARD,
        f"{endpoint} always had an address ({answered} answers, none empty)",
        zone,
    )


def _dark(
    history: History, endpoint: str, zone: ZoneHistory | None
) -> tuple[Darkness, ...]:
    """Return the dark times that reach into the evidence."""
    start_ns = run_span(history).start_ns
    return tuple(
        d
        for d in (darkness(zone, endpoint) if zone else ())
        if d.end is None or d.end.at_ns > start_ns
    )


def _empties(history: History, endpoint: str) -> tuple[ResolverAnswer, ...]:
    start_ns = run_span(history).start_ns
    found = empties_after_first(history, endpoint)
    return tuple(answer for answer in found if answer.op.end_ns > start_ns)


def _sentences(history: History, endpoint: str, zone: ZoneHistory | None) -> list[str]:
    found = []
    dark = _dark(history, endpoint, zone)
    if dark:
        end_ns = run_span(history).end_ns
        first = dark[0]
        until_ns = first.end.at_ns if first.end else end_ns
        how_long = seconds(max(0, until_ns - first.cause.at_ns))
        ended = "until it was restored" if first.end else "until the run ended"
        found.append(
            f"{endpoint} had no address from {seconds(first.cause.at_ns)}, for "
            f"{how_long}, {ended}, after a batch of {first.cause.op.actor}"
        )
    empties = _empties(history, endpoint)
    if empties:
        what = "answer was" if len(empties) == 1 else "answers were"
        found.append(
            f"{len(empties)} {what} NOERROR without records, the first at "
            f"{seconds(empties[0].op.end_ns)} from {empties[0].resolver}"
            + ("" if dark else f" for {endpoint}")
        )
    return found
