"""How far is an exploration, and how is it told to stop?

Strategies are wrapped, so that a progress line can read the counts of the one that
goes on, so that all of them share one budget of seconds, and so that somebody who
has seen enough ends them in good order: what was covered by then is still told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gameday.explore.search import Ending, Search, SearchCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Strategy
    from gameday.explore.space import Space

    Strategies = Callable[[Space, Dependence], Sequence[Strategy]]

__all__ = ["Stage", "Watch"]


@dataclass(slots=True)
class Stage:
    """One strategy's part.

    Attributes:
        strategy: its name.
        counts: how far it is.
        began_s: when it began, on the watch's clock.
        ended_s: when it ended, None while it goes on.
        exhausted: whether it came by everything that it set out to.
    """

    strategy: str
    counts: SearchCounts
    began_s: float
    ended_s: float | None = None
    exhausted: bool = False


@dataclass(slots=True)
class Watch:
    """Watches one exploration.

    Attributes:
        budget_s: for all strategies together.
        stages: those that have begun, in order.
        stopped: whether somebody has asked to stop.
        clock: in seconds.
    """

    budget_s: float
    clock: Callable[[], float] = time.monotonic
    stages: list[Stage] = field(default_factory=list)
    stopped: bool = False
    _began_s: float | None = None
    _search: Search | None = None

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the first strategy began."""
        return 0.0 if self._began_s is None else self.clock() - self._began_s

    @property
    def left_s(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.budget_s - self.elapsed_s)

    def stop(self) -> None:
        """Let the strategy that goes on end, and no other begin."""
        self.stopped = True
        if self._search is not None:
            self._search.limits = replace(self._search.limits, states=0)

    def watching(self, strategies: Strategies) -> Strategies:
        """Return the strategies so that they can be watched."""
        return lambda space, dependence: [
            _Watched(each, self) for each in strategies(space, dependence)
        ]

    def explore(self, strategy: Strategy, search: Search) -> Ending:
        """Let a strategy explore within what is left of the budget."""
        if self._began_s is None:
            self._began_s = self.clock()
        if self.stopped or not self.left_s:
            return Ending(exhausted=False)
        limits = replace(search.limits, seconds=min(search.limits.seconds, self.left_s))
        bounded = Search(search.space, search.judge, limits=limits)
        # What is counted is counted for whoever asked for this search.
        bounded.counts = search.counts
        self._search = bounded
        stage = Stage(
            strategy=strategy.name, counts=search.counts, began_s=self.elapsed_s
        )
        self.stages.append(stage)
        try:
            ending = strategy.explore(bounded)
        finally:
            stage.ended_s = self.elapsed_s
            self._search = None
        stage.exhausted = ending.exhausted
        return ending


class _Watched:
    """A strategy of which somebody knows how far it is."""

    def __init__(self, strategy: Strategy, watch: Watch) -> None:
        self._strategy = strategy
        self._watch = watch

    @property
    def name(self) -> str:
        """How reports call it."""
        return self._strategy.name

    def explore(self, search: Search) -> Ending:
        """Explore."""
        return self._watch.explore(self._strategy, search)
