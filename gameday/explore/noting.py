"""What did explorations find that were made in Python, for whoever reports on them?

`gameday.explore(...)` is `campaign.explore` that leaves a note of each counterexample,
so that a test framework can attach it to the test that failed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from gameday.explore.campaign import explore

if TYPE_CHECKING:
    from gameday.explore.exploration import Exploration

__all__ = ["explore_and_note", "take_notes"]

NOTES_MAX = 8
"""Counterexamples that are kept until they are taken; older ones go."""

_NOTES: deque[Exploration] = deque(maxlen=NOTES_MAX)


def explore_and_note(**given: Any) -> Exploration:
    """Explore, see `campaign.explore`, and note a counterexample."""
    found = explore(**given)
    if found.counterexample is not None:
        _NOTES.append(found)
    return found


def take_notes() -> list[Exploration]:
    """Return the explorations that found something since this was last called."""
    notes = list(_NOTES)
    _NOTES.clear()
    return notes
