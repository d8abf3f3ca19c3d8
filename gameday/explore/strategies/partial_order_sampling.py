"""What does chance find when it knows which orders cannot differ?

Partial-order sampling (Yuan et al., CAV 2018): every possible step has a random
priority, the highest goes on, and afterwards the steps that depend on it draw theirs
anew. Orders that only swap independent steps are no longer drawn more often than
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from gameday.explore.strategies.sampling import EXECUTIONS_MAX, sample

if TYPE_CHECKING:
    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Ending, Search
    from gameday.explore.space import Choice, Space, State

__all__ = ["PartialOrderSampling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialOrderSampling:
    """Random partial orders.

    Attributes:
        dependence: tells which steps' order may show.
        seed: decides all executions.
        executions_max: how many are drawn at most.
    """

    dependence: Dependence
    seed: int = 0
    executions_max: int = EXECUTIONS_MAX

    @property
    def name(self) -> str:
        """How reports call it."""
        return "partial-order-sampling"

    def explore(self, search: Search) -> Ending:
        """Draw executions."""
        return sample(
            search,
            _ByPartialOrder(self.dependence),
            seed=self.seed,
            executions_max=self.executions_max,
        )


class _ByPartialOrder:
    def __init__(self, dependence: Dependence) -> None:
        self._dependence = dependence
        self._random = Random(0)
        self._priorities: dict[Choice, float] = {}

    def begin(self, random: Random, space: Space) -> None:  # noqa: ARG002 - a Picker's
        self._random = random
        self._priorities = {}

    def pick(self, state: State, choices: list[Choice]) -> Choice:
        for each in choices:
            if each not in self._priorities:
                self._priorities[each] = self._random.random()
        chosen = max(choices, key=lambda each: self._priorities[each])
        for each in choices:
            if each == chosen or self._dependence.depend(state, chosen, each):
                self._priorities.pop(each, None)
        return chosen
