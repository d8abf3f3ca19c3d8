"""Which states were come by, and which of them has nobody looked beyond yet?

Workers share this frontier: a batch of it is handed out, and what follows from the
batch is put in when the answer has come. A state is handed out once more only when
nobody answered, or when it stood at a place that was not known: none is counted twice.

Invariants: a state that was come by is never forgotten, and is on the frontier, in the
air or looked beyond; a batch is decided by the answers before it and by nothing else.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.expanding import Expanded

__all__ = ["Batch", "Frontier"]

BATCH_BYTES = 48 * 1024
"""Of the states that are handed out together: they fit into a socket's buffer."""
BATCH_SHARE = 8
"""A batch takes no more than this part of the frontier, so that there is enough for
everybody; but never fewer states than BATCH_MIN."""
BATCH_MIN = 64

_NOBODY = 0xFFFFFFFF
"""Before the first state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """States that are handed out together.

    Attributes:
        numbers: their places among all states.
        states: themselves, one behind the other.
        version: of the moves to go by.
    """

    numbers: array[int]
    states: bytes
    version: int


@dataclass(slots=True)
class Frontier:
    """All states by the order in which they were come by.

    Attributes:
        width: bytes of a state.
        states: them, in order.
        came_from: for each of them the number of the state that it followed.
        open: numbers of those that nobody has looked beyond.
    """

    width: int
    states: list[bytes] = field(default_factory=list)
    came_from: array[int] = field(default_factory=lambda: array("I"))
    open: array[int] = field(default_factory=lambda: array("I"))
    _known: set[bytes] = field(default_factory=set)

    def begin(self, state: bytes) -> None:
        """Put the first state in."""
        self._enter(state, _NOBODY)

    def put_back(
        self, states: list[bytes], came_from: array[int], still_open: array[int]
    ) -> None:
        """Go on where an earlier search had come to."""
        self.states, self.came_from, self.open = states, came_from, still_open
        self._known = set(states)

    def take(self, version: int) -> Batch:
        """Hand out what was come by last, as much as is fair."""
        share = max(BATCH_MIN, len(self.open) // BATCH_SHARE)
        count = min(share, BATCH_BYTES // self.width, len(self.open))
        numbers = self.open[-count:]
        del self.open[-count:]
        return self.batch(numbers, version)

    def batch(self, numbers: array[int], version: int) -> Batch:
        """Return states by their numbers."""
        packed = b"".join([self.states[number] for number in numbers])
        return Batch(numbers=numbers, states=packed, version=version)

    def take_up(self, batch: Batch, expanded: Expanded) -> None:
        """Put in what follows from a batch; what was unknown is open again."""
        width, known, enter = self.width, self._known, self._enter
        for number, following in zip(batch.numbers, expanded.following, strict=True):
            for begin in range(0, len(following), width):
                state = following[begin : begin + width]
                if state not in known:
                    enter(state, number)
        if expanded.unknown:
            unknown = set(expanded.unknown)
            self.open.extend(
                number for number in batch.numbers if self.states[number] in unknown
            )

    def way_to(self, number: int) -> list[bytes]:
        """Return the states from the first one to this one."""
        way = []
        while number != _NOBODY:
            way.append(self.states[number])
            number = self.came_from[number]
        way.reverse()
        return way

    def _enter(self, state: bytes, came_from: int) -> None:
        self._known.add(state)
        self.open.append(len(self.states))
        self.states.append(state)
        self.came_from.append(came_from)
