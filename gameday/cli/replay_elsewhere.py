"""`gameday replay --on` and `--as experiment`: the same interleaving by processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from gameday.errors import GamedayError
from gameday.explore.replay_on_edge import replay_on_edge
from gameday.explore.replay_on_edge_experiment import as_experiment

if TYPE_CHECKING:
    from gameday.explore.interleaving_file import Loaded
    from gameday.explore.replay import Replayed
    from gameday.explore.replay_on_edge_result import ReplayedOnEdge

__all__ = ["experiment_text", "on_edge", "on_edge_lines"]


def on_edge(saved: Loaded, done: Replayed, *, emulator: str) -> ReplayedOnEdge:
    """Carry a reproduced interleaving out by processes on a stage."""
    if not done.is_reproduced:
        raise GamedayError(
            f"{saved.file} is not reproduced here, so there is nothing to carry out "
            f"elsewhere: {done.difference}"
        )
    return replay_on_edge(
        saved.under_search(),
        done.execution,
        faults=saved.problem.faults,
        emulator=emulator,
    )


def on_edge_lines(played: ReplayedOnEdge) -> list[str]:
    """Return what came of it."""
    return [
        str(played),
        *(
            f"  {each.hazard}: {each.summary}"
            for each in played.findings
            if each.hazard in played.hazards
        ),
    ]


def experiment_text(saved: Loaded, done: Replayed, played: ReplayedOnEdge) -> str:
    """Return the Chaos Toolkit experiment that provokes it, as YAML."""
    document = as_experiment(
        saved.under_search(),
        done.execution,
        because=played.hazards,
        stands=played.stands,
        region=saved.content.explored.region or "",
    )
    text: str = yaml.safe_dump(document, sort_keys=False, width=88)
    return text
