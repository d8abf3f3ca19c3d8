"""How did an old plan come to be in somebody's hands, and what came of it?

The first half of a race: the pick-up, the plans published since, the lock lost
again and again, the last good flip, what the clean-up selected, and the act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.endpoint_history import (
    flips,
    live_generation,
    refusal_message,
    tree_losses,
)
from gameday.model.history import Op, OpKind
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span
from gameday.model.stale_act import Ending, StaleAct, lock_losses
from gameday.model.story_line import (
    StoryKind,
    StoryLine,
    ago,
    clock,
    counted,
    short_message,
)
from gameday.model.table_writes import plans_published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["tell_causes"]


def tell_causes(history: History, act: StaleAct, world: World) -> Iterator[StoryLine]:
    """Yield the lines up to and including the stale act."""
    since_ns = act.picked_up.op.end_ns if act.picked_up else run_span(history).start_ns
    yield from _pick_up(history, act)
    yield from _plans_since(history, act, since_ns)
    yield from _delays(history, act, since_ns)
    yield from _losses(history, act, since_ns)
    yield from _last_good_flip(history, act, world)
    yield from _selection(history, act)
    yield _the_act(history, act)


def _pick_up(history: History, act: StaleAct) -> Iterator[StoryLine]:
    if act.picked_up is None:
        return
    state = reconstruct(history)[act.endpoint].at(act.picked_up.op.end_ns)
    live = live_generation(state, act.endpoint) if state is not None else None
    newer = (
        f" and finds it newer than plan {live}, which is live"
        if live is not None and live < act.generation
        else ""
    )
    yield StoryLine(
        at_ns=act.picked_up.op.end_ns,
        actor=act.actor,
        text=f"picks up plan {act.generation}, the newest,{newer}".rstrip(","),
        kind=StoryKind.PLAN,
        weight=8,
    )


def _plans_since(history: History, act: StaleAct, since_ns: int) -> Iterator[StoryLine]:
    newer = [
        seen
        for seen in plans_published(history)
        if since_ns <= seen.op.end_ns <= act.at_ns and seen.generation > act.generation
    ]
    if not newer:
        return
    first, last = newer[0], newer[-1]
    if len(newer) == 1:
        text = f"publishes plan {first.generation}"
    else:
        text = (
            f"publishes plans {first.generation} to {last.generation} by "
            f"{clock(last.op.end_ns)}"
        )
    yield StoryLine(
        at_ns=first.op.end_ns,
        actor=first.op.actor,
        text=text,
        kind=StoryKind.PLAN,
        weight=6,
    )


def _delays(history: History, act: StaleAct, since_ns: int) -> Iterator[StoryLine]:
    slowed = [
        op
        for op in history
        if op.kind is OpKind.CALL
        and op.actor == act.actor
        and op.ruling in {"delay", "hold", "throttle"}
        and since_ns <= op.end_ns <= act.at_ns
    ]
    if not slowed:
        return
    spent_ns = sum(op.end_ns - op.start_ns for op in slowed)
    yield StoryLine(
        at_ns=slowed[0].end_ns,
        actor=act.actor,
        text=(
            f"is held up by the faults in {counted(len(slowed), 'call')}, "
            f"{clock(spent_ns)} in all"
        ),
        kind=StoryKind.FAULT,
        weight=4,
    )


def _losses(history: History, act: StaleAct, since_ns: int) -> Iterator[StoryLine]:
    lost = lock_losses(history, act.endpoint, act.actor, since_ns, act.at_ns)
    if not lost:
        return
    times = "once" if len(lost) == 1 else f"{len(lost)} times running"
    until = f", until {clock(lost[-1].end_ns)}" if len(lost) > 1 else ""
    yield StoryLine(
        at_ns=lost[0].end_ns,
        actor=act.actor,
        text=(
            f"loses the lock of {act.endpoint} {times}{until}; it still holds plan "
            f"{act.generation}"
        ),
        kind=StoryKind.LOCK,
        weight=7,
    )


def _last_good_flip(
    history: History, act: StaleAct, world: World
) -> Iterator[StoryLine]:
    zone = reconstruct(history)[act.endpoint]
    before = [
        flip
        for flip in flips(zone, act.endpoint)
        if flip.at_ns <= act.at_ns
        and flip.after == act.live
        and flip.actor not in world.operators
        and flip.commit.op.index != act.op.index
    ]
    if not before:
        return
    flip = before[-1]
    start = f"plan {flip.before} to " if flip.before is not None else "nothing to "
    yield StoryLine(
        at_ns=flip.at_ns,
        actor=flip.actor,
        text=f"flips the root from {start}plan {flip.after}: the last good flip",
        kind=StoryKind.FLIP,
        weight=7,
    )


def _selection(history: History, act: StaleAct) -> Iterator[StoryLine]:
    """The listing from which the clean-up chose what it deleted afterwards."""
    zone = reconstruct(history)[act.endpoint]
    loss = next(
        (
            x
            for x in tree_losses(zone, act.endpoint)
            if x.live and x.generation == act.generation and x.commit.at_ns >= act.at_ns
        ),
        None,
    )
    if loss is None:
        return
    listed = [
        op
        for op in history
        if op.operation == "ListResourceRecordSets"
        and op.actor == loss.commit.op.actor
        and op.end_ns <= act.at_ns
        and _lists_all(op, act.endpoint)
    ]
    if not listed:
        return
    yield StoryLine(
        at_ns=listed[-1].end_ns,
        actor=loss.commit.op.actor,
        text=(
            f"selects old trees for deletion by age; plan {act.generation} is among "
            "them and not live yet"
        ),
        kind=StoryKind.CLEANUP,
        weight=8,
    )


def _lists_all(op: Op, endpoint: str) -> bool:
    """Whether a listing is of the whole zone; a lock or root is read by name."""
    return "StartRecordName" not in op.request and any(
        resource.startswith(f"route53:{endpoint}/") for resource in op.reads
    )


def _the_act(history: History, act: StaleAct) -> StoryLine:
    held = (
        f", picked up {ago(act.at_ns, act.picked_up.op.end_ns)} earlier"
        if act.picked_up
        else ""
    )
    refused = {Ending.REFUSED, Ending.DECLINED, Ending.ABANDONED, Ending.PASSED_OVER}
    losses = lock_losses(
        history,
        act.endpoint,
        act.actor,
        act.picked_up.op.end_ns if act.picked_up else 0,
        act.at_ns,
    )
    texts = {
        Ending.LOST_THE_ENDPOINT: (
            f"flips the root of {act.endpoint} back from plan {act.live} to plan "
            f"{act.generation}{held}"
        ),
        Ending.FLIPPED_BACK: (
            f"flips the root of {act.endpoint} back from plan {act.live} to plan "
            f"{act.generation}{held}"
        ),
        Ending.REFUSED: (
            f"is refused when it flips {act.endpoint} from plan {act.live} back to "
            f"plan {act.generation}{held} (freshness in-batch): "
            f"{short_message(refusal_message(act.op))}"
        ),
        Ending.DECLINED: (
            f"gets the lock of {act.endpoint} with plan {act.generation}{held}, finds "
            f"plan {act.live} live and does not flip (freshness in-batch)"
        ),
        Ending.ABANDONED: (
            f"drops plan {act.generation}{held}, after "
            f"{counted(len(losses), 'lost lock')} at {act.endpoint}; plan "
            f"{act.live} is live (abandon after-losses)"
        ),
        Ending.PASSED_OVER: (
            f"looks again before its turn at {act.endpoint}, finds plan {act.live} "
            f"live and drops plan {act.generation}{held} (freshness)"
        ),
    }
    return StoryLine(
        at_ns=act.at_ns,
        actor=act.actor,
        text=texts[act.ending],
        kind=StoryKind.REFUSED if act.ending in refused else StoryKind.STALE,
        weight=9,
    )
