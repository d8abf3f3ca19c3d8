"""Who shares a search, and where is it kept when it is interrupted?

The options of `gameday explore` that say so, and the search itself.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gameday.cli.searching import searching
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.explore.campaign_file import Campaign
    from gameday.explore.exploration import Exploration
    from gameday.explore.problem import Problem
    from gameday.explore.request import Request
    from gameday.explore.sharing import Sharing
    from gameday.explore.unfinished import Unfinished
    from gameday.explore.watching import Watch

__all__ = ["SharedSearch", "campaign_options", "resumed_campaign"]

WORKERS_MAX = 256

_WITH_RESUME = frozenset(
    {
        "resume",
        "campaign",
        "cluster",
        "workers",
        "budget_s",
        "out",
        "page",
        "as_json",
        "verify_por",
    }
)
"""What may be said beside --resume; the rest is in the file."""


def campaign_options(command: Any) -> Any:
    """Add the options that say who shares a search and where it is kept."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--workers",
        type=click.IntRange(1, WORKERS_MAX),
        default=os.cpu_count() or 1,
        show_default="one a processor",
        metavar="N",
        help="Processes that share a search which lasts longer than some seconds; 1 "
        "leaves it to this process.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Share the search with the Dask cluster of this scheduler; `local` starts "
        "one here, of as many processes as --workers says.",
    ),
    click.option(
        "--campaign",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Keep a search that ends early here, to go on with it; one that was "
        "interrupted is kept in any case.",
    ),
    click.option(
        "--resume",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Go on with a search that was kept.",
    ),
)


def resumed_campaign(file: Path | None) -> Campaign | None:
    """Return the campaign to go on with; InvalidInput beside what the file says."""
    if file is None:
        return None
    from gameday.explore.campaign_file import load_campaign

    context = click.get_current_context()
    said = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in _WITH_RESUME
        and context.get_parameter_source(str(parameter.name))
        is ParameterSource.COMMANDLINE
    ]
    if said:
        raise InvalidInput(
            f"--resume takes what is explored from {file}; leave out {', '.join(said)}"
        )
    return load_campaign(file)


@dataclass(slots=True, kw_only=True)
class SharedSearch:
    """One search.

    Attributes:
        request: what is explored, and how.
        problem: the same, made.
        budget_s: for all strategies together.
        workers: processes that share a long search.
        cluster: the address of a Dask scheduler whose workers share it instead.
        campaign: where to keep what ends early.
        resumed: an earlier search to go on with.
        verify_por: see `campaign.explore`.
        kept: where it was kept, None when it was not.
    """

    request: Request
    problem: Problem
    budget_s: float
    workers: int
    cluster: str | None
    campaign: Path | None
    resumed: Campaign | None
    verify_por: bool = False
    kept: Path | None = None

    def explore(self) -> tuple[Exploration, Watch]:
        """Search, and keep what ends early."""
        from gameday.explore.campaign import explore_problem
        from gameday.explore.campaign_file import Campaign, write_campaign
        from gameday.explore.fresh_process import fresh_process
        from gameday.explore.search import Limits
        from gameday.explore.watching import Watch

        problem = self.problem
        left = self.resumed.unfinished if self.resumed else None
        before = self.resumed.stages if self.resumed and left else ()
        watch = Watch(budget_s=self.budget_s, stages=list(before))
        with (
            ExitStack() as until_then,
            fresh_process(self.request) as fresh,
            searching() as watched,
        ):
            sharing = self._sharing(left, until_then)
            watched(", ".join(problem.must_hold), watch)
            found = explore_problem(
                problem,
                strategies=watch.watching(sharing.share(self.request.strategies())),
                limits=Limits(seconds=self.budget_s),
                seed=self.request.seed,
                verify_por=self.verify_por,
                repeats=fresh,
            )
            unfinished = sharing.frontier.unfinished if sharing.frontier else None
            where = self._kept_in(watch, is_left=unfinished is not None)
            if where is not None:
                ended = watch.stages[:-1] if unfinished else []
                campaign = Campaign(
                    request=self.request, stages=tuple(ended), unfinished=unfinished
                )
                write_campaign(campaign, where)
                self.kept = where
        return found, watch

    def _sharing(self, left: Unfinished | None, until_then: ExitStack) -> Sharing:
        from gameday.explore.cluster import DaskCluster
        from gameday.explore.sharing import Sharing
        from gameday.explore.worker_processes import WorkerProcesses

        if self.cluster is not None:
            # Whoever names a cluster wants it to be asked, and to hear at once of one
            # that is not there.
            cluster = DaskCluster(self.cluster, workers=self.workers)
            until_then.callback(cluster.close)
            return Sharing(crew=lambda: cluster, handover_s=0.0, resumed=left)
        if self.workers == 1:
            return Sharing(resumed=left)
        return Sharing(crew=lambda: WorkerProcesses(self.workers), resumed=left)

    def _kept_in(self, watch: Watch, *, is_left: bool) -> Path | None:
        """Return where to keep the search, None when there is nothing to keep."""
        if watch.stopped:
            return self.campaign or Path(f"{self.request.name}.campaign")
        return self.campaign if is_left else None
