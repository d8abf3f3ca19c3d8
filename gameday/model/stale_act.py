"""Which enactor acted, or nearly acted, on an old plan?

An enactor holds a plan from the Query that gave it until the Query that gives
it another. It becomes stale at an endpoint when the root moves past its plan
meanwhile. What it does then is the heart of every story told of a run: it flips
the root back, is refused, leaves the endpoint alone, or drops the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gameday.model.endpoint_history import (
    RefusalReason,
    flips,
    live_generation,
    refusal_message,
    refused_flips,
    tree_losses,
)
from gameday.model.history import Outcome
from gameday.model.reconstruction import batches, reconstruct
from gameday.model.run_span import run_span
from gameday.model.table_writes import plans_picked_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.model.history import History, Op
    from gameday.model.plan import Generation
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.table_writes import PlanSeen
    from gameday.model.world import World

__all__ = ["Ending", "StaleAct", "lock_losses", "plan_holds", "stale_acts"]


class Ending(Enum):
    """What came of an enactor's old plan, the gravest first."""

    LOST_THE_ENDPOINT = "the root went back and the tree it points at was deleted"
    FLIPPED_BACK = "the root went back to the old plan"
    REFUSED = "Route 53 refused the flip"
    DECLINED = "it held the lock, saw a newer plan live and left it alone"
    ABANDONED = "it dropped the plan after losing the lock"
    PASSED_OVER = "it looked again when the endpoint's turn came and left it alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleAct:
    """One enactor with an old plan at one endpoint.

    Attributes:
        endpoint: where.
        actor: who.
        generation: the old plan.
        live: the plan that was live when it acted.
        ending: what came of it.
        op: the call that shows it.
        at_ns: when.
        picked_up: the Query that gave it the plan, None when none was kept.
    """

    endpoint: str
    actor: str
    generation: Generation
    live: Generation
    ending: Ending
    op: Op
    at_ns: int
    picked_up: PlanSeen | None

    @property
    def lag(self) -> int:
        """How many generations behind the live plan it was."""
        return self.live - self.generation


def stale_acts(history: History, world: World) -> tuple[StaleAct, ...]:
    """Return every such act of the run, the gravest first.

    Of endpoints that were lost the region's first one comes first, which is the
    one that people watch; of other acts the stalest.
    """
    start_ns = run_span(history).start_ns
    zones = reconstruct(history)
    pickups = tuple(plans_picked_up(history))
    found: list[StaleAct] = []
    for endpoint in world.endpoints:
        zone = zones.get(endpoint)
        if zone is not None:
            found += _flipped_back(zone, endpoint, world, pickups)
            found += _refused(zone, endpoint, world, pickups)
            found += _held_back(history, zone, endpoint, pickups)
    endings = list(Ending)

    def rank(act: StaleAct) -> tuple[int, int, int, int]:
        lost = act.ending is Ending.LOST_THE_ENDPOINT
        place = world.endpoints.index(act.endpoint) if lost else 0
        return (endings.index(act.ending), place, -act.lag, act.at_ns)

    return tuple(sorted((act for act in found if act.at_ns >= start_ns), key=rank))


def lock_losses(
    history: History, endpoint: str, actor: str, since_ns: int, until_ns: int
) -> tuple[Op, ...]:
    """Return an actor's batches that the endpoint's lock refused in a time."""
    return tuple(
        op
        for zone, op in batches(history)
        if zone == endpoint
        and op.actor == actor
        and op.outcome is Outcome.FAIL
        and since_ns <= op.end_ns <= until_ns
        and f"name='lock.{endpoint}" in refusal_message(op)
    )


def _flipped_back(
    zone: ZoneHistory, endpoint: str, world: World, pickups: Sequence[PlanSeen]
) -> Iterator[StaleAct]:
    losses = [loss for loss in tree_losses(zone, endpoint) if loss.live]
    moves = flips(zone, endpoint)
    for place, flip in enumerate(moves):
        if (
            flip.before is None
            or flip.after is None
            or flip.after >= flip.before
            or flip.actor in world.operators
        ):
            continue
        until_ns = moves[place + 1].at_ns if place + 1 < len(moves) else None
        lost = any(
            loss.generation == flip.after
            and loss.commit.at_ns >= flip.at_ns
            and (until_ns is None or loss.commit.at_ns <= until_ns)
            for loss in losses
        )
        yield StaleAct(
            endpoint=endpoint,
            actor=flip.actor,
            generation=flip.after,
            live=flip.before,
            ending=Ending.LOST_THE_ENDPOINT if lost else Ending.FLIPPED_BACK,
            op=flip.commit.op,
            at_ns=flip.at_ns,
            picked_up=_pickup(pickups, flip.actor, flip.after, flip.at_ns),
        )


