"""Which counterexample has the fewest steps?

Stateful breadth-first search: the first execution that breaks a property is one of
the shortest. It holds a whole layer at once, so it is for small spaces.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

__all__ = ["BreadthFirst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreadthFirst:
    """All executions of one length before those of the next."""

    @property
    def name(self) -> str:
        """How reports call it."""
        return "breadth-first"

    def explore(self, search: Search) -> Ending:
        """Explore length after length."""
        space = search.space
        came_from: dict[State, tuple[State, Choice] | None] = {space.initial: None}
        todo = deque([space.initial])
        search.counts.states = 1
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        while todo:
            if search.is_over():
                return Ending(exhausted=False)
            state = todo.popleft()
            choices = space.choices(state)
            if space.is_at_rest(state):
                search.rest(state)
                if search.broken is not None:
                    return _ending(search, _way(came_from, state))
            for choice in choices:
                new = search.step(state, choice)
                if search.broken is not None:
                    return _ending(search, (*_way(came_from, state), choice))
                if new not in came_from:
                    came_from[new] = (state, choice)
                    search.counts.states += 1
                    todo.append(new)
                else:
                    search.counts.cut_short += 1
        return Ending(exhausted=True)


def _ending(search: Search, way: tuple[Choice, ...]) -> Ending:
    return Ending(exhausted=False, choices=way, broken=search.broken)


def _way(
    came_from: dict[State, tuple[State, Choice] | None], state: State
) -> tuple[Choice, ...]:
    way = []
    origin = came_from[state]
    while origin is not None:
        state, choice = origin
        way.append(choice)
        origin = came_from[state]
    return tuple(reversed(way))
