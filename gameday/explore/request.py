"""What was the explorer asked to explore, so that it can be asked again?

A target, what must hold, what may go wrong, and how to go about it, as plain values
that can be written into a file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.bundled import fixtures_folder
from gameday.explore.interleaving import Faults
from gameday.explore.problem import problem_of
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.explore.strategy_names import strategies_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.explore.problem import Problem
    from gameday.explore.watching import Strategies

__all__ = ["Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to explore, and how.

    Attributes:
        explored: a region and how much of it, or the name of a function that makes
            a problem.
        properties: of a region, by name; none for the usual ones.
        faults: what may go wrong in a region.
        strategy: by name.
        preemptions: bound of the search for something readable.
        seed: of whatever is drawn.
    """

    explored: RegionTarget | str
    properties: tuple[str, ...] = ()
    faults: Faults = field(default_factory=Faults)
    strategy: str
    preemptions: int
    seed: int

    def problem(self) -> Problem:
        """Return what there is to explore; InvalidInput for what does not exist."""
        if isinstance(self.explored, str):
            return problem_of(self.explored)
        return region_problem(
            self.explored, properties=self.properties or None, faults=self.faults
        )

    def strategies(self) -> Strategies:
        """Return how to go about it; InvalidInput for an unknown strategy."""
        return strategies_named(
            self.strategy, preemptions=self.preemptions, seed=self.seed
        )

    @property
    def name(self) -> str:
        """Return what a file of it may be called."""
        if isinstance(self.explored, str):
            return self.explored.rpartition(":")[2]
        return f"{Path(self.explored.region).stem}-{self.explored.design}"

    def files(self) -> tuple[Path, ...]:
        """Return the files that decide what is explored and are not imported."""
        if isinstance(self.explored, str):
            file = self.explored.rpartition(":")[0]
            return (Path(file).resolve(),) if file.endswith(".py") else ()
        region = self.explored.region
        bundled = fixtures_folder() / "regions" / f"{region}.yaml"
        return (bundled if bundled.is_file() else Path(region).resolve(),)

    def document(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with files named from any folder."""
        written = asdict(self)
        if isinstance(self.explored, str):
            file, _, function = self.explored.rpartition(":")
            if file.endswith(".py"):
                written["explored"] = f"{Path(file).resolve()}:{function}"
            return written
        explored = written["explored"]
        if Path(self.explored.region).is_file():
            explored["region"] = str(Path(self.explored.region).resolve())
        explored["safeguards"] = dict(self.explored.safeguards)
        explored["settings"] = dict(self.explored.settings)
        return written

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Request:
        """Return what was written down; TypeError or KeyError for anything else."""
        explored = document["explored"]
        return cls(
            explored=explored
            if isinstance(explored, str)
            else RegionTarget(**explored),
            properties=tuple(document["properties"]),
            faults=Faults(**document["faults"]),
            strategy=document["strategy"],
            preemptions=document["preemptions"],
            seed=document["seed"],
        )
