"""`gameday status`: show the stages that are running."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.stage.state import StageState

__all__ = ["status"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(*, as_json: bool) -> None:
    """Show the stages that are running, their actors and what the edge counts."""
    from gameday.stage.state import dead_stages, live_stages

    stages = live_stages()
    if as_json:
        click.echo(json.dumps([_document(state) for state in stages], indent=2))
        return
    for state in stages:
        click.echo("\n".join(_lines(state)))
    if not stages:
        click.echo("no stage is running; start one with `gameday up`")
    for state in dead_stages():
        click.echo(
            f"stage {state.id} lost its keeper; the next `gameday up`, `run` or `down` "
            "removes what it left"
        )


def _document(state: StageState) -> dict[str, Any]:
    return {
        "id": state.id,
        "phase": state.phase,
        "region": state.region.name,
        "design": state.design,
        "safeguards": state.safeguards,
        "seed": state.seed,
        "gateway_url": state.gateway_url,
        "folder": str(state.folder),
        "isolated": bool(state.network),
        "keeper": state.pid,
        "actors": {name: asdict(actor) for name, actor in state.actors.items()},
        "edge": _edge_status(state),
    }


def _lines(state: StageState) -> Iterator[str]:
    isolated = ", isolated: `gameday exec` leads in" if state.network else ""
    yield (
        f"stage {state.id}: {state.phase}, region {state.region.name}, "
        f"design {state.design}, seed {state.seed}{isolated}"
    )
    yield f"  AWS endpoint  {state.gateway_url or 'not yet'}"
    edge = _edge_status(state)
    if "error" in edge:
        yield f"  edge          {edge['error']}"
    else:
        yield (
            f"  edge          {edge['ops']} ops, {edge['rules']} rules, "
            f"{edge['holds']} held calls, propagation {edge['propagation']}"
        )
        for each in edge["drift"]:
            yield f"  drift         {each}"
    for name, actor in state.actors.items():
        again = f", restarted {actor.restarts} times" if actor.restarts else ""
        yield f"  {name:<13} {actor.state}, pid {actor.pid}{again}"
    yield f"  folder        {state.folder}"


def _edge_status(state: StageState) -> dict[str, Any]:
    from gameday.edge.control_client import ControlClient
    from gameday.errors import EdgeUnreachable, RegionFailed
    from gameday.stage.isolation import ask_inside

    if not state.gateway_url:
        return {"error": "not started yet"}

    def ask() -> dict[str, Any]:
        with ControlClient(state.gateway_url, timeout_s=2.0) as edge:
            return edge.status()

    try:
        return dict(ask_inside(state, ask))
    except (EdgeUnreachable, RegionFailed) as error:
        return {"error": str(error)}
