"""What comes out if nothing is left out and nothing is known again?

Every execution from its beginning to its end, one after the other. The number of
executions is that of the interleavings, so it is for a handful of calls: it is what the
strategies that leave something out are compared with.

A sleeper whose round leads nowhere is not woken, or there would be no end of it; where
that was so, not everything was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

__all__ = ["Naive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naive:
    """Every execution; its counts of states are of points come by, not of states."""

    @property
    def name(self) -> str:
        """How reports call it."""
        return "naive"

    def explore(self, search: Search) -> Ending:
        """Follow every execution."""
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        space = search.space
        way: list[Choice] = []
        at = [space.initial]
        untaken = [_choices(search, space.initial)]
        everything = True
        while untaken and search.broken is None:
            if search.is_over():
                return Ending(exhausted=False)
            if not untaken[-1]:
                untaken.pop()
                at.pop()
                if way:
                    way.pop()
                continue
            way.append(untaken[-1].pop())
            state = search.step(at[-1], way[-1])
            if search.broken is not None:
                break
            at.append(state)
            untaken.append(_choices(search, state))
            everything = everything and not space.leaves_waiting(state)
        if search.broken is not None:
            return Ending(exhausted=False, choices=tuple(way), broken=search.broken)
        return Ending(exhausted=everything)


def _choices(search: Search, state: State) -> list[Choice]:
    """Come by a point; return what goes on there, the last to be taken first."""
    search.counts.states += 1
    if search.space.is_at_rest(state):
        search.rest(state)
    return search.space.moves(state)[::-1]
