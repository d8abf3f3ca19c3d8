"""Which strategies can be named, and what does each of them go through?

"thorough" is what an exploration does unless it is told otherwise: first chance,
then few interruptions, then everything.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.explore.strategies.breadth_first import BreadthFirst
from gameday.explore.strategies.depth_first import DepthFirst
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.least import LeastPreemptions
from gameday.explore.strategies.naive import Naive
from gameday.explore.strategies.partial_order_sampling import PartialOrderSampling
from gameday.explore.strategies.pct import Pct
from gameday.explore.strategies.random_walk import RandomWalk
from gameday.explore.strategies.source_dpor import SourceDpor
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Strategy
    from gameday.explore.watching import Strategies

__all__ = ["DEFAULT_STRATEGY", "LEAST", "PREEMPTIONS", "STRATEGIES", "strategies_named"]

DEFAULT_STRATEGY = "thorough"
LEAST = "least"
"""Its first counterexample is the one with the fewest preemptions and steps."""
PREEMPTIONS = 2
"""Interruptions allowed while something readable is searched for."""
DRAWN_FIRST = 100
"""Executions that chance draws before anything systematic."""

STRATEGIES: Mapping[str, Callable[[Dependence, int, int], Sequence[Strategy]]] = (
    MappingProxyType(
        {
            "thorough": lambda _, preemptions, seed: [
                RandomWalk(seed=seed, executions_max=DRAWN_FIRST),
                DepthFirst(preemptions_max=preemptions),
                Exhaustive(),
            ],
            "bounded": lambda _, preemptions, __: [
                DepthFirst(preemptions_max=preemptions)
            ],
            "exhaustive": lambda _, __, ___: [Exhaustive()],
            "sleep-sets": lambda dependence, _, __: [Exhaustive(dependence=dependence)],
            "source-dpor": lambda dependence, _, __: [
                SourceDpor(dependence=dependence)
            ],
            "naive": lambda _, __, ___: [Naive()],
            LEAST: lambda _, __, ___: [LeastPreemptions()],
            "breadth-first": lambda _, __, ___: [BreadthFirst()],
            "partial-order": lambda dependence, _, seed: [
                PartialOrderSampling(dependence=dependence, seed=seed)
            ],
            "pct": lambda _, __, seed: [Pct(seed=seed)],
            "random": lambda _, __, seed: [RandomWalk(seed=seed)],
        }
    )
)
"""Name -> (dependence, preemptions, seed) -> strategies, tried in turn."""


def strategies_named(name: str, *, preemptions: int, seed: int) -> Strategies:
    """Return the strategies of a name; InvalidInput when there is no such one."""
    if name not in STRATEGIES:
        raise InvalidInput(unknown_name("strategy", name, STRATEGIES))
    make = STRATEGIES[name]
    return lambda _space, dependence: make(dependence, preemptions, seed)
