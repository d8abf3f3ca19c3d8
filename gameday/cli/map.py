"""`gameday map`: what does a region consist of, what brings down what, how is each?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gameday.errors import InvalidInput, Reason

if TYPE_CHECKING:
    from gameday.cli.map_health import SeenHealth
    from gameday.model.service_graph import ServiceGraph
    from gameday.region.topology import Region

__all__ = ["map_"]


@click.command("map")
@click.option(
    "--region",
    "region_file",
    type=click.Path(path_type=Path),
    help="Region file; the reference region by default.",
)
@click.option(
    "--run",
    "run_folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Show how each service was in a run, by its own canary.",
)
@click.option(
    "--at",
    "at_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    help="With --run: at this time of the run; its end by default.",
)
@click.option(
    "--live", is_flag=True, help="Show how each service of the running stage is now."
)
@click.option(
    "--svg",
    "drawing",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw it as one SVG file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def map_(
    *,
    region_file: Path | None,
    run_folder: Path | None,
    at_s: float | None,
    live: bool,
    drawing: Path | None,
    as_json: bool,
) -> None:
    """Show the services of a region, what each needs, and in which order they recover.

    Nothing is started. The services are the `services:` of the region file. With a
    run, or a stage that is running, each service is shown with its health.
    """
    from gameday.report.service_map import map_document, show_map
    from gameday.report.terminal import open_terminal

    if sum((region_file is not None, run_folder is not None, live)) > 1:
        raise InvalidInput("--region, --run and --live each name a region; give one")
    if at_s is not None and run_folder is None:
        raise InvalidInput("--at is a time of a run; give --run too")
    region, seen, origin = _looked_at(region_file, run_folder, at_s=at_s, live=live)
    graph = region.service_graph()
    if not graph.services:
        raise InvalidInput(
            Reason(file=origin, message="it has no `services:`, so there is no map")
        )
    healths = seen.healths(graph) if seen else None
    if drawing is not None:
        _draw(graph, seen, region.name, drawing)
    when = seen.when if seen else ""
    if as_json:
        document = map_document(graph, region=region.name, healths=healths, when=when)
        click.echo(json.dumps(document, indent=2))
        return
    terminal = open_terminal()
    show_map(terminal, graph, region=region.name, healths=healths, when=when)
    if drawing is not None:
        terminal.note(f"drawn in {drawing}")


def _looked_at(
    region_file: Path | None, run_folder: Path | None, *, at_s: float | None, live: bool
) -> tuple[Region, SeenHealth | None, str]:
    """Return the region, what its canaries said, and what it was read from."""
    from gameday.bundled import fixtures_folder
    from gameday.cli.map_health import of_run, of_stage
    from gameday.region.topology import load_region

    if run_folder is not None:
        return (*of_run(run_folder, at_s=at_s), str(run_folder))
    if live:
        region, seen = of_stage()
        return region, seen, region.name
    file = region_file or fixtures_folder() / "regions" / "reference.yaml"
    return load_region(file), None, str(file)


def _draw(
    graph: ServiceGraph, seen: SeenHealth | None, region: str, drawing: Path
) -> None:
    from gameday.report.service_map_svg import service_map_svg

    text = service_map_svg(
        graph,
        title=f"{region}, {seen.when}" if seen else region,
        healths=seen.healths(graph) if seen else None,
    )
    try:
        drawing.write_text(text, encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidInput(f"--svg {drawing}: cannot write it: {why}") from error
