"""What happened, told in order to a tired person?

A story is a dozen lines out of thousands of ops: who held which plan when, how
an old plan came to be written over a newer one, or what stopped it, what the
clean-up did, what clients were told, who noticed, what ended it. Every line is
read off the recorded history; nothing is told that was not recorded.

The endpoint of the gravest stale act is the one whose story is told. A run
without such an act says so first, then tells whatever else happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.endpoint_history import darkness, flips
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span, within_run
from gameday.model.stale_act import stale_acts
from gameday.model.story_causes import tell_causes
from gameday.model.story_declined import tell_declined
from gameday.model.story_effects import tell_effects
from gameday.model.story_line import StoryKind, StoryLine
from gameday.model.story_lost_replies import tell_lost_replies
from gameday.model.story_surroundings import tell_surroundings

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["LINES_MAX", "StoryKind", "StoryLine", "tell"]

LINES_MAX = 16
"""Lines of one story; the least weighty are left out beyond it."""


def tell(history: History, world: World) -> tuple[StoryLine, ...]:
    """Return the story of a run in the order in which it happened."""
    run = within_run(history)
    acts = stale_acts(run, world)
    act = acts[0] if acts else None
    lines = [
        *tell_surroundings(run, world, act),
        *tell_declined(run, world),
        *tell_lost_replies(run, world),
    ]
    if act is not None:
        lines += tell_causes(run, act, world)
        lines += tell_effects(run, act.endpoint, world, act)
    else:
        lines.append(_no_race(run, world))
        for endpoint in _troubled(run, world)[:1]:
            lines += tell_effects(run, endpoint, world, None)
    return _shortened(lines)


def _shortened(lines: list[StoryLine]) -> tuple[StoryLine, ...]:
    """Keep the weightiest lines, of equals the earlier, and put them in order."""
    ranked = sorted(lines, key=lambda line: (-line.weight, line.at_ns))
    kept = sorted(ranked[:LINES_MAX], key=lambda line: (line.at_ns, line.kind.order))
    return tuple(kept)


def _no_race(history: History, world: World) -> StoryLine:
    zones = reconstruct(history)
    moves = [
        flip
        for endpoint in world.endpoints
        if endpoint in zones
        for flip in flips(zones[endpoint], endpoint)
    ]
    if moves:
        newest = max((flip.after or 0) for flip in moves)
        count = f"{len(moves)} flips" if len(moves) > 1 else "one flip"
        facts = f"{count}, the newest live plan is {newest}"
    else:
        facts = "no flip of any endpoint was recorded"
    return StoryLine(
        at_ns=run_span(history).start_ns,
        actor="gameday",
        text=f"no race in this run: no enactor acted on an old plan; {facts}",
        kind=StoryKind.NOTE,
        weight=9,
    )


def _troubled(history: History, world: World) -> list[str]:
    """Return the endpoints that went dark, else all of them."""
    zones = reconstruct(history)
    dark = [
        endpoint
        for endpoint in world.endpoints
        if endpoint in zones and darkness(zones[endpoint], endpoint)
    ]
    return dark or list(world.endpoints)
