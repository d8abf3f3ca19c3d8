"""Which counterexample has the fewest preemptions, and of those the fewest steps?

Dijkstra over (state, who went last) with that pair as the cost: what breaks first is
proven to be the least there is. Switching away from an actor that sleeps, waits or has
ended is no preemption. Every place is kept, so there is a limit to them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.judge import Broken
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

    _Place = tuple[State, Choice]

__all__ = ["LeastPreemptions"]

_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastPreemptions:
    """Executions in the order of their preemptions, then of their steps.

    Attributes:
        places_max: how many places it comes by before it gives up.
    """

    places_max: int = 1_000_000

    @property
    def name(self) -> str:
        """How reports call it."""
        return "least-preemptions"

    def explore(self, search: Search) -> Ending:
        """Look for the least execution that breaks a property."""
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        return _Walk(search).finish(self.places_max)


class _Walk:
    """One walk; a local builder."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._came_from: dict[_Place, _Place | None] = {}
        self._todo: list[tuple[int, int, int, _Place, _Place | None, Broken | None]]
        self._todo = [(0, 0, 0, (search.space.initial, _NOBODY), None, None)]
        self._ties = count(1)

    def finish(self, places_max: int) -> Ending:
        """Look for the least execution that breaks a property."""
        search, came_from = self._search, self._came_from
        while self._todo:
            preemptions, steps, _, place, origin, broken = heapq.heappop(self._todo)
            if place in came_from:
                search.counts.cut_short += 1
                continue
            came_from[place] = origin
            search.counts.states += 1
            if broken is None and search.space.is_at_rest(place[0]):
                search.rest(place[0])
                broken = search.broken
            if broken is not None:
                return Ending(
                    exhausted=False, choices=self._way(place), broken=broken, least=True
                )
            if len(came_from) > places_max or search.is_over():
                return Ending(exhausted=False)
            self._leave(place, preemptions, steps)
        return Ending(exhausted=True)

    def _leave(self, place: _Place, preemptions: int, steps: int) -> None:
        search, space = self._search, self._search.space
        state, last = place
        interrupts = 0 <= last < space.count and space.is_calling(state, last)
        for choice, new, broken in search.moves(state):
            following = (new, choice)
            search.counts.transitions += 1
            if following in self._came_from:
                search.counts.cut_short += 1
                continue
            more = preemptions + (interrupts and choice != last)
            # What breaks waits its turn: something that costs less may break too.
            entry = (more, steps + 1, next(self._ties), following, place, broken)
            heapq.heappush(self._todo, entry)

    def _way(self, place: _Place) -> tuple[Choice, ...]:
        way: list[Choice] = []
        at: _Place | None = place
        while at is not None and at[1] != _NOBODY:
            way.append(at[1])
            at = self._came_from[at]
        return tuple(reversed(way))