def _refused(
    zone: ZoneHistory, endpoint: str, world: World, pickups: Sequence[PlanSeen]
) -> Iterator[StaleAct]:
    for refused in refused_flips(zone, endpoint):
        state = zone.at(refused.op.end_ns)
        live = live_generation(state, endpoint) if state is not None else None
        if (
            refused.reason is RefusalReason.ROOT_MOVED
            and refused.wanted is not None
            and live is not None
            and refused.wanted < live
            and refused.op.actor not in world.operators
        ):
            yield StaleAct(
                endpoint=endpoint,
                actor=refused.op.actor,
                generation=refused.wanted,
                live=live,
                ending=Ending.REFUSED,
                op=refused.op,
                at_ns=refused.op.end_ns,
                picked_up=_pickup(
                    pickups, refused.op.actor, refused.wanted, refused.op.end_ns
                ),
            )


def _held_back(
    history: History, zone: ZoneHistory, endpoint: str, pickups: Sequence[PlanSeen]
) -> Iterator[StaleAct]:
    """Yield the holds of an old plan that ended without an attempt to flip."""
    ended_ns = run_span(history).end_ns
    attempts = {r.op.index for r in refused_flips(zone, endpoint)}
    attempts |= {f.commit.op.index for f in flips(zone, endpoint)}
    own_ops: dict[str, list[Op]] = {}
    for name, op in batches(history):
        if name == endpoint:
            own_ops.setdefault(op.actor, []).append(op)
    listings = _listings(history, endpoint)
    for seen, following in plan_holds(pickups):
        until_ns = following.op.end_ns if following else ended_ns
        mine = [
            op
            for op in own_ops.get(seen.op.actor, ())
            if seen.op.end_ns <= op.start_ns and op.end_ns <= until_ns
        ]
        if any(op.index in attempts for op in mine):
            continue
        stale = [
            (op, live)
            for op in mine
            if (live := _live_at(zone, endpoint, op.end_ns)) is not None
            and live > seen.generation
        ]
        locked = [(op, live) for op, live in stale if op.outcome is Outcome.OK]
        if locked:
            yield _act(endpoint, pickups, seen, *locked[0], Ending.DECLINED)
        elif stale and following is not None:
            yield _act(endpoint, pickups, seen, *stale[-1], Ending.ABANDONED)
        elif not mine:
            for op in listings.get(seen.op.actor, ()):
                live = _live_at(zone, endpoint, op.start_ns)
                in_time = seen.op.end_ns <= op.start_ns and op.end_ns <= until_ns
                if in_time and live is not None and live > seen.generation:
                    yield _act(endpoint, pickups, seen, op, live, Ending.PASSED_OVER)
                    break


def _listings(history: History, endpoint: str) -> dict[str, list[Op]]:
    """Return the reads of the endpoint's zone by actor."""
    found: dict[str, list[Op]] = {}
    for op in history:
        if op.operation == "ListResourceRecordSets" and any(
            resource.startswith(f"route53:{endpoint}/") for resource in op.reads
        ):
            found.setdefault(op.actor, []).append(op)
    return found


def plan_holds(
    pickups: Sequence[PlanSeen],
) -> Iterator[tuple[PlanSeen, PlanSeen | None]]:
    """Yield the first pick-up of each plan with the next one of another plan.

    Both are one actor's; looks between them that give the same plan again do not
    end the hold.
    """
    latest: dict[str, PlanSeen] = {}
    for seen in pickups:
        held = latest.get(seen.op.actor)
        if held is not None and held.generation == seen.generation:
            continue
        if held is not None:
            yield held, seen
        latest[seen.op.actor] = seen
    for held in latest.values():
        yield held, None


def _act(  # noqa: PLR0917 - the parts of one value
    endpoint: str,
    pickups: Sequence[PlanSeen],
    seen: PlanSeen,
    op: Op,
    live: Generation,
    ending: Ending,
) -> StaleAct:
    return StaleAct(
        endpoint=endpoint,
        actor=seen.op.actor,
        generation=seen.generation,
        live=live,
        ending=ending,
        op=op,
        at_ns=op.end_ns,
        # The last look before the work is the one whose age counts.
        picked_up=_pickup(pickups, seen.op.actor, seen.generation, op.start_ns),
    )


def _live_at(zone: ZoneHistory, endpoint: str, at_ns: int) -> Generation | None:
    state = zone.at(at_ns)
    return live_generation(state, endpoint) if state is not None else None


def _pickup(
    pickups: Sequence[PlanSeen], actor: str, generation: int, before_ns: int
) -> PlanSeen | None:
    found = None
    for seen in pickups:
        if (
            seen.op.actor == actor
            and seen.generation == generation
            and seen.op.end_ns <= before_ns
        ):
            found = seen
    return found
