"""Is a property broken with so few preemptions?

Stateful depth-first search by layers: everything that no actor has to be interrupted
for, then everything that one interruption allows, and so on. What a layer defers is
where the next one begins, so nothing is done twice. Switching away from an actor
that sleeps, waits or has ended costs nothing.

A state may be come by again with another last actor, because that decides which
switch is an interruption; both are states of this search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

    _Edge = tuple[tuple[State, Choice] | None, Choice, State]
    """(where from, by which choice, where to)."""

__all__ = ["DepthFirst"]

_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthFirst:
    """Depth-first under a rising bound on preemptions.

    Attributes:
        preemptions_max: the last layer.
    """

    preemptions_max: int = 2

    @property
    def name(self) -> str:
        """How reports call it."""
        return "depth-first"

    def explore(self, search: Search) -> Ending:
        """Explore layer after layer."""
        initial = search.space.initial
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        walk = _Walk(search)
        layer: list[_Edge] = [(None, _NOBODY, initial)]
        for preemptions in range(self.preemptions_max + 1):
            layer, edge, is_complete = walk.finish(layer)
            if edge is not None:
                return Ending(
                    exhausted=False, choices=walk.choices(edge), broken=search.broken
                )
            if not is_complete:
                return Ending(exhausted=False)
            search.counts.preemptions = preemptions
            if not layer:
                # No execution has more preemptions: all are covered.
                search.counts.preemptions = None
                break
        return Ending(exhausted=True)


class _Walk:
    """One layered walk; a local builder."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._seen: dict[tuple[State, Choice], tuple[State, Choice] | None] = {}
        self._states: set[State] = set()

    def finish(self, layer: list[_Edge]) -> tuple[list[_Edge], _Edge | None, bool]:
        """Walk everything that needs no further preemption.

        Returns the edges of the next layer, the edge that broke a property, and
        whether the layer was walked to its end.
        """
        search, seen, states = self._search, self._seen, self._states
        counts = search.counts
        deferred: list[_Edge] = []
        todo = list(reversed(layer))
        while todo:
            origin, last, state = edge = todo.pop()
            place = (state, last)
            if place in seen:
                counts.cut_short += 1
                continue
            seen[place] = origin
            if state not in states:
                states.add(state)
                counts.states += 1
            if search.is_over():
                return deferred, None, False
            found = self._leave(place, todo, deferred)
            if search.broken is not None:
                return deferred, found or edge, False
        return deferred, None, True

    def _leave(
        self,
        place: tuple[State, Choice],
        todo: list[_Edge],
        deferred: list[_Edge],
    ) -> _Edge | None:
        """Take every step from a place; return one that broke a property."""
        search, space = self._search, self._search.space
        state, last = place
        successors = search.successors(state)
        search.counts.transitions += len(successors)
        if search.broken is not None:
            choice, new = successors[-1]
            return place, choice, new
        if space.is_at_rest(state):
            search.rest(state)
            if search.broken is not None:
                return None
        interrupts = 0 <= last < space.count and space.is_calling(state, last)
        following: list[_Edge] = []
        for choice, new in successors:
            if interrupts and choice != last:
                deferred.append((place, choice, new))
            elif (new, choice) not in self._seen:
                following.append((place, choice, new))
            else:
                search.counts.cut_short += 1
        following.reverse()
        todo.extend(following)
        return None

    def choices(self, edge: _Edge) -> tuple[Choice, ...]:
        """Return the way from the beginning to the end of an edge."""
        origin, choice, _ = edge
        way = [choice] if choice != _NOBODY else []
        while origin is not None:
            if origin[1] != _NOBODY:
                way.append(origin[1])
            origin = self._seen[origin]
        return tuple(reversed(way))
