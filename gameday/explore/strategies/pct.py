"""What does a random order of priorities with few changes find?

Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): actors have random
priorities, the highest that can goes on, and at `depth - 1` random steps the one that
goes on falls to the bottom. A bug of that depth among n actors in k steps is found
with a probability of at least 1 / (n * k ** (depth - 1)).

The priorities that change points give are a random permutation as well; in a fixed
order some bugs could never be hit.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from gameday.explore.strategies.sampling import EXECUTIONS_MAX, sample

if TYPE_CHECKING:
    from gameday.explore.search import Ending, Search
    from gameday.explore.space import Choice, Space, State

__all__ = ["Pct"]

STEPS_EXPECTED_LEAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pct:
    """Priority schedules.

    Attributes:
        depth: one more than the changes of priority.
        seed: decides all executions.
        executions_max: how many are drawn at most.
    """

    depth: int = 4
    seed: int = 0
    executions_max: int = EXECUTIONS_MAX

    @property
    def name(self) -> str:
        """How reports call it."""
        return f"pct-{self.depth}"

    def explore(self, search: Search) -> Ending:
        """Draw executions."""
        return sample(
            search,
            _ByPriority(self.depth),
            seed=self.seed,
            executions_max=self.executions_max,
        )


class _ByPriority:
    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._length = STEPS_EXPECTED_LEAST
        self._taken = 0
        self._random = Random(0)
        self._priorities: dict[Choice, float] = {}
        self._changes: dict[int, float] = {}

    def begin(self, random: Random, space: Space) -> None:  # noqa: ARG002 - a Picker's
        # The length of an execution is not known: the longest so far is taken.
        self._length = max(self._length, self._taken)
        self._taken = 0
        self._random = random
        self._priorities = {}
        places = random.sample(range(1, self._length + 1), self._depth - 1)
        lowered = list(range(1, self._depth))
        random.shuffle(lowered)
        self._changes = dict(zip(places, map(float, lowered), strict=True))

    def pick(self, state: State, choices: list[Choice]) -> Choice:  # noqa: ARG002 - a Picker's
        for each in choices:
            if each not in self._priorities:
                self._priorities[each] = self._depth + self._random.random()
        self._taken += 1
        chosen = max(choices, key=lambda each: self._priorities[each])
        if self._taken in self._changes:
            self._priorities[chosen] = self._changes[self._taken] / self._depth
            chosen = max(choices, key=lambda each: self._priorities[each])
        return chosen
