"""What does every strategy share: steps that are judged and counted, and limits?

A strategy decides which step of which state to look at next. It takes each step
through a `Search`, stops when the search says that something broke or that a limit
was reached, and says how its exploration ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameday.explore.judge import Broken, Judge
    from gameday.explore.space import Choice, Space, State

    _Move = tuple[int, State, Broken | None]
    """Where the actor stands next, AWS and the faults then, and what that breaks."""

__all__ = ["Ending", "Limits", "Search", "SearchCounts", "Strategy"]

_LOOKS_AT_CLOCK_EVERY = 256

_NO_MOVE: tuple[int, tuple[int, ...], None] = (-1, (), None)
"""The actor has ended or waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a search gives up without an answer.

    Attributes:
        seconds: wall time.
        states: distinct states.
        executions: for strategies that go through whole executions.
    """

    seconds: float = 120.0
    states: int = 10_000_000
    executions: int = 1_000_000


@dataclass(slots=True)
class SearchCounts:
    """How far a search came.

    Attributes:
        states: distinct states it came by.
        transitions: steps it took.
        executions: executions that it followed to their end; a strategy that knows
            states again follows one to each final state.
        cut_short: executions that it left because the rest was covered already.
        frontier: states that it came by and has not looked beyond yet.
        preemptions: the highest bound that it finished, None without a bound.
        schedules: whole executions that what it exhausted stands for, None when
            they were not counted; see `schedules`.
    """

    states: int = 0
    transitions: int = 0
    executions: int = 0
    cut_short: int = 0
    frontier: int = 0
    preemptions: int | None = None
    schedules: int | None = None

    @property
    def reduction(self) -> float | None:
        """Executions covered for each that was begun, None when not counted."""
        if self.schedules is None:
            return None
        return self.schedules / max(1, self.executions + self.cut_short)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a strategy's exploration ended.

    Attributes:
        exhausted: whether it came by everything that it set out to.
        choices: the steps that break a property, None when nothing broke.
        broken: which property, None when nothing broke.
        least: whether nothing with fewer preemptions breaks a property, and nothing
            with as many and fewer steps.
    """

    exhausted: bool
    choices: tuple[Choice, ...] | None = None
    broken: Broken | None = None
    least: bool = False


class Strategy(Protocol):
    """Decides what to look at next."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    def explore(self, search: Search) -> Ending:
        """Explore until something breaks, all is seen or a limit is reached."""
        ...


class Search:
    """One exploration of a space."""

    def __init__(
        self,
        space: Space,
        judge: Judge,
        *,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.space = space
        self.judge = judge
        self.limits = limits
        self.counts = SearchCounts()
        self.broken: Broken | None = judge.at_beginning(space.initial)
        self._clock = clock
        self._moves: dict[tuple[int, State], _Move] = {}
        self._began_s = clock()
        self._ends_at_s = self._began_s + limits.seconds
        self._until_clock = _LOOKS_AT_CLOCK_EVERY

    def successors(self, state: State) -> list[tuple[Choice, State]]:
        """Return every possible step with the state after it, judged.

        `broken` is set when a step breaks a property; that step is then the last of
        the list.
        """
        found = []
        for choice, new, broken in self.moves(state):
            found.append((choice, new))
            if broken is not None:
                self.broken = broken
                break
        return found

    def moves(self, state: State) -> Iterator[tuple[Choice, State, Broken | None]]:
        """Yield every possible step with the state after it and what it breaks.

        What one actor does depends on where it stands and on AWS alone, so each
        such pair is stepped and judged once.
        """
        space = self.space
        if space.may_fail:
            for choice in space.choices(state):
                new = space.step(state, choice)
                yield choice, new, self.judge.after(state, choice, new)
            return
        count, moves = space.count, self._moves
        shared = state[count:]
        for actor in range(count):
            place = (state[actor], shared)
            move = moves.get(place)
            if move is None:
                move = moves[place] = self._move(state, actor)
            node, after, broken = move
            if node >= 0:
                new = (*state[:actor], node, *state[actor + 1 : count], *after)
                yield actor, new, broken

    def _move(self, state: State, actor: int) -> _Move:
        space = self.space
        if not space.may_go(state, actor):
            return _NO_MOVE
        new = space.step(state, actor)
        return (
            new[actor],
            new[space.count :],
            self.judge.after(state, actor, new),
        )

    def step(self, state: State, choice: Choice) -> State:
        """Take one step; `broken` is set when it breaks a property."""
        self.counts.transitions += 1
        new = self.space.step(state, choice)
        broken = self.judge.after(state, choice, new)
        if broken is not None:
            self.broken = broken
        return new

    def rest(self, state: State) -> None:
        """Judge a state in which nobody has a step."""
        self.counts.executions += 1
        broken = self.judge.at_rest(state)
        if broken is not None:
            self.broken = broken

    @property
    def elapsed_s(self) -> float:
        """Return how long it has lasted."""
        return self._clock() - self._began_s

    def is_over(self, *, at_once: bool = False) -> bool:
        """Answer whether a limit was reached.

        Args:
            at_once: look at the clock, which is else done every now and then.
        """
        if (
            self.counts.states >= self.limits.states
            or self.counts.executions >= self.limits.executions
        ):
            return True
        self._until_clock -= 1
        if self._until_clock > 0 and not at_once:
            return False
        if self._clock() >= self._ends_at_s:
            # Whoever asks once more is told the same.
            return True
        self._until_clock = _LOOKS_AT_CLOCK_EVERY
        return False
