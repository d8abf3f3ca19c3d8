"""When does a sleeper only repeat itself?

A round is what an actor asks and is told from one sleep to the next. One that repeats
an earlier round may still count itself, or the time, so that no two are ever one state
and nobody would ever be through with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.actor_nodes import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.actor_nodes import Node

__all__ = ["PATIENCE", "follow_round", "same_round"]

PATIENCE = 3
ROUNDS_MAX = 100
"""Rounds of one sleeper that are looked back on."""


def follow_round(node: Node, reply_likeness: Sequence[str]) -> None:
    """Carry over what was asked and told since the last sleep."""
    before = node.parent
    if before is None:
        return
    if before.kind is Kind.SLEEP:
        node.slept_at = before
    else:
        node.slept_at = before.slept_at
        assert before.call is not None  # noqa: S101 - it did not sleep
        lost = node.answer < 0
        told = "" if lost else reply_likeness[node.answer]
        node.said = (*before.said, (before.call.likeness, told))


def same_round(node: Node, *, patience: int) -> Node | None:
    """Return where a sleeper was after a round that said the same, if it tires.

    A round that only repeats an earlier one may still count itself, or the time,
    so that no two are ever one state. After `patience` of them the sleeper is
    taken to be where the last of them left it.
    """
    found: Node | None = None
    alike = 0
    last = node.slept_at
    for rounds in range(1, ROUNDS_MAX):
        if last is None:
            break
        if last.said == node.said and _only_counts(last, node, rounds):
            alike += 1
            found = found or last
            if alike >= patience:
                return found
        last = last.slept_at
    return None


def _only_counts(before: Node, node: Node, rounds: int) -> bool:
    """Answer whether a sleeper has only counted the rounds since it slept before."""
    if node.holds is None or before.holds is None:
        # Nobody can look inside: rounds that say the same must do.
        return node.holds is before.holds
    return node.holds.is_rounds_later(before.holds, rounds)
