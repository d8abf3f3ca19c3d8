"""Does a property hold in every interleaving there is?

Stateful depth-first search without a bound. With sleep sets, if a dependence is given:
after a step was tried at a state, another step that is independent of it need not be
followed by it again. Every state and every final state is still come by; only ways to
them are left out. Looking a step up costs less than finding out that it can be left
out, so without is the default.

A state that is come by again with a smaller sleep set is looked at again, for just
the steps that were left out before (Godefroid's rule for stored states); anything
else loses states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

    _Frame = tuple[State, list[tuple[Choice, State]], int]
    """A state, the steps still to take there, and its sleep set by now."""

__all__ = ["Exhaustive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustive:
    """Every state; sleep sets are bit masks over choices.

    Attributes:
        dependence: None takes every step everywhere.
    """

    dependence: Dependence | None = None

    @property
    def name(self) -> str:
        """How reports call it."""
        return "exhaustive" if self.dependence is None else "sleep-sets"

    def explore(self, search: Search) -> Ending:
        """Come by every state."""
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        return _Walk(search, self.dependence).finish()


class _Walk:
    """One walk; a local builder."""

    def __init__(self, search: Search, dependence: Dependence | None) -> None:
        self._search = search
        self._dependence = dependence
        self._asleep_at: dict[State, int] = {}
        self._stack: list[_Frame] = []
        self._way: list[Choice] = []

    def finish(self) -> Ending:
        """Come by every state."""
        search, stack, way = self._search, self._stack, self._way
        self._enter(search.space.initial, 0)
        while stack and search.broken is None:
            state, untaken, asleep = stack[-1]
            if not untaken:
                stack.pop()
                if way:
                    way.pop()
                continue
            if search.is_over():
                return Ending(exhausted=False)
            search.counts.transitions += 1
            choice, new = untaken.pop()
            way.append(choice)
            inherited = 0
            if asleep and self._dependence is not None:
                inherited = self._inherited(self._dependence, state, choice, asleep)
            stack[-1] = (state, untaken, asleep | 1 << choice)
            if not self._enter(new, inherited):
                search.counts.cut_short += 1
                way.pop()
        if search.broken is not None:
            return Ending(exhausted=False, choices=tuple(way), broken=search.broken)
        return Ending(exhausted=True)

    def _enter(self, state: State, asleep: int) -> bool:
        """Put a state on the stack unless nothing is left to take there."""
        search = self._search
        before = self._asleep_at.get(state)
        if before is not None and not before & ~asleep:
            return False
        successors = search.successors(state)
        if search.broken is not None:
            self._way.append(successors[-1][0])
            return True
        if before is None:
            search.counts.states += 1
            if search.space.is_at_rest(state):
                search.rest(state)
                if search.broken is not None:
                    return True
            left_out = ~asleep
        else:
            left_out = before & ~asleep
            # Not what was taken before as well: its ways left these steps out.
            asleep &= before
        self._asleep_at[state] = asleep
        untaken = [each for each in successors if left_out >> each[0] & 1]
        if successors and not untaken:
            search.counts.cut_short += 1
        untaken.reverse()
        self._stack.append((state, untaken, asleep))
        return True

    def _inherited(
        self, dependence: Dependence, state: State, choice: Choice, asleep: int
    ) -> int:
        kept, other, left = 0, 0, asleep
        while left:
            if left & 1 and other != choice:
                kept |= (not dependence.depend(state, choice, other)) << other
            left >>= 1
            other += 1
        return kept
