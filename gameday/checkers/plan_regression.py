"""Did an older plan ever replace a newer one?

Looks at commits, not at intentions: the plan the root points at must never go
back, unless an operator put it back on purpose. A root whose target carries no
generation cannot be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import (
    OPS_SHOWN_MAX,
    merge,
    seconds,
    valid_unless_undecided,
)
from gameday.model.endpoint_history import Flip, flips
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import RunSpan, run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "plan-regression"


def check(history: History, world: World) -> Finding:
    """Return invalid when a root went from a newer plan to an older one."""
    zones = reconstruct(history)
    return merge(
        HAZARD,
        [
            _check_one(name, zones.get(name), world, run_span(history))
            for name in world.endpoints
        ],
    )


def _check_one(
    endpoint: str, zone: ZoneHistory | None, world: World, span: RunSpan
) -> Finding:
    moves = [f for f in flips(zone, endpoint) if f.after is not None] if zone else []
    if not moves:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary=f"no flip of {endpoint} to a numbered plan was seen",
        )
    back = [
        f
        for f in moves
        if _goes_back(f) and f.actor not in world.operators and f.at_ns >= span.start_ns
    ]
    if back:
        first = back[0]
        more = f", the first of {len(back)}" if len(back) > 1 else ""
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{first.actor} flipped {endpoint} from plan {first.before} back to "
                f"plan {first.after} at {seconds(first.at_ns)}{more}"
            ),
            at_ns=first.at_ns,
            ops=tuple(f.commit.op.index for f in back)[:OPS_SHOWN_MAX],
        )
    times = "flip" if len(moves) == 1 else "flips"
    return valid_unless_undecided(
        HAZARD,
        f"{endpoint} only went forward, to plan {moves[-1].after} in "
        f"{len(moves)} {times}",
        zone,
    )


def _goes_back(flip: Flip) -> bool:
    return (
        flip.before is not None and flip.after is not None and flip.after < flip.before
    )
