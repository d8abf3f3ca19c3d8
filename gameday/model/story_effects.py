"""What did an old plan's flip cost?

The second half of a race: the deletion of the live tree, the first empty
answer and the tail that negative caching adds, the wedge and the leases. How
it ended is `story_recovery`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.endpoint_history import (
    Darkness,
    RefusalReason,
    darkness,
    refused_flips,
    tree_losses,
)
from gameday.model.lease_lapses import lease_lapses
from gameday.model.reconstruction import ZoneHistory, reconstruct
from gameday.model.resolver_answers import empties_after_first, resolver_answers
from gameday.model.run_span import run_span
from gameday.model.story_line import (
    StoryKind,
    StoryLine,
    ago,
    clock,
    counted,
    short_message,
)
from gameday.model.story_recovery import tell_alarms, tell_kept, tell_restoration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History
    from gameday.model.stale_act import StaleAct
    from gameday.model.world import World

__all__ = ["tell_effects"]


def tell_effects(
    history: History, endpoint: str, world: World, act: StaleAct | None
) -> Iterator[StoryLine]:
    """Yield what followed at one endpoint, from the stale act on if there is one."""
    zone = reconstruct(history).get(endpoint)
    since_ns = act.at_ns if act else run_span(history).start_ns
    dark = _dark(zone, endpoint, since_ns)
    if zone is not None:
        yield from _deletion(history, zone, endpoint, world, since_ns)
        yield from _wedge(zone, endpoint, world, since_ns)
        if dark is not None:
            yield from tell_restoration(history, endpoint, world, dark)
        elif act is not None:
            yield from tell_kept(zone, endpoint, act, since_ns)
    yield from _answers(history, endpoint, dark, since_ns)
    yield from _leases(history, world)
    yield from tell_alarms(history, endpoint, dark, since_ns)


def _dark(zone: ZoneHistory | None, endpoint: str, since_ns: int) -> Darkness | None:
    times = darkness(zone, endpoint) if zone is not None else ()
    return next((d for d in times if d.end is None or d.end.at_ns > since_ns), None)


def _deletion(
    history: History, zone: ZoneHistory, endpoint: str, world: World, since_ns: int
) -> Iterator[StoryLine]:
    loss = next(
        (
            x
            for x in tree_losses(zone, endpoint)
            if x.live and x.commit.at_ns >= since_ns
        ),
        None,
    )
    if loss is None:
        return
    others = _others_dark(history, endpoint, world)
    also = f"; the same at {counted(others, 'other endpoint')}" if others else ""
    yield StoryLine(
        at_ns=loss.commit.at_ns,
        actor=loss.commit.op.actor,
        text=(
            f"deletes the {loss.records} records of plan {loss.generation}, which is "
            f"live now: the root points at nothing{also}"
        ),
        kind=StoryKind.LOSS,
        weight=9,
    )


def _others_dark(history: History, endpoint: str, world: World) -> int:
    zones = reconstruct(history)
    return sum(
        1
        for name in world.endpoints
        if name != endpoint and name in zones and darkness(zones[name], name)
    )


def _wedge(
    zone: ZoneHistory, endpoint: str, world: World, since_ns: int
) -> Iterator[StoryLine]:
    refused = [
        r
        for r in refused_flips(zone, endpoint)
        if r.reason is RefusalReason.ALIAS_TARGET
        and r.op.end_ns >= since_ns
        and r.op.actor not in world.operators
    ]
    if not refused:
        return
    first, last = refused[0], refused[-1]
    yield StoryLine(
        at_ns=first.op.end_ns,
        actor=first.op.actor,
        text=(
            f"cannot flip to plan {first.wanted}; Route 53: "
            f"{short_message(first.message)}"
        ),
        kind=StoryKind.WEDGE,
        weight=9,
    )
    if len(refused) > 1:
        actors = sorted({r.op.actor for r in refused})
        yield StoryLine(
            at_ns=last.op.end_ns,
            actor=last.op.actor if len(actors) == 1 else f"{len(actors)} enactors",
            text=(
                f"{'is' if len(actors) == 1 else 'are'} refused the "
                f"{_ordinal(len(refused))} time, each time for the same missing tree"
            ),
            kind=StoryKind.WEDGE,
            weight=7,
        )


def _answers(
    history: History, endpoint: str, dark: Darkness | None, since_ns: int
) -> Iterator[StoryLine]:
    empties = [
        a for a in empties_after_first(history, endpoint) if a.op.end_ns >= since_ns
    ]
    if not empties:
        answered = [
            a for a in resolver_answers(history, endpoint) if a.op.end_ns >= since_ns
        ]
        if answered and dark is None:
            yield StoryLine(
                at_ns=answered[-1].op.end_ns,
                actor="resolvers",
                text=(
                    f"have given {counted(len(answered), 'answer')} for {endpoint} "
                    "since, none of them empty"
                ),
                kind=StoryKind.RECOVERY,
                weight=7,
            )
        return
    first, last = empties[0], empties[-1]
    after = f", {ago(first.op.end_ns, dark.cause.at_ns)} later" if dark else ""
    which = (
        f"the first of {len(empties)} empty answers"
        if len(empties) > 1
        else "the only empty answer"
    )
    yield StoryLine(
        at_ns=first.op.end_ns,
        actor=first.resolver,
        text=(f"answers with NOERROR and no records{after}: {which}"),
        kind=StoryKind.EMPTY,
        weight=9,
    )
    if dark is not None and dark.end is not None and last.op.end_ns > dark.end.at_ns:
        why = "from its negative cache" if last.cached else "by an older zone"
        yield StoryLine(
            at_ns=last.op.end_ns,
            actor=last.resolver,
            text=(
                f"gives the last empty answer, {why}, "
                f"{ago(last.op.end_ns, dark.end.at_ns)} after the zone was mended"
            ),
            kind=StoryKind.RECOVERY,
            weight=7,
        )


def _leases(history: History, world: World) -> Iterator[StoryLine]:
    lapses = lease_lapses(history)
    if lapses is None:
        return
    lost = lapses.at_least
    if len(lost) <= world.leases_lost_share_max * lapses.droplets:
        return
    share = len(lost) / lapses.droplets
    yield StoryLine(
        at_ns=lost[0].at_ns,
        actor="lease-manager",
        text=(
            f"loses the first droplet lease; {len(lost)} of {lapses.droplets} "
            f"({share:.0%}) lapse by {clock(lost[-1].at_ns)}"
        ),
        kind=StoryKind.LEASES,
        weight=8,
    )


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
