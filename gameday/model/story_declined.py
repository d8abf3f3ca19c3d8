"""Which plans did an enactor hold, and refuse to apply because they are unsafe?

Such a refusal leaves no call that says so: the enactor takes the lock, looks,
and gives the lock back. The plan's own document and the tree that was live at
that moment tell why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.enactment import observe
from gameday.model.endpoint_history import flips, refused_flips
from gameday.model.history import Outcome
from gameday.model.plan import unsafe_reasons
from gameday.model.reconstruction import batches, reconstruct
from gameday.model.run_span import run_span
from gameday.model.stale_act import plan_holds
from gameday.model.story_line import StoryKind, StoryLine
from gameday.model.table_writes import plans_picked_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.model.history import History, Op
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.table_writes import PlanSeen
    from gameday.model.world import World

__all__ = ["tell_declined"]


def tell_declined(history: History, world: World) -> Iterator[StoryLine]:
    """Yield the first refusal of each unsafe plan."""
    span = run_span(history)
    zones = reconstruct(history)
    told: set[int] = set()
    locked = _locked_batches(history)
    for seen, following in plan_holds(tuple(plans_picked_up(history))):
        until_ns = following.op.end_ns if following else span.end_ns
        for endpoint in world.endpoints:
            zone = zones.get(endpoint)
            if zone is None or seen.generation in told:
                continue
            op = _looked(locked.get((endpoint, seen.op.actor), ()), seen, until_ns)
            why = _why(zone, endpoint, seen, op) if op is not None else ""
            if op is not None and why and op.end_ns >= span.start_ns:
                told.add(seen.generation)
                yield StoryLine(
                    at_ns=op.end_ns,
                    actor=seen.op.actor,
                    text=(
                        f"takes the lock with plan {seen.generation} and does not "
                        f"apply it (plan_safety): {why}"
                    ),
                    kind=StoryKind.REFUSED,
                    weight=8,
                )


def _locked_batches(history: History) -> dict[tuple[str, str], list[Op]]:
    """Return the batches that took effect, by zone and actor."""
    found: dict[tuple[str, str], list[Op]] = {}
    for zone, op in batches(history):
        if op.outcome is Outcome.OK:
            found.setdefault((zone, op.actor), []).append(op)
    return found


def _looked(locked: Sequence[Op], seen: PlanSeen, until_ns: int) -> Op | None:
    """Return the first batch by which the holder of a plan had the lock."""
    for op in locked:
        if seen.op.end_ns <= op.start_ns and op.end_ns <= until_ns:
            return op
    return None


def _why(zone: ZoneHistory, endpoint: str, seen: PlanSeen, op: Op) -> str:
    """Return why the plan was unsafe there, "" when it was not or was tried."""
    state = zone.at(op.end_ns)
    desired = seen.plan.weights_of(endpoint) if seen.plan else None
    if state is None or desired is None or seen.plan is None:
        return ""
    live = observe(endpoint, state.record_sets.values()).live_weights
    reasons = unsafe_reasons(desired=desired, live=live, force=seen.plan.force)
    if not reasons:
        return ""
    tried = {f.after for f in flips(zone, endpoint)}
    tried |= {r.wanted for r in refused_flips(zone, endpoint)}
    return "" if seen.generation in tried else reasons[0]
