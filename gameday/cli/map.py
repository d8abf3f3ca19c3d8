"""`gameday map`: what does a region consist of, and what brings down what?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gameday.errors import InvalidInput, Reason

if TYPE_CHECKING:
    from gameday.model.service_graph import ServiceGraph

__all__ = ["map_"]


@click.command("map")
@click.option(
    "--region",
    "region_file",
    type=click.Path(path_type=Path),
    help="Region file; the reference region by default.",
)
@click.option(
    "--svg",
    "drawing",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw it as one SVG file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def map_(*, region_file: Path | None, drawing: Path | None, as_json: bool) -> None:
    """Show the services of a region, what each needs, and in which order they recover.

    Nothing is started. The services are the `services:` of the region file.
    """
    from gameday.bundled import fixtures_folder
    from gameday.region.topology import load_region
    from gameday.report.service_map import map_document, show_map
    from gameday.report.terminal import open_terminal

    file = region_file or fixtures_folder() / "regions" / "reference.yaml"
    region = load_region(file)
    graph = region.service_graph()
    if not graph.services:
        raise InvalidInput(
            Reason(file=str(file), message="it has no `services:`, so there is no map")
        )
    if drawing is not None:
        _draw(graph, region.name, drawing)
    if as_json:
        click.echo(json.dumps(map_document(graph, region=region.name), indent=2))
        return
    terminal = open_terminal()
    show_map(terminal, graph, region=region.name)
    if drawing is not None:
        terminal.note(f"drawn in {drawing}")


def _draw(graph: ServiceGraph, region: str, drawing: Path) -> None:
    from gameday.report.service_map_svg import service_map_svg

    try:
        drawing.write_text(service_map_svg(graph, title=region), encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidInput(f"--svg {drawing}: cannot write it: {why}") from error
