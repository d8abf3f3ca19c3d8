"""`gameday up`: start a region and leave it running for work by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gameday.emulators.registry import CHOICES, DEFAULT
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gameday.stage.state import StageState

__all__ = ["ISOLATE_HELP", "numbers", "pairs", "up"]

RUNS_FOLDER = "gameday-runs"

ISOLATE_HELP = (
    "Give the stage a network of its own (Linux): unmodified programs in any language "
    "resolve the region's names, and nothing outside can be reached."
)


@click.command()
@click.option(
    "--region",
    "region_file",
    type=click.Path(path_type=Path),
    help="Region file; the reference region by default.",
)
@click.option("--design", default="as-built", show_default=True, help="Named design.")
@click.option(
    "--safeguard",
    "safeguards",
    multiple=True,
    metavar="NAME=VALUE",
    help="One switch that differs from the design; may be repeated.",
)
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="NAME=NUMBER",
    help="One number that wins over the region file; may be repeated.",
)
@click.option(
    "--emulator",
    default=DEFAULT,
    show_default=True,
    metavar=CHOICES,
    help="One that is started, or the loopback URL of one that runs already.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Port of the AWS gateway; a free one by default.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help=f"Run folder; ./{RUNS_FOLDER}/up-<time> by default.",
)
@click.option("--isolate", "isolated", is_flag=True, help=ISOLATE_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def up(
    *,
    region_file: Path | None,
    design: str,
    safeguards: tuple[str, ...],
    settings: tuple[str, ...],
    emulator: str,
    seed: int,
    port: int,
    out: Path | None,
    isolated: bool,
    as_json: bool,
) -> None:
    """Start a region and leave it running for work by hand.

    The emulator, the edge and every program of the region start as processes of
    their own and keep running until `gameday down`.
    """
    from gameday.bundled import fixtures_folder
    from gameday.region.topology import load_region
    from gameday.stage.isolation import isolate
    from gameday.stage.opening import open_stage

    if isolated:
        isolate()
    region = load_region(
        region_file or fixtures_folder() / "regions" / "reference.yaml"
    )
    stage = open_stage(
        region,
        design=design,
        safeguards=pairs("--safeguard", safeguards),
        settings=numbers("--setting", settings),
        emulator=emulator,
        seed=seed,
        folder=out or _new_folder(),
        gateway_port=port,
        detached=True,
    )
    state = stage.state
    if as_json:
        click.echo(json.dumps(_document(state), indent=2))
    else:
        click.echo("\n".join(_lines(state)))


def pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """Return the NAME=VALUE texts of a repeated option as a mapping."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InvalidInput(f"{option} {text!r} is not of the form NAME=VALUE")
        found[name] = value
    return found


def numbers(option: str, given: Iterable[str]) -> dict[str, Any]:
    """Return the settings of a repeated option: NAME=5 or NAME=[5,10]."""
    found = {}
    for name, text in pairs(option, given).items():
        try:
            value = json.loads(text)
        except ValueError:
            raise InvalidInput(
                f"{option} {name}={text}: {text!r} is not a number, nor a span "
                "[lowest, highest]"
            ) from None
        found[name] = value
    return found


def _new_folder() -> Path:
    from datetime import UTC, datetime

    from gameday.clock import SystemClock

    seconds, milliseconds = divmod(SystemClock().now_ms(), 1000)
    began = datetime.fromtimestamp(seconds, UTC)
    return Path(RUNS_FOLDER) / f"up-{began:%Y%m%dT%H%M%S}.{milliseconds:03d}"


def _document(state: StageState) -> dict[str, Any]:
    return {
        "id": state.id,
        "gateway_url": state.gateway_url,
        "edge": state.edge,
        "emulator": state.emulator,
        "actors": {name: actor.pid for name, actor in state.actors.items()},
        "region": state.region.name,
        "design": state.design,
        "safeguards": state.safeguards,
        "seed": state.seed,
        "folder": str(state.folder),
        "isolated": bool(state.network),
    }


def _lines(state: StageState) -> Iterator[str]:
    edge = state.edge
    yield (
        f"stage {state.id} is up: region {state.region.name}, design {state.design}, "
        f"emulator {state.emulator['kind']}, seed {state.seed}"
    )
    yield f"  AWS endpoint    {state.gateway_url}"
    balancers = ", ".join(
        f"{each.name} {each.address}:{edge['load_balancer_port']}"
        for each in state.region.load_balancers
    )
    yield f"  load balancers  {balancers}"
    for az, (address, port) in sorted(edge["resolvers"].items()):
        yield f"  resolver {az:<6} {address}:{port}"
    for address, port in edge["dns_edges"]:
        yield f"  authoritative   {address}:{port}"
    yield f"  actors          {', '.join(state.actors)}"
    yield f"  folder          {state.folder}"
    if note := state.emulator.get("note"):
        yield f"  note            {note}"
    if state.network:
        yield "  network         its own, out of reach; `gameday exec` leads in"
    yield ""
    yield from _invitations(state)


def _invitations(state: StageState) -> Iterator[str]:
    """Return lines to copy into a shell."""
    if state.network:
        yield from _invitations_inside(state)
        return
    address, port = min(state.edge["resolvers"].items())[1]
    yield "Ask its DNS:"
    yield f"  dig @{address} -p {port} {state.region.endpoints[0]} A"
    yield "Call its AWS as the operator:"
    yield (
        f"  export AWS_ENDPOINT_URL={state.gateway_url} "
        f"AWS_DEFAULT_REGION={state.region.aws_region} "
        f"AWS_ACCESS_KEY_ID={state.region.operator_access_key} "
        "AWS_SECRET_ACCESS_KEY=gameday"
    )
    yield "  aws route53 list-hosted-zones"
    yield "  aws dynamodb list-tables"
    yield "Play an experiment on it, look at it, end it:"
    yield f"  GAMEDAY_STAGE={state.id} chaos run experiment.yaml"
    yield "  gameday status"
    yield f"  gameday down {state.id}"


def _invitations_inside(state: StageState) -> Iterator[str]:
    """Return the same lines for a stage in a network of its own."""
    endpoint = state.region.endpoints[0]
    inside = f"gameday exec --stage {state.id}"
    zone = state.region.availability_zones[-1]
    yield "Run any program inside, as the operator:"
    yield f"  {inside} -- aws dynamodb list-tables"
    yield f"  {inside} --az {zone} -- dig {endpoint} A"
    yield f"  {inside} -- bash"
    yield "Play an experiment on it, look at it, end it:"
    yield f"  {inside} -- chaos run experiment.yaml"
    yield "  gameday status"
    yield f"  gameday down {state.id}"
