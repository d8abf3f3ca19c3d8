"""Does a property hold in every interleaving there is?

Stateful depth-first search without a bound, with sleep sets: after a step was tried
at a state, another step that is independent of it need not be followed by it again.
Every state and every final state is still come by; only ways to them are left out.

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

    _Frame = tuple[State, list[Choice], int]
    """A state, the steps still to try there, and its sleep set by now."""

__all__ = ["Exhaustive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustive:
    """Every state; sleep sets are bit masks over choices.

    Attributes:
        dependence: None tries every step everywhere.
    """

    dependence: Dependence | None = None

    @property
    def name(self) -> str:
        """How reports call it."""
        return "exhaustive"

    def explore(self, search: Search) -> Ending:
        """Come by every state."""
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        asleep_at: dict[State, int] = {}
        stack: list[_Frame] = []
        way: list[Choice] = []
        self._enter(search, search.space.initial, 0, asleep_at, stack)
        while stack and search.broken is None:
            state, untried, asleep = stack[-1]
            if not untried:
                stack.pop()
                if way:
                    way.pop()
                continue
            if search.is_over():
                return Ending(exhausted=False)
            choice = untried.pop()
            new = search.step(state, choice)
            way.append(choice)
            if search.broken is not None:
                break
            inherited = self._inherited(state, choice, asleep)
            stack[-1] = (state, untried, asleep | 1 << choice)
            if not self._enter(search, new, inherited, asleep_at, stack):
                way.pop()
        if search.broken is not None:
            return Ending(exhausted=False, choices=tuple(way), broken=search.broken)
        return Ending(exhausted=True)

    def _enter(
        self,
        search: Search,
        state: State,
        asleep: int,
        asleep_at: dict[State, int],
        stack: list[_Frame],
    ) -> bool:
        """Put a state on the stack unless nothing is left to try there."""
        before = asleep_at.get(state)
        if before is None:
            search.counts.states += 1
            choices = search.space.choices(state)
            if not choices:
                asleep_at[state] = 0
                search.rest(state)
                return search.broken is not None
            asleep_at[state] = asleep
            untried = [each for each in choices if not asleep >> each & 1]
        else:
            left_out = before & ~asleep
            if not left_out:
                return False
            # Not what was tried before as well: its ways left these steps out.
            asleep = asleep_at[state] = before & asleep
            untried = [
                each for each in search.space.choices(state) if left_out >> each & 1
            ]
        untried.reverse()
        stack.append((state, untried, asleep))
        return True

    def _inherited(self, state: State, choice: Choice, asleep: int) -> int:
        if self.dependence is None or not asleep:
            return 0
        kept, other = 0, 0
        left = asleep
        while left:
            if left & 1 and other != choice:
                kept |= (not self.dependence.depend(state, choice, other)) << other
            left >>= 1
            other += 1
        return kept
