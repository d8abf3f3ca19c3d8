"""Whose change got no reply, and had it taken effect?

An actor that hears nothing does not know; the history does when a later batch
builds on the change. What nothing decides is told as undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.history import Outcome
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span
from gameday.model.story_line import StoryKind, StoryLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History, Op
    from gameday.model.world import World

__all__ = ["LOST_REPLIES_TOLD_MAX", "tell_lost_replies"]

LOST_REPLIES_TOLD_MAX = 3
"""Changes without a reply that one story tells of."""


def tell_lost_replies(history: History, world: World) -> Iterator[StoryLine]:
    """Yield the first changes that got no reply, and what came of them."""
    start_ns = run_span(history).start_ns
    zones = reconstruct(history)
    found: list[tuple[Op, str]] = []
    for endpoint in world.endpoints:
        zone = zones.get(endpoint)
        if zone is None:
            continue
        found += [
            (commit.op, f"{endpoint}; it had taken effect, as a later batch shows")
            for commit in zone.commits
            if commit.op.outcome is Outcome.INFO
        ]
        found += [
            (op, f"{endpoint}; nobody knows whether it took effect")
            for op in zone.undecided
        ]
    found.sort(key=lambda each: each[0].end_ns)
    for op, what in found[:LOST_REPLIES_TOLD_MAX]:
        if op.end_ns >= start_ns:
            yield StoryLine(
                at_ns=op.end_ns,
                actor=op.actor,
                text=f"gets no reply to its change of {what}",
                kind=StoryKind.LOCK,
                weight=6,
            )
