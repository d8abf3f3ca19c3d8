"""Is what the reduction takes for independent really independent?

Two steps are independent when doing them in either order leads to the same state.
`check_reduction` walks the states of a space and tries every pair that `dependence`
calls independent, both ways round; all of it is looked up. A pair that does not commute
means that an execution may have been left out, so nothing that was reduced holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.dependence import Dependence
    from gameday.explore.space import Space, State

__all__ = ["ReductionChecked", "check_reduction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionChecked:
    """What the check came to.

    Attributes:
        states: how many states it came by.
        pairs: how many independent pairs it tried.
        exhausted: whether it came by every state.
        broken: pairs that do not commute, as sentences; empty when all do.
    """

    states: int
    pairs: int
    exhausted: bool
    broken: tuple[str, ...]


def check_reduction(
    space: Space, dependence: Dependence, *, states_max: int = 100_000
) -> ReductionChecked:
    """Try the independent pairs of up to `states_max` states, depth first."""
    seen: set[State] = {space.initial}
    todo = [space.initial]
    pairs = 0
    broken: list[str] = []
    while todo and len(seen) < states_max:
        state = todo.pop()
        choices = space.choices(state)
        after = {choice: space.step(state, choice) for choice in choices}
        for one, other in combinations(choices, 2):
            if dependence.depend(state, one, other):
                continue
            pairs += 1
            problem = _problem(space, after[one], after[other], one, other)
            if problem:
                broken.append(problem)
        for new in after.values():
            if new not in seen:
                seen.add(new)
                todo.append(new)
    return ReductionChecked(
        states=len(seen), pairs=pairs, exhausted=not todo, broken=tuple(broken)
    )


def _problem(
    space: Space, after_one: State, after_other: State, one: int, other: int
) -> str:
    names = f"{space.step_of(one)} and {space.step_of(other)}"
    if other not in space.choices(after_one) or one not in space.choices(after_other):
        return f"{names} are taken for independent, but one takes the other's step away"
    if space.step(after_one, other) != space.step(after_other, one):
        calls = [
            f"{call.operation} {call.footprint.reads} {call.footprint.writes}"
            for call in (
                space.call_of(after_other, one),
                space.call_of(after_one, other),
            )
            if call is not None
        ]
        return f"{names} are taken for independent and do not commute: {calls}"
    return ""
