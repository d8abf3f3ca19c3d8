"""Which safeguard keeps which hazard away, as the explorer finds it?

The five variants by three hazards that are compared for the incident, each cell an
exploration of the real planner and enactors of its own. A cell is "no" only where
everything was exhausted, "yes" only with an interleaving that was confirmed, and
"unknown" where the budget ended first. What was found is looked for again in the order
of preemptions and steps, which proves it the shortest where the budget allows that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gameday.explore.campaign import explore_problem
from gameday.explore.region_problem import region_problem
from gameday.explore.search import Limits
from gameday.explore.strategy_names import LEAST, strategies_named
from gameday.explore.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameday.explore.exploration import Exploration
    from gameday.explore.region_problem import RegionTarget

__all__ = ["HAZARDS", "VARIANTS", "Cell", "explore_variants"]

VARIANTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("as built", {}),
    ("compare-and-swap on the flip", {"freshness": "in-batch"}),
    ("clean-up guard in the delete batch", {"cleanup_guard": "in-batch"}),
    ("the same guard when scanning", {"cleanup_guard": "at-scan"}),
    ("rollback tolerates a missing target", {"rollback": "tolerant"}),
)
"""Name -> what it changes of the design as built."""

HAZARDS: tuple[tuple[str, str], ...] = (
    ("root -> missing tree", "never-empty"),
    ("stale overwrites newer", "never-regresses"),
    ("enactors wedged", "root-is-latest"),
)
"""Name -> the property that it breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one exploration came to.

    Attributes:
        variant: out of VARIANTS.
        hazard: out of HAZARDS.
        property_name: what the hazard breaks.
        target: what was explored.
        found: the answer.
        watch: which strategies went how far.
    """

    variant: str
    hazard: str
    property_name: str
    target: RegionTarget
    found: Exploration
    watch: Watch


def explore_variants(
    target: RegionTarget,
    *,
    budget_s: float,
    strategy: str,
    preemptions: int,
    seed: int,
    began: Callable[[str, Watch], None],
) -> Iterator[Cell]:
    """Explore cell after cell; ends early when a watch was told to stop.

    Args:
        target: the region and how much of it takes part; its design is left aside.
        budget_s: seconds for each cell.
        strategy: see `strategy_names`.
        preemptions: see `strategy_names`.
        seed: of whatever is drawn.
        began: is told what is looked at, and how to watch it.
    """
    for variant, switches in VARIANTS:
        for hazard, name in HAZARDS:
            here = replace(target, design="as-built", safeguards=switches)
            watch = Watch(budget_s=budget_s)
            began(f"{variant}: {hazard}", watch)
            search = partial(
                _search,
                here,
                name,
                watch=watch,
                preemptions=preemptions,
                budget_s=budget_s,
                seed=seed,
            )
            found = search(strategy)
            if found.counterexample is not None and not found.counterexample.is_least:
                least = search(LEAST)
                found = found if least.counterexample is None else least
            yield Cell(
                variant=variant,
                hazard=hazard,
                property_name=name,
                target=here,
                found=found,
                watch=watch,
            )
            if watch.stopped:
                return


def _search(
    target: RegionTarget,
    property_name: str,
    strategy: str,
    *,
    watch: Watch,
    preemptions: int,
    budget_s: float,
    seed: int,
) -> Exploration:
    problem = region_problem(target, properties=(property_name,))
    return explore_problem(
        problem,
        strategies=watch.watching(
            strategies_named(strategy, preemptions=preemptions, seed=seed)
        ),
        limits=Limits(seconds=budget_s),
        seed=seed,
    )
