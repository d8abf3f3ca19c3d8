"""`gameday levers`, `gameday restart-hosts`: what operators do while programs run."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import click

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from gameday.aws.lever_store import LeverStore
    from gameday.model.velocity import Velocity
    from gameday.stage.state import StageState

__all__ = ["levers", "restart_hosts_"]


@click.command()
@click.argument("document", required=False)
@click.option("--mitigation", help="Levers by name: throttle, drop, lifo, ...")
@click.option("--throttle", type=float, help="Share of what a host can establish.")
@click.option(
    "--failover", type=click.Choice(["on", "off"]), help="Automatic zonal failover."
)
@click.option(
    "--velocity",
    type=(float, int, int),
    help="Limit of failover: seconds, percent removed at most, percent that stays.",
)
@click.option(
    "--network-backlog",
    type=click.IntRange(min=1),
    help="No launch while so many network changes wait.",
)
@click.option("--release", is_flag=True, help="Let go of every lever.")
@click.option("--stage", "stage_id", help="Stage to act on; the newest by default.")
def levers(
    *,
    document: str | None,
    mitigation: str | None,
    throttle: float | None,
    failover: str | None,
    velocity: tuple[float, int, int] | None,
    network_backlog: int | None,
    release: bool,
    stage_id: str | None,
) -> None:
    """Set what the programs of a running stage work by, or show it.

    DOCUMENT is JSON, such as {"drop_within_ms": 250}; what it leaves out is as built.
    --throttle, --failover, --velocity and --network-backlog leave the other levers as
    they are. Hosts and load balancing read them within a quarter of a second, EC2's
    launch path at each launch, and all of them also when they start later.
    """
    from gameday.model.lever_document import render_levers
    from gameday.model.levers import AS_BUILT
    from gameday.model.zonal_failover import Failover
    from gameday.stage.droplet_hosts import (
        chosen_levers,
        raise_if_no_network_manager,
        raise_if_nobody_reads_levers,
        throttled,
    )
    from gameday.stage.isolation import ask_inside

    ways = [document, mitigation, throttle, failover, velocity, network_backlog]
    if sum(way is not None for way in [*ways, release or None]) > 1:
        raise InvalidInput(
            "give one of DOCUMENT, --mitigation, --throttle, --failover, --velocity, "
            "--network-backlog, --release"
        )
    limit = _velocity(velocity)
    state = _stage(stage_id)
    raise_if_nobody_reads_levers(state)
    if network_backlog is not None:
        raise_if_no_network_manager(state)

    def act() -> dict[str, Any]:
        store = _store(state)
        wanted = store.read()
        if document or mitigation:
            wanted = chosen_levers(
                state, document=_parsed(document), mitigation=mitigation or ""
            )
        elif throttle is not None:
            wanted = throttled(wanted, state, share=throttle, renewals_too=False)
        elif failover is not None:
            wanted = replace(wanted, failover=Failover(failover))
        elif limit is not None:
            wanted = replace(wanted, velocity=limit)
        elif network_backlog is not None:
            wanted = replace(wanted, network_backlog_max=network_backlog)
        elif release:
            wanted = AS_BUILT
        else:
            return render_levers(wanted)
        store.write(wanted)
        return render_levers(wanted)

    click.echo(json.dumps(ask_inside(state, act)))


@click.command(name="restart-hosts")
@click.option(
    "--over", "over_s", type=float, default=0, help="Seconds to spread the turns over."
)
@click.option("--stage", "stage_id", help="Stage to act on; the newest by default.")
def restart_hosts_(*, over_s: float, stage_id: str | None) -> None:
    """Restart every droplet host of a running stage, one after the other.

    Their queues are gone; the leases stand in the table and are found again.
    """
    from gameday.clock import SystemClock
    from gameday.stage.droplet_hosts import restart_hosts

    state = _stage(stage_id)
    pids = restart_hosts(state, over_ms=over_s * 1000, clock=SystemClock())
    for host, pid in pids.items():
        click.echo(f"{host} restarted, pid {pid}")


def _stage(stage_id: str | None) -> StageState:
    from gameday.stage.state import find_stage, read_stage

    return read_stage(stage_id) if stage_id else find_stage()


def _store(state: StageState) -> LeverStore:
    from gameday.aws.lever_store import LeverStore
    from gameday.aws.retries import CallPolicy
    from gameday.aws.sessions import Caller, client
    from gameday.clock import SystemClock

    caller = Caller(
        access_key=state.region.operator_access_key,
        endpoint_url=state.gateway_url,
        region=state.region.aws_region,
    )
    policy = CallPolicy(clock=SystemClock(), random=Random(state.seed))
    return LeverStore(client("dynamodb", caller), policy)


def _velocity(given: tuple[float, int, int] | None) -> Velocity | None:
    from gameday.model.velocity import Velocity

    if given is None:
        return None
    window_s, removed, floor = given
    try:
        return Velocity(
            window_ms=round(window_s * 1000),
            removed_percent_max=removed,
            floor_percent=floor,
        )
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def _parsed(document: str | None) -> dict[str, Any]:
    try:
        parsed = json.loads(document or "{}")
    except json.JSONDecodeError as error:
        raise InvalidInput(f"the levers are no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidInput(f"the levers are no JSON object: {document}")
    return parsed
