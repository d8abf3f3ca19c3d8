"""Where does a counterexample go that somebody wants to keep?"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.exploration import Exploration
    from gameday.explore.interleaving import Faults
    from gameday.explore.region_problem import RegionTarget

__all__ = ["save_counterexample"]


def save_counterexample(
    found: Exploration,
    explored: RegionTarget | str,
    faults: Faults,
    *,
    seed: int,
    out: Path | None,
) -> Path | None:
    """Write the counterexample where somebody wants it; return the file."""
    from gameday.explore.interleaving_file import file_of, write_interleaving

    if out is None or found.counterexample is None:
        return None
    if not isinstance(explored, str) and Path(explored.region).is_file():
        # A region file counts from where its name is written.
        explored = replace(explored, region=os.path.relpath(explored.region, out))
    content = file_of(found, target=explored, faults=faults, seed=seed)
    name = explored.rpartition(":")[2] if isinstance(explored, str) else _name(explored)
    file = out / f"{name}-{content.breaks}.yaml"
    write_interleaving(content, file)
    return file


def _name(target: RegionTarget) -> str:
    switches = [f"{name}-{value}" for name, value in target.safeguards.items()]
    return "-".join([Path(target.region).stem, target.design, *switches])
