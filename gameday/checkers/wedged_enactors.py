"""Did the enactors get stuck so that nothing would ever heal the endpoint?

A wedge is a run of flips at one endpoint that Route 53 refuses because an alias
would point at a tree that is gone, and that no enactor's flip ends. An operator
who repairs the zone ends a wedge and does not undo that it was one. Refusals
for another reason (the lock was lost, a newer plan is live) are the protocol at
work and count for nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, merge, seconds
from gameday.model.endpoint_history import (
    RefusalReason,
    RefusedFlip,
    flips,
    refused_flips,
)
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span
from gameday.model.story_line import short_message
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "wedged-enactors"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streak:
    """Refused flips without an enactor's success among them."""

    refusals: tuple[RefusedFlip, ...]
    ended_by: str


def check(history: History, world: World) -> Finding:
    """Return invalid when enough flips in a row were refused and none healed."""
    zones = reconstruct(history)
    return merge(
        HAZARD,
        [
            _check_one(name, zones.get(name), world, run_span(history).start_ns)
            for name in world.endpoints
        ],
    )


def _check_one(
    endpoint: str, zone: ZoneHistory | None, world: World, start_ns: int
) -> Finding:
    if zone is None:
        return _unknown(f"no change of the zone of {endpoint} was seen")
    succeeded = [f for f in flips(zone, endpoint) if f.actor not in world.operators]
    streaks = _streaks(zone, endpoint, world)
    wedged = [
        streak
        for streak in streaks
        if len(streak.refusals) >= world.wedge_refusals_min
        and streak.ended_by in {"", *world.operators}
        and streak.refusals[-1].op.end_ns >= start_ns
    ]
    if wedged:
        return _wedge(endpoint, wedged[0])
    if streaks and not streaks[-1].ended_by:
        count = len(streaks[-1].refusals)
        return _unknown(
            f"the last {count} flips of {endpoint} were refused when the run ended; "
            f"{world.wedge_refusals_min} would make a wedge"
            if count > 1
            else f"the last flip of {endpoint} was refused when the run ended; "
            f"{world.wedge_refusals_min} in a row would make a wedge"
        )
    if not succeeded:
        return _unknown(f"no enactor's flip of {endpoint} was seen")
    healed = sum(len(streak.refusals) for streak in streaks)
    after = f", {healed} refused ones were overcome" if healed else ""
    last = succeeded[-1]
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=(
            f"enactors could flip {endpoint} to the end: {_flips(len(succeeded))}, the "
            f"last by {last.actor} at {seconds(last.at_ns)}{after}"
        ),
    )


def _streaks(zone: ZoneHistory, endpoint: str, world: World) -> tuple[_Streak, ...]:
    """Split the refused flips at every commit that moved or mended the tree."""
    refusals = [
        r
        for r in refused_flips(zone, endpoint)
        if r.reason is RefusalReason.ALIAS_TARGET and r.op.actor not in world.operators
    ]
    # An operator mends a zone by any change of addresses, an enactor by a flip.
    ends = [
        (flip.at_ns, flip.actor)
        for flip in flips(zone, endpoint)
        if flip.actor not in world.operators
    ]
    ends += [
        (commit.at_ns, commit.op.actor)
        for commit in zone.commits
        if commit.op.actor in world.operators
        and any(change.record_set.type == "A" for change in commit.changes)
    ]
    streaks = []
    open_refusals: list[RefusedFlip] = []
    moments: list[tuple[int, RefusedFlip | str]] = [
        *((r.op.end_ns, r) for r in refusals),
        *ends,
    ]
    for _, what in sorted(moments, key=lambda moment: moment[0]):
        if isinstance(what, RefusedFlip):
            open_refusals.append(what)
        elif open_refusals:
            streaks.append(_Streak(refusals=tuple(open_refusals), ended_by=what))
            open_refusals = []
    if open_refusals:
        streaks.append(_Streak(refusals=tuple(open_refusals), ended_by=""))
    return tuple(streaks)


def _wedge(endpoint: str, streak: _Streak) -> Finding:
    first = streak.refusals[0]
    actors = sorted({r.op.actor for r in streak.refusals})
    until = f"until {streak.ended_by} repaired it" if streak.ended_by else "to the end"
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"every flip of {endpoint} was refused from {seconds(first.op.end_ns)} "
            f"{until}: {_times(streak.refusals)} by {', '.join(actors)}; "
            f"{short_message(first.message)}"
        ),
        at_ns=first.op.end_ns,
        ops=tuple(r.op.index for r in streak.refusals)[:OPS_SHOWN_MAX],
    )


def _times(refusals: Sequence[RefusedFlip]) -> str:
    return f"{len(refusals)} attempts"


def _flips(count: int) -> str:
    return "1 flip" if count == 1 else f"{count} flips"


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
