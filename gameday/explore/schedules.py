"""How many interleavings does a search cover that came by every state?

Different orders of the same calls meet in the same states again, so a few thousand
states stand for far more orders. They are counted on the graph of the states, from its
end to its beginning: the executions that go on from a state are those that go on from
where its steps lead, and one more where nobody gets any further.

The rule: a sleeper that wakes, finds nothing to do and sleeps again may do so any
number of times, so steps of such rounds are left out, and whatever somebody else does
in the middle of one. What is left has a number if no way through it comes back to where
it was; programs that can go round in circles have no number, and none is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.search import Search
    from gameday.explore.space import State

__all__ = ["STATES_COUNTED_MAX", "count_schedules"]

STATES_COUNTED_MAX = 5_000_000
"""States of a graph that is counted on; each takes some 250 bytes."""

_ON_THE_WAY = -1


def count_schedules(
    search: Search, *, states_max: int = STATES_COUNTED_MAX
) -> int | None:
    """Return the number of whole executions of an exhausted space.

    Exact, however large. None when the programs can go round in circles, or when there
    are more than `states_max` states.
    """
    initial = search.space.initial
    ways: dict[State, int] = {initial: _ON_THE_WAY}
    path = [initial]
    leading, ends = _leading(search, initial)
    untaken, sums = [leading], [ends]
    while path:
        following = untaken[-1]
        while following:
            new = following.pop()
            known = ways.get(new)
            if known is None:
                if len(ways) >= states_max:
                    return None
                ways[new] = _ON_THE_WAY
                path.append(new)
                leading, ends = _leading(search, new)
                untaken.append(leading)
                sums.append(ends)
                break
            if known == _ON_THE_WAY:
                return None
            sums[-1] += known
        else:
            untaken.pop()
            found = ways[path.pop()] = sums.pop()
            if sums:
                sums[-1] += found
    return ways[initial]


def _leading(search: Search, state: State) -> tuple[list[State], int]:
    """Return where steps lead that are no round that leads nowhere; 1 for an end.

    An execution ends where no actor's step leads on, and no time may pass either.
    """
    space = search.space
    leads_on, count = space.leads_on, space.count
    found, ends = [], 1
    for choice, new in search.successors(state):
        if leads_on(state, choice):
            found.append(new)
            if choice < count or space.owner_of(choice) < 0:
                ends = 0
    return found, ends
