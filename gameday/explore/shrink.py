"""Which shorter execution breaks the same property?

Tries to leave out actors, faults and stretches of one actor, and to join stretches
of one actor that others interrupt, until nothing of that helps any more. Trying is
looking up. The aim, in this order: few context switches, few steps, few actors.

What comes out is minimal for these changes, not proven to be the least there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.explore.judge import Broken, Judge
    from gameday.explore.space import Choice, Space

__all__ = ["Shrunk", "shrink"]

TRIES_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A shorter execution.

    Attributes:
        choices: its steps.
        broken: what it breaks, in the property's words; None when following what
            was given breaks nothing.
        tries: how many executions were tried.
    """

    choices: tuple[Choice, ...]
    broken: Broken | None
    tries: int


def shrink(
    space: Space, judge: Judge, choices: Sequence[Choice], *, name: str
) -> Shrunk:
    """Return the shortest execution found that breaks the property `name`."""
    best = tuple(choices)
    tries = 0
    improved = True
    while improved and tries < TRIES_MAX:
        improved = False
        for candidate in _candidates(space, best):
            tries += 1
            found = _follow(space, judge, candidate, name)
            if found is not None and _cost(space, found[0]) < _cost(space, best):
                best = found[0]
                improved = True
                break
            if tries >= TRIES_MAX:
                break
    found = _follow(space, judge, best, name)
    return Shrunk(choices=best, broken=found[1] if found else None, tries=tries)


def _follow(
    space: Space, judge: Judge, choices: Sequence[Choice], name: str
) -> tuple[tuple[Choice, ...], Broken] | None:
    """Follow choices, leaving out what is not possible, until the property breaks."""
    state = space.initial
    taken: list[Choice] = []
    for choice in choices:
        if choice not in space.choices(state):
            continue
        new = space.step(state, choice)
        taken.append(choice)
        broken = judge.after(state, choice, new)
        state = new
        if broken is not None:
            return (tuple(taken), broken) if broken.name == name else None
    if space.is_at_rest(state):
        broken = judge.at_rest(state)
        if broken is not None and broken.name == name:
            return tuple(taken), broken
    return None


def _cost(space: Space, choices: Sequence[Choice]) -> tuple[int, int, int]:
    actors = [choice % space.count for choice in choices]
    switches = sum(one != other for one, other in pairwise(actors))
    return switches, len(choices), len(set(actors))


def _candidates(
    space: Space, choices: tuple[Choice, ...]
) -> Iterator[tuple[Choice, ...]]:
    for actor in sorted({choice % space.count for choice in choices}):
        yield tuple(each for each in choices if each % space.count != actor)
    for place, choice in enumerate(choices):
        if choice >= space.count:
            yield choices[:place] + choices[place + 1 :]
    stretches = [
        tuple(stretch)
        for _, stretch in groupby(choices, lambda each: each % space.count)
    ]
    yield from _joined(space, stretches)
    for place in range(len(stretches)):
        yield _flat(stretches[:place] + stretches[place + 1 :])
    for place in reversed(range(len(choices))):
        yield choices[:place] + choices[place + 1 :]


def _joined(
    space: Space, stretches: list[tuple[Choice, ...]]
) -> Iterator[tuple[Choice, ...]]:
    """Yield executions in which one stretch is moved to another of its actor."""
    for place, stretch in enumerate(stretches):
        actor = stretch[0] % space.count
        rest = stretches[:place] + stretches[place + 1 :]
        for other in range(len(rest)):
            if rest[other][0] % space.count == actor:
                moved = list(rest)
                moved[other] = (
                    rest[other] + stretch if other < place else stretch + rest[other]
                )
                yield _flat(moved)


def _flat(stretches: list[tuple[Choice, ...]]) -> tuple[Choice, ...]:
    return tuple(choice for stretch in stretches for choice in stretch)
