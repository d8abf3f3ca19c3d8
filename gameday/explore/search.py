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
    from collections.abc import Callable

    from gameday.explore.judge import Broken, Judge
    from gameday.explore.space import Choice, Space, State

__all__ = ["Ending", "Limits", "Search", "SearchCounts", "Strategy"]

_LOOKS_AT_CLOCK_EVERY = 256


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
        executions: executions that it followed to their end.
        preemptions: the highest bound that it finished, None without a bound.
    """

    states: int = 0
    transitions: int = 0
    executions: int = 0
    preemptions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a strategy's exploration ended.

    Attributes:
        exhausted: whether it came by everything that it set out to.
        choices: the steps that break a property, None when nothing broke.
        broken: which property, None when nothing broke.
    """

    exhausted: bool
    choices: tuple[Choice, ...] | None = None
    broken: Broken | None = None


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
        self._ends_at_s = clock() + limits.seconds
        self._until_clock = _LOOKS_AT_CLOCK_EVERY

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

    def is_over(self) -> bool:
        """Answer whether a limit was reached."""
        if (
            self.counts.states >= self.limits.states
            or self.counts.executions >= self.limits.executions
        ):
            return True
        self._until_clock -= 1
        if self._until_clock > 0:
            return False
        self._until_clock = _LOOKS_AT_CLOCK_EVERY
        return self._clock() >= self._ends_at_s
