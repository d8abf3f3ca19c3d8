"""Who takes part in a search, and which of its strategies can be shared?

What goes through every state can be: it becomes a frontier that workers share, that can
be left and gone on with. What draws at random, or goes by preemptions, stays in this
process; it finds what is easily found before a worker has started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.shared_frontier import HANDOVER_S, SharedFrontier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.explore.crew import Crew
    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Strategy
    from gameday.explore.space import Space
    from gameday.explore.unfinished import Unfinished
    from gameday.explore.watching import Strategies

__all__ = ["Sharing"]


@dataclass(slots=True)
class Sharing:
    """How one exploration is shared.

    Attributes:
        crew: makes who shares a long search; None leaves it to this process.
        handover_s: how long a search may last before the crew takes it over.
        resumed: an earlier search to go on with, after whatever came before it.
        frontier: the strategy that is shared, once there is one.
    """

    crew: Callable[[], Crew] | None = None
    handover_s: float = HANDOVER_S
    resumed: Unfinished | None = None
    frontier: SharedFrontier | None = field(default=None, init=False)

    def share(self, strategies: Strategies) -> Strategies:
        """Return the strategies with every state looked for by a frontier."""

        def chosen(space: Space, dependence: Dependence) -> Sequence[Strategy]:
            shared = [self._shared(each) for each in strategies(space, dependence)]
            if self.resumed is not None and self.frontier is not None:
                return [self.frontier]
            return shared

        return chosen

    def _shared(self, strategy: Strategy) -> Strategy:
        # Sleep sets go by the order in which one search comes by its states.
        if not isinstance(strategy, Exhaustive) or strategy.dependence is not None:
            return strategy
        self.frontier = SharedFrontier(
            crew=self.crew, handover_s=self.handover_s, resumed=self.resumed
        )
        return self.frontier
