"""May two hosts that were given the same droplet both hold its lease?

The hosts are the region's own droplet workflow managers: each is stepped, with one
worker in the caller's thread, for so many turns, and reads the operators' levers before
each. A droplet belongs to two hosts after a reassignment that one of them has not heard
of; the lease has to keep them apart, also when a reply is lost or a lease runs out.

    gameday explore gameday.explore.droplet_problem:shared_droplet

The lease table is reached by the gateway: DNS is no part of a search, in which every
name always leads somewhere.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.explore.actor import Actor
from gameday.explore.interleaving import Faults
from gameday.explore.lease_properties import had_lease, lease_kept
from gameday.explore.problem import Problem
from gameday.explore.region_actors import GATEWAY_URL, RegionUnderSearch
from gameday.explore.region_problem import TICK_MS
from gameday.region.droplets.droplet_workflow_manager import told_levers
from gameday.region.droplets.wiring import wire_droplet_workflow_manager
from gameday.region.environments import aws_environment
from gameday.region.finding import find_region
from gameday.region.wiring import gateway_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.settings import ActorConfig

__all__ = ["shared_droplet"]

_REGION = "cascade"
_HOSTS = ("droplet-host-az1", "droplet-host-az2")
_TURNS = 3
_REST_MS = 1


def shared_droplet(*, turns: int = _TURNS) -> Problem:
    """Return two hosts that want one droplet, a lost reply and leases that run out.

    Args:
        turns: how many each host takes before it is stopped.
    """
    under = RegionUnderSearch(
        region=find_region(_REGION),
        endpoints=1,
        settings={"droplets": 1, "droplets_owned": (1, 1)},
    )
    return Problem(
        setup=under.provision,
        actors=tuple(_host(under, name, turns) for name in _HOSTS),
        always=(lease_kept(dict.fromkeys(_HOSTS, 0)),),
        sometimes=tuple(map(had_lease, _HOSTS)),
        faults=Faults(tick_ms=TICK_MS, expiries=1, lost_replies=1),
    )


def keep_leases(config: ActorConfig, *, turns: int) -> None:
    """Take so many turns of a droplet workflow manager, as one program."""
    manager, store, clock = wire_droplet_workflow_manager(
        config,
        start=_in_the_callers_thread,
        lease_table_client=gateway_client("dynamodb", config),
    )
    while not manager.begin(rediscovery_ms=_REST_MS, commission_ms=_REST_MS):
        clock.sleep_ms(_REST_MS)
    for _ in range(turns):
        if levers := told_levers(store):
            manager.pull(levers)
        manager.turn()
        clock.sleep_ms(_REST_MS)


def _in_the_callers_thread(serve_next: Callable[[], bool]) -> Future[None]:
    """Carry out one job at once; the next turn starts the next worker."""
    serve_next()
    done: Future[None] = Future()
    done.set_result(None)
    return done


def _host(under: RegionUnderSearch, name: str, turns: int) -> Actor:
    config = under.config_of(name)
    # The hosts' own shares of the droplets would win over the search's.
    config = replace(config, settings={**config.settings, **under.settings})
    access_key = under.region.actors[name].access_key
    return Actor(
        name=name,
        program=lambda: keep_leases(config, turns=turns),
        env=aws_environment(under.region, GATEWAY_URL, access_key),
    )
