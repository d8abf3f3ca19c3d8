"""Who looks beyond the states of a frontier?

A crew is given batches and gives back what follows from them, in the order in which the
batches were given, whoever did them and whoever was lost meanwhile. Therefore a search
comes by the same states in the same order with any crew, and its claim does not depend
on one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gameday.explore.expanding import Expanded
    from gameday.explore.frontier import Batch
    from gameday.explore.places import Places

__all__ = ["Alone", "Crew"]


class Crew(Protocol):
    """Expands batches, in order."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    def open(self, places: Places) -> None:
        """Make ready to go by these places."""
        ...

    def submit(self, batch: Batch) -> None:
        """Give a batch; its version of the places is known by now."""
        ...

    def next(self) -> Expanded:
        """Return what follows from the oldest batch that was not returned yet."""
        ...

    def close(self) -> None:
        """Let everybody go."""
        ...


class Alone:
    """Nobody but this process."""

    name = "this process"

    def __init__(self) -> None:
        self._places: Places | None = None
        self._done: deque[Expanded] = deque()

    def open(self, places: Places) -> None:
        """Make ready."""
        self._places = places

    def submit(self, batch: Batch) -> None:
        """Expand a batch."""
        assert self._places is not None  # noqa: S101 - opened first
        self._done.append(self._places.atlas.expand(batch.states, batch.version))

    def next(self) -> Expanded:
        """Return what follows from the oldest batch."""
        return self._done.popleft()

    def close(self) -> None:
        """Leave nothing behind."""
        self._done.clear()
