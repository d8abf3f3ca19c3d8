"""Is what the reduction takes for independent really independent?

Two steps are independent when doing them in either order leads to the same state.
`check_reduction` walks the states of a space and tries every pair that `dependence`
calls independent, both ways round; all of that is looked up.

The trap: what is looked up was answered once for all states that look the same to the
call's declared reads, so a read that is missing there would never show. A sample of the
calls is therefore made again, each at a state where its answer was looked up; a call
that writes what it was not declared to write raises `FootprintBroken` by itself.

A pair that does not commute means that an execution may have been left out, so nothing
that was reduced holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from gameday.errors import GamedayError

if TYPE_CHECKING:
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.dependence import Dependence
    from gameday.explore.space import Choice, Space, State

__all__ = ["ReductionBroken", "ReductionChecked", "check_reduction"]

STATES_MAX = 100_000
"""States whose independent pairs are tried."""
POINTS_MAX = 2_000
"""Points that real programs are run to by the check, where a search ended early."""
CALLS_MAX = 2_000
"""Calls that are made again; some 2 ms each."""
BROKEN_MAX = 20
"""Problems after which the check ends."""


class ReductionBroken(GamedayError):
    """Steps that were taken for independent are not."""

    def __init__(self, broken: tuple[str, ...]) -> None:
        self.broken = broken
        super().__init__(
            f"{broken[0]} ({len(broken)} found); what a call reads and writes is "
            "derived wrongly, so nothing is concluded"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionChecked:
    """What the check came to.

    Attributes:
        states: how many states it came by.
        pairs: how many independent pairs it tried, one pair at one state.
        calls: how many distinct (call, contents of its service) it made again.
        calls_known: how many distinct ones there are at these states.
        exhausted: whether it came by every state.
        broken: what does not commute or answers otherwise, as sentences.
    """

    states: int
    pairs: int
    calls: int
    calls_known: int
    exhausted: bool
    broken: tuple[str, ...]

    def __str__(self) -> str:
        extent = "all" if self.exhausted else "the first"
        return (
            f"POR verified on {self.pairs:,} pairs: both orders of every independent "
            f"pair at {extent} {self.states:,} states, and {self.calls:,} of "
            f"{self.calls_known:,} calls made again"
        )


def check_reduction(
    space: Space,
    dependence: Dependence,
    *,
    states_max: int = STATES_MAX,
    calls_max: int = CALLS_MAX,
    seed: int = 0,
) -> ReductionChecked:
    """Try the independent pairs of up to `states_max` states, depth first.

    Args:
        space: whose states.
        dependence: tells which pairs are to commute.
        states_max: the limit of the walk.
        calls_max: how many calls are made again, a sample of those at these states.
        seed: of the sample.
    """
    walk = _Walk(space, dependence)
    walk.finish(states_max)
    calls = sorted(walk.calls)
    again = Random(seed).sample(calls, min(len(calls), calls_max))
    for number, contents in again:
        walk.make_again(space.world.calls.by_number[number], contents)
    return ReductionChecked(
        states=len(walk.seen),
        pairs=walk.pairs,
        calls=len(again),
        calls_known=len(calls),
        exhausted=walk.exhausted,
        broken=tuple(walk.broken),
    )


class _Walk:
    """One walk through the states; a local builder."""

    def __init__(self, space: Space, dependence: Dependence) -> None:
        self.seen: set[State] = {space.initial}
        self.calls: set[tuple[int, int]] = set()
        self.pairs = 0
        self.exhausted = False
        self.broken: list[str] = []
        self._space = space
        self._dependence = dependence

    def finish(self, states_max: int) -> None:
        """Try the pairs of state after state."""
        space = self._space
        todo = [space.initial]
        points_max = space.memory.points + POINTS_MAX
        while (
            todo
            and len(self.seen) < states_max
            and space.memory.points < points_max
            and len(self.broken) < BROKEN_MAX
        ):
            state = todo.pop()
            choices = space.choices(state)
            after = {choice: space.step(state, choice) for choice in choices}
            for choice in choices:
                call = space.call_of(state, choice)
                if call is not None:
                    self.calls.add((call.number, state[space.slots[call.service]]))
            for one, other in combinations(choices, 2):
                if not self._dependence.depend(state, one, other):
                    self.pairs += 1
                    self._try(after[one], after[other], one, other)
            for new in after.values():
                if new not in self.seen:
                    self.seen.add(new)
                    todo.append(new)
        self.exhausted = not todo

    def make_again(self, call: AwsCall, contents: int) -> None:
        """Compare what was looked up with what the emulator answers now."""
        world = self._space.world
        if world.apply(call, contents) != world.apply_again(call, contents):
            self.broken.append(
                f"{call.service} {call.operation} is answered otherwise than where "
                f"{', '.join(call.footprint.reads) or 'nothing'} is the same: it reads "
                "more than that"
            )

    def _try(
        self, after_one: State, after_other: State, one: Choice, other: Choice
    ) -> None:
        space = self._space
        names = f"{space.step_of(one)} and {space.step_of(other)} are taken for "
        if other not in space.choices(after_one) or one not in space.choices(
            after_other
        ):
            self.broken.append(
                f"{names}independent, but one takes the other's step away"
            )
        elif space.step(after_one, other) != space.step(after_other, one):
            calls = [
                f"{call.operation} (reads {', '.join(call.footprint.reads)}; writes "
                f"{', '.join(call.footprint.writes)})"
                for call in (
                    space.call_of(after_other, one),
                    space.call_of(after_one, other),
                )
                if call is not None
            ]
            self.broken.append(
                f"{names}independent and do not commute: {' and '.join(calls)}"
            )
