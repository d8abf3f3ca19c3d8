"""How does a strategy go that draws whole executions?

One after the other from the beginning to a final state, each by a rule that picks the
next step, until something breaks or a limit is reached. Such a strategy proves
nothing, and says so: it never ends exhausted.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Protocol

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, Space, State

__all__ = ["EXECUTIONS_MAX", "STEPS_MAX", "Picker", "sample"]

EXECUTIONS_MAX = 1_000_000

STEPS_MAX = 2_000
"""Steps of one execution; a longer one is left."""


class Picker(Protocol):
    """Picks the steps of one execution after the other."""

    def begin(self, random: Random, space: Space) -> None:
        """Begin an execution."""
        ...

    def pick(self, state: State, choices: list[Choice]) -> Choice:
        """Return one of the possible steps; there is at least one."""
        ...


def sample(search: Search, picker: Picker, *, seed: int, executions_max: int) -> Ending:
    """Draw executions; the same seed draws the same ones."""
    if search.broken is not None:
        return Ending(exhausted=False, choices=(), broken=search.broken)
    seen: set[State] = set()
    random = Random(seed)
    while search.counts.executions < executions_max and not search.is_over():
        way = _execution(search, picker, random, seen)
        if search.broken is not None:
            return Ending(exhausted=False, choices=way, broken=search.broken)
    return Ending(exhausted=False)


def _execution(
    search: Search, picker: Picker, random: Random, seen: set[State]
) -> tuple[Choice, ...]:
    space = search.space
    picker.begin(random, space)
    way: list[Choice] = []
    state = space.initial
    while len(way) < STEPS_MAX:
        if state not in seen:
            seen.add(state)
            search.counts.states += 1
        choices = space.moves(state)
        if not choices:
            search.rest(state)
            break
        choice = picker.pick(state, choices)
        way.append(choice)
        state = search.step(state, choice)
        if search.broken is not None or search.is_over():
            break
    else:
        search.counts.executions += 1
    return tuple(way)
