"""What does chance find?

Every possible step of a state is equally likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from gameday.explore.strategies.sampling import EXECUTIONS_MAX, sample

if TYPE_CHECKING:
    from gameday.explore.search import Ending, Search
    from gameday.explore.space import Choice, Space, State

__all__ = ["RandomWalk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomWalk:
    """Random executions.

    Attributes:
        seed: decides all executions.
        executions_max: how many are drawn at most.
    """

    seed: int = 0
    executions_max: int = EXECUTIONS_MAX

    @property
    def name(self) -> str:
        """How reports call it."""
        return "random"

    def explore(self, search: Search) -> Ending:
        """Draw executions."""
        return sample(
            search, _Evenly(), seed=self.seed, executions_max=self.executions_max
        )


class _Evenly:
    def __init__(self) -> None:
        self._random = Random(0)

    def begin(self, random: Random, space: Space) -> None:  # noqa: ARG002 - a Picker's
        self._random = random

    def pick(self, state: State, choices: list[Choice]) -> Choice:  # noqa: ARG002 - a Picker's
        return self._random.choice(choices)
