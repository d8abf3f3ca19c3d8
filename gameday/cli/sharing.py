"""Who shares a search: the options of `gameday explore` that say so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.explore.crew import Crew

__all__ = ["crew_of", "workers_option"]

WORKERS_MAX = 256

workers_option: Callable[[Any], Any] = click.option(
    "--workers",
    type=click.IntRange(1, WORKERS_MAX),
    default=os.cpu_count() or 1,
    show_default="one a processor",
    metavar="N",
    help="Processes that share a search which lasts longer than some seconds; 1 leaves "
    "it to this process.",
)


def crew_of(workers: int) -> Callable[[], Crew] | None:
    """Return what makes the crew of a long search."""
    if workers == 1:
        return None
    from gameday.explore.worker_processes import WorkerProcesses

    return lambda: WorkerProcesses(workers)
