"""Who takes part in a search, and which of its strategies can be shared?

What goes through every state can be: it becomes a frontier that workers share. What
draws at random, or goes by preemptions, stays in this process; it finds what is easily
found before a worker has started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.shared_frontier import SharedFrontier

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.explore.crew import Crew
    from gameday.explore.search import Strategy
    from gameday.explore.watching import Strategies

__all__ = ["shared"]


def shared(strategies: Strategies, *, crew: Callable[[], Crew] | None) -> Strategies:
    """Return the strategies with every state looked for by a frontier.

    Args:
        strategies: as they are named.
        crew: makes who shares a long search; None leaves it to this process.
    """

    def is_shared(strategy: Strategy) -> bool:
        # Sleep sets go by the order in which one search comes by its states.
        return isinstance(strategy, Exhaustive) and strategy.dependence is None

    return lambda space, dependence: [
        SharedFrontier(crew=crew) if is_shared(each) else each
        for each in strategies(space, dependence)
    ]
