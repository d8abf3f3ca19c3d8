"""Can somebody be kept from ending for ever, though everybody goes on?

Nobody waits for good in such an execution, so no state of it is at rest: the actors go
round in a circle of states, each that is alive takes a step in it, and one that was to
end never does. A lock that others keep taking first does that to whoever asks for it.

What is found is a way into the circle, by the fewest steps, and once round it. Turning
for ever is fair to everybody but hopeless for one; that the others may also happen to
let it through is no answer to it.

How it works
    Only an actor that can come back to where it stood can be starved, which is looked
    up among its histories first: usually there is none. Else the states are parted into
    strongly connected components (Tarjan, SIAM J. Comput. 1, 1972), without recursion.
    While the search may still let time pass, a circle is none: time does pass.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gameday.explore.judge import NOT_STARVED, Broken
from gameday.explore.search import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gameday.explore.search import Search
    from gameday.explore.space import Choice, Space, State

__all__ = ["find_starved", "starved_in"]


def find_starved(search: Search) -> Ending | None:
    """Return an execution that goes round in a circle and starves somebody.

    The space is one that was exhausted, so everything is looked up.
    """
    space = search.space
    if not any(
        not actor.forever and _comes_back(space, number)
        for number, actor in enumerate(space.actors)
    ):
        return None
    for component in _components(search):
        if _starves(search, component):
            return _ending(search, component)
    return None


def starved_in(space: Space, choices: Sequence[Choice]) -> Broken | None:
    """Return who is starved by repeating how an execution ends, None for nobody."""
    states = [space.initial]
    for choice in choices:
        states.append(space.step(states[-1], choice))
    last = states[-1]
    begins = [place for place, state in enumerate(states[:-1]) if state == last]
    starved = space.stuck(last)
    if not begins or not starved or _time_may_pass(space, last):
        return None
    gone_on = {space.owner_of(choice) for choice in choices[begins[0] :]}
    if not _alive(space, last) <= gone_on:
        return None
    return Broken(
        name=NOT_STARVED,
        message=(
            f"{', '.join(starved)} may never end: steps {begins[0] + 1} to "
            f"{len(choices)} can be repeated for ever, and everybody goes on in them"
        ),
    )


def _time_may_pass(space: Space, state: State) -> bool:
    return space.spent(state)["expiries"] < space.faults.expiries


def _alive(space: Space, state: State) -> set[int]:
    return {actor for actor in range(space.count) if space.may_go(state, actor)}


def _comes_back(space: Space, actor: int) -> bool:
    """Answer whether an actor can come back to where it stood."""
    nodes = space.memory.nodes
    done: set[int] = set()
    on_the_way: set[int] = set()
    path: list[tuple[int, Iterator[int]]] = []

    def enter(number: int) -> None:
        on_the_way.add(number)
        children = nodes[number].children.values()
        path.append((number, iter([each.number for each in children])))

    enter(space.initial[actor])
    while path:
        number, children = path[-1]
        for child in children:
            if child in on_the_way:
                return True
            if child not in done:
                enter(child)
                break
        else:
            path.pop()
            on_the_way.discard(number)
            done.add(number)
    return False


def _components(search: Search) -> Iterator[set[State]]:
    """Yield the strongly connected components of the states."""
    index: dict[State, int] = {}
    lowest: dict[State, int] = {}
    open_states: list[State] = []
    is_open: set[State] = set()
    path: list[tuple[State, Iterator[tuple[Choice, State]]]] = []

    def enter(state: State) -> None:
        index[state] = lowest[state] = len(index)
        open_states.append(state)
        is_open.add(state)
        path.append((state, iter(search.successors(state))))

    enter(search.space.initial)
    while path:
        state, steps = path[-1]
        for _, new in steps:
            if new not in index:
                enter(new)
                break
            if new in is_open:
                lowest[state] = min(lowest[state], index[new])
        else:
            path.pop()
            if path:
                above = path[-1][0]
                lowest[above] = min(lowest[above], lowest[state])
            if lowest[state] == index[state]:
                component: set[State] = set()
                while state not in component:
                    component.add(open_states.pop())
                is_open -= component
                yield component


def _starves(search: Search, component: set[State]) -> bool:
    """Answer whether everybody alive goes on in a component, and one was to end."""
    space = search.space
    some = next(iter(component))
    if _time_may_pass(space, some) or not space.stuck(some):
        return False
    going = {
        space.owner_of(choice)
        for state in component
        for choice, new in search.successors(state)
        if new in component
    }
    return _alive(space, some) <= going


def _ending(search: Search, component: set[State]) -> Ending:
    """Return the way into a component, and once round so that everybody goes on."""
    space = search.space
    way: list[Choice] = []
    state = space.initial
    if state not in component:
        way, state = _way(search, state, lambda _, new: new in component)
    begin = state
    for actor in sorted(_alive(space, begin)):
        more, state = _way(
            search,
            state,
            _by(actor, component),
            within=component,
        )
        way += more
    if state != begin:
        more, state = _way(search, state, lambda _, new: new == begin, within=component)
        way += more
    choices = tuple(way)
    return Ending(exhausted=True, choices=choices, broken=starved_in(space, choices))


def _by(actor: int, component: set[State]) -> Callable[[Choice, State], bool]:
    return lambda choice, new: choice == actor and new in component


def _way(
    search: Search,
    begin: State,
    wanted: Callable[[Choice, State], bool],
    *,
    within: set[State] | None = None,
) -> tuple[list[Choice], State]:
    """Return the fewest steps of which the last is wanted, and where it leads."""
    came_from: dict[State, tuple[State, Choice]] = {}
    todo = deque([begin])
    while todo:
        state = todo.popleft()
        for choice, new in search.successors(state):
            if wanted(choice, new):
                way = [choice]
                while state != begin:
                    state, step = came_from[state]
                    way.append(step)
                return way[::-1], new
            if new in came_from or new == begin:
                continue
            if within is None or new in within:
                came_from[new] = (state, choice)
                todo.append(new)
    raise AssertionError("a component is come by, and each of its states from each")
