"""Who noticed, what ended it, or what kept the endpoint safe?

The last third of a story: the alarm, the repair by hand or by an enactor, and,
when the endpoint was never lost, the flip that put it right and what the
clean-up spared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.endpoint_history import Darkness, flips, live_generation
from gameday.model.history import OpKind
from gameday.model.plan import generation_of
from gameday.model.run_span import run_span
from gameday.model.stale_act import Ending, StaleAct
from gameday.model.story_line import StoryKind, StoryLine, ago

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["tell_alarms", "tell_kept", "tell_restoration"]


def tell_alarms(
    history: History, endpoint: str, dark: Darkness | None, since_ns: int
) -> Iterator[StoryLine]:
    """Yield when the endpoint's alarm was raised and cleared."""
    states = [
        op
        for op in history
        if op.kind is OpKind.CALL
        and op.operation == "SetAlarmState"
        and op.end_ns >= since_ns
        and f"-{op.request.get('AlarmName', '')}".endswith(f"-{endpoint}")
    ]
    raised = next((o for o in states if o.request.get("StateValue") == "ALARM"), None)
    if raised is None:
        return
    after = (
        f", {ago(raised.end_ns, dark.cause.at_ns)} after the address was gone"
        if dark and raised.end_ns > dark.cause.at_ns
        else ""
    )
    yield StoryLine(
        at_ns=raised.end_ns,
        actor=raised.actor,
        text=f"raises the endpoint's alarm{after}",
        kind=StoryKind.DETECTION,
        weight=7,
    )
    cleared = [
        o
        for o in states
        if o.request.get("StateValue") == "OK" and o.end_ns > raised.end_ns
    ]
    if cleared:
        yield StoryLine(
            at_ns=cleared[-1].end_ns,
            actor=cleared[-1].actor,
            text="clears the alarm",
            kind=StoryKind.RECOVERY,
            weight=5,
        )


def tell_restoration(
    history: History, endpoint: str, world: World, dark: Darkness
) -> Iterator[StoryLine]:
    """Yield what gave the endpoint an address again, or that nothing did."""
    if dark.end is None:
        yield StoryLine(
            at_ns=run_span(history).end_ns,
            actor="nobody",
            text=(
                "mends it: the run ends after "
                f"{ago(run_span(history).end_ns, dark.cause.at_ns)} without an address"
            ),
            kind=StoryKind.LOSS,
            weight=8,
        )
        return
    actor = dark.end.op.actor
    live = live_generation(dark.end.after, endpoint)
    verb = "mends it by hand" if actor in world.operators else "heals it"
    yield StoryLine(
        at_ns=dark.end.at_ns,
        actor=actor,
        text=(
            f"{verb}: the root points at plan {live}, after "
            f"{ago(dark.end.at_ns, dark.cause.at_ns)} without an address"
        ),
        kind=StoryKind.REPAIR,
        weight=9,
    )


def tell_kept(
    zone: ZoneHistory, endpoint: str, act: StaleAct, since_ns: int
) -> Iterator[StoryLine]:
    """Yield what happened next at an endpoint that was not lost."""
    if act.ending is Ending.FLIPPED_BACK:
        forward = next((f for f in flips(zone, endpoint) if f.at_ns > since_ns), None)
        if forward is not None:
            yield StoryLine(
                at_ns=forward.at_ns,
                actor=forward.actor,
                text=(
                    f"flips the root on to plan {forward.after}, "
                    f"{ago(forward.at_ns, since_ns)} after it went back"
                ),
                kind=StoryKind.REPAIR,
                weight=8,
            )
    yield from _spared(zone, endpoint, since_ns)


def _spared(zone: ZoneHistory, endpoint: str, since_ns: int) -> Iterator[StoryLine]:
    for commit in zone.commits:
        if commit.at_ns < since_ns:
            continue
        gone = commit.before.record_sets.keys() - commit.after.record_sets.keys()
        old = {generation_of(key.name, endpoint) for key in gone}
        trees = sorted(g for g in old if g is not None)
        if trees:
            live = live_generation(commit.after, endpoint)
            names = ", ".join(str(g) for g in trees[:3])
            more = f" and {len(trees) - 3} more" if len(trees) > 3 else ""
            yield StoryLine(
                at_ns=commit.at_ns,
                actor=commit.op.actor,
                text=(
                    f"deletes the trees of plans {names}{more}; live plan {live} is "
                    "not among them"
                    if len(trees) > 1
                    else f"deletes the tree of plan {names}; plan {live} is live and "
                    "stays"
                ),
                kind=StoryKind.CLEANUP,
                weight=7,
            )
            return
    refused = [
        op
        for op in zone.refused
        if op.end_ns >= since_ns and op.actor.startswith("cleaner")
    ]
    if refused:
        yield StoryLine(
            at_ns=refused[0].end_ns,
            actor=refused[0].actor,
            text="is refused its deletion and leaves the old trees for later",
            kind=StoryKind.CLEANUP,
            weight=7,
        )
