"""What is left of a search by a frontier that ended early, to go on with?

Everything in numbers and bytes: which questions the space was asked, at which states
places were found out, the states with where they came from, and what was on the
frontier and in the air. A search that goes on with it comes by the same states in the
same order as one that was never interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array

    from gameday.explore.search import SearchCounts

__all__ = ["BatchLeft", "Unfinished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLeft:
    """A batch that was given and not taken up.

    Attributes:
        numbers: of its states.
        version: of the moves that it was to go by.
    """

    numbers: array[int]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A search that ended early.

    Attributes:
        width: bytes of a state.
        asked: what the space was asked; see `questions`.
        answered: stands for what it answered.
        found_out_at: states at which places were found out, one behind the other.
        states: all that were come by, one behind the other.
        came_from: for each of them the number of the state that it followed.
        open: numbers of those that are on the frontier.
        in_the_air: batches that were given and not taken up.
        counts: how far it was.
        crashed_properties: the tracebacks of those that raised, by name.
    """

    width: int
    asked: array[int]
    answered: str
    found_out_at: bytes
    states: bytes
    came_from: array[int]
    open: array[int]
    in_the_air: tuple[BatchLeft, ...]
    counts: SearchCounts
    crashed_properties: dict[str, str]

    def cut(self, packed: bytes) -> list[bytes]:
        """Return states that stand one behind the other as a list."""
        width = self.width
        return [packed[n : n + width] for n in range(0, len(packed), width)]
