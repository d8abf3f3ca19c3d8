"""`gameday explore`: search the interleavings of real programs for one that breaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gameday.cli.property_list import list_properties
from gameday.cli.sharing import SharedSearch, campaign_options, resumed_campaign
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from gameday.explore.exploration import Exploration
    from gameday.explore.region_problem import RegionTarget
    from gameday.explore.watching import Watch

__all__ = ["explore"]

EXIT_BROKEN = 1
EXIT_UNKNOWN = 3
EXIT_INTERRUPTED = 130

BUDGET_S = 120.0
PLANS = 4
STRATEGY = "thorough"
TABLE_BUDGET_S = 120.0
TABLE_PLANS = 3
TABLE_ENACTORS = 2
TABLE_STRATEGY = "least"
"""Small enough that every cell is decided, and each counterexample proven the least."""
FAULTS_MAX = 15


@click.command()
@click.argument("target", default="reference", metavar="[REGION | MODULE:FUNCTION]")
@click.option("--design", default="as-built", show_default=True, help="Of the region.")
@click.option(
    "--safeguard",
    "safeguards",
    multiple=True,
    metavar="NAME=VALUE",
    help="A switch that wins over the design's; may be repeated.",
)
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="NAME",
    help="What must hold; never-empty by default, may be repeated.",
)
@list_properties
@click.option(
    "--plans",
    type=click.IntRange(min=1),
    help=f"Plans that the planner publishes; {PLANS}, or {TABLE_PLANS} for the table.",
)
@click.option(
    "--enactors",
    type=click.IntRange(min=1),
    help=f"Enactors that take part; all, or {TABLE_ENACTORS} for the table.",
)
@click.option(
    "--endpoints",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Endpoints that are maintained.",
)
@click.option(
    "--crashes",
    type=click.IntRange(0, FAULTS_MAX),
    default=0,
    help="Actors that may crash in one execution.",
)
@click.option(
    "--lost-replies",
    type=click.IntRange(0, FAULTS_MAX),
    default=0,
    help="Replies that may be lost in one execution.",
)
@click.option(
    "--expiries",
    type=click.IntRange(0, FAULTS_MAX),
    default=0,
    help="Times at which every lock and lease may expire.",
)
@click.option(
    "--strategy",
    help="thorough, bounded, exhaustive, sleep-sets, source-dpor, naive, least, "
    f"breadth-first, partial-order, pct, random; {STRATEGY}, or {TABLE_STRATEGY} for "
    "the table.",
)
@click.option(
    "--preemptions",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Bound of the search for something readable.",
)
@click.option(
    "--budget-s",
    type=click.FloatRange(min=0, min_open=True),
    help=f"Seconds to search; {BUDGET_S:g}, or {TABLE_BUDGET_S:g} a cell.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@campaign_options
@click.option(
    "--verify-por",
    is_flag=True,
    help="Try what is taken for independent in both orders, with calls made again.",
)
@click.option(
    "--table", is_flag=True, help="Five variants by three hazards, a search each."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Save interleavings that break a property in this folder.",
)
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw what breaks as one HTML file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def explore(
    *,
    target: str,
    design: str,
    safeguards: tuple[str, ...],
    properties: tuple[str, ...],
    plans: int | None,
    enactors: int | None,
    endpoints: int,
    crashes: int,
    lost_replies: int,
    expiries: int,
    strategy: str | None,
    preemptions: int,
    budget_s: float | None,
    seed: int,
    workers: int,
    verify_por: bool,
    cluster: str | None,
    campaign: Path | None,
    resume: Path | None,
    table: bool,
    out: Path | None,
    page: Path | None,
    as_json: bool,
) -> int:
    """Search the interleavings of a region's programs for one that breaks.

    The programs are the region's own planner and enactors, or what a function
    of yours returns (a gameday.explore.problem.Problem). The order of their AWS
    calls is chosen by the search; what is found was carried out for real.

    Exit status: 0 it holds in every interleaving, 1 it breaks, 2 invalid input,
    3 unknown because the search ended first, 4 the harness failed, 130
    interrupted.
    """
    from gameday.cli.counterexample_files import save_counterexample
    from gameday.cli.exploration_output import draw, show
    from gameday.explore.interleaving import Faults
    from gameday.explore.region_problem import RegionTarget
    from gameday.explore.request import Request

    resumed = resumed_campaign(resume)
    faults = Faults(crashes=crashes, lost_replies=lost_replies, expiries=expiries)
    explored: RegionTarget | str = target
    if ":" not in target:
        explored = RegionTarget(
            region=target,
            design=design,
            safeguards=_switches(safeguards),
            plans=plans or (TABLE_PLANS if table else PLANS),
            enactors=enactors or (TABLE_ENACTORS if table else None),
            endpoints=endpoints,
        )
    elif table or properties or safeguards or faults != Faults():
        raise InvalidInput(
            "a function of yours says itself what must hold and what may go wrong; "
            "leave out --table, --property, --safeguard and the faults"
        )
    request = Request(
        explored=explored,
        properties=properties,
        faults=faults,
        strategy=strategy or (TABLE_STRATEGY if table else STRATEGY),
        preemptions=preemptions,
        seed=seed,
    )
    request = resumed.request if resumed else request
    request.strategies()
    problem = request.problem()
    if table and not isinstance(explored, str):
        told = (*properties, *safeguards, page, campaign)
        if any(told) or verify_por or faults != Faults():
            raise InvalidInput(
                "--table says itself what is explored; leave out --property, "
                "--safeguard, --html, --campaign, --verify-por and the faults"
            )
        from gameday.cli.explore_table import explore_table

        return explore_table(
            explored,
            budget_s=budget_s or TABLE_BUDGET_S,
            strategy=request.strategy,
            preemptions=preemptions,
            seed=seed,
            out=out,
            as_json=as_json,
        )
    search = SharedSearch(
        request=request,
        problem=problem,
        budget_s=budget_s or BUDGET_S,
        workers=workers,
        cluster=cluster,
        campaign=campaign or resume,
        resumed=resumed,
        verify_por=verify_por,
    )
    found, watch = search.explore()
    code = _exit_status(found, watch)
    file = save_counterexample(
        found, request.explored, problem.faults, seed=request.seed, out=out
    )
    if page is not None:
        draw(found, watch, page)
    saved = {"saved": file, "campaign": search.kept}
    show(found, watch, problem, code=code, saved=saved, as_json=as_json)
    return code


def _switches(safeguards: tuple[str, ...]) -> dict[str, str]:
    switches = {}
    for each in safeguards:
        name, equals, value = each.partition("=")
        if not equals:
            raise InvalidInput(f"--safeguard {each!r}: write NAME=VALUE")
        switches[name] = value
    return switches


def _exit_status(found: Exploration, watch: Watch) -> int:
    from gameday.model.verdict import Validity

    if found.validity is Validity.INVALID:
        return EXIT_BROKEN
    if watch.stopped:
        return EXIT_INTERRUPTED
    return 0 if found.validity is Validity.VALID else EXIT_UNKNOWN
