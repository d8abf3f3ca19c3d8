"""Did a plan that takes too much away go live?

Compares the tree that was live with the tree that replaced it, by the same
rule that a careful enactor uses (`plan.unsafe_reasons`). A plan whose author
forced it, and a flip by an operator, are deliberate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import (
    OPS_SHOWN_MAX,
    merge,
    seconds,
    valid_unless_undecided,
)
from gameday.model.enactment import observe
from gameday.model.endpoint_history import Flip, flips
from gameday.model.plan import unsafe_reasons
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span
from gameday.model.table_writes import plans_published
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.plan import Weights
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World
    from gameday.model.zone import Zone

__all__ = ["HAZARD", "check"]

HAZARD = "unsafe-plan-applied"


def check(history: History, world: World) -> Finding:
    """Return invalid when a flip emptied an endpoint or cut it too far."""
    zones = reconstruct(history)
    start_ns = run_span(history).start_ns
    forced = frozenset(
        seen.generation
        for seen in plans_published(history)
        if seen.plan is not None and seen.plan.force
    )
    return merge(
        HAZARD,
        [
            _check_one(name, zones.get(name), world, forced, start_ns)
            for name in world.endpoints
        ],
    )


def _check_one(
    endpoint: str,
    zone: ZoneHistory | None,
    world: World,
    forced: frozenset[int],
    start_ns: int,
) -> Finding:
    moves = [f for f in flips(zone, endpoint) if f.after is not None] if zone else []
    judged = [f for f in moves if f.actor not in world.operators]
    if not judged:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary=f"no enactor's flip of {endpoint} was seen",
        )
    unsafe = [
        (flip, reasons[0])
        for flip in judged
        if flip.at_ns >= start_ns
        and flip.after not in forced
        and (reasons := _reasons(flip, endpoint))
    ]
    if not unsafe:
        plans = "plan" if len(judged) == 1 else "plans"
        return valid_unless_undecided(
            HAZARD,
            f"{len(judged)} {plans} went live at {endpoint}, none took too much away",
            zone,
        )
    flip, why = unsafe[0]
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{flip.actor} made plan {flip.after} live at {endpoint} at "
            f"{seconds(flip.at_ns)}: {why}"
        ),
        at_ns=flip.at_ns,
        ops=tuple(f.commit.op.index for f, _ in unsafe)[:OPS_SHOWN_MAX],
    )


def _reasons(flip: Flip, endpoint: str) -> tuple[str, ...]:
    return unsafe_reasons(
        desired=_live_weights(flip.commit.after, endpoint),
        live=_live_weights(flip.commit.before, endpoint),
    )


def _live_weights(zone: Zone, endpoint: str) -> Weights:
    return observe(endpoint, zone.record_sets.values()).live_weights
