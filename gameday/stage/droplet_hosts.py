"""Which hosts keep droplet leases, and what can an operator do to all of them?

An operator acts on hosts: a restart kills the process and starts another, one host
after the other, each in the middle of its turn. What the hosts work by, the levers,
is left for them in AWS; see `aws/lever_store.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.model.admission import Throttle
from gameday.model.lever_document import parse_levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.near_names import unknown_name
from gameday.region.balancing.settings import BALANCING_PROGRAMS
from gameday.region.droplets.fleet import DROPLET_PROGRAM, droplet_fleet
from gameday.region.network.rates import NETWORK_PROGRAM
from gameday.stage.actors import restart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.clock import Clock
    from gameday.model.lease_fleet import LeaseFleet
    from gameday.model.levers import Levers
    from gameday.stage.state import StageState

__all__ = [
    "chosen_levers",
    "droplet_hosts",
    "host_fleet",
    "raise_if_no_network_manager",
    "raise_if_nobody_reads_levers",
    "restart_hosts",
    "throttled",
]


def droplet_hosts(state: StageState) -> tuple[str, ...]:
    """Return the names of the region's droplet hosts, in the file's order.

    Raises InvalidInput when the region has none.
    """
    region = state.region
    hosts = tuple(n for n, a in region.actors.items() if a.run == DROPLET_PROGRAM)
    if not hosts:
        raise InvalidInput(
            f"region {region.name} has no droplet host, a program that runs "
            f"{DROPLET_PROGRAM}; take the region cascade"
        )
    return hosts


def raise_if_nobody_reads_levers(state: StageState) -> None:
    """Raise InvalidInput when the region has no program that works by levers."""
    if not any(
        (actor.run or "").startswith(BALANCING_PROGRAMS)
        for actor in state.region.actors.values()
    ):
        droplet_hosts(state)


def raise_if_no_network_manager(state: StageState) -> None:
    """Raise InvalidInput when the region has no queue of network changes to bound."""
    region = state.region
    if not any(actor.run == NETWORK_PROGRAM for actor in region.actors.values()):
        raise InvalidInput(
            f"region {region.name} has no network manager, a program that runs "
            f"{NETWORK_PROGRAM}; take the region network"
        )


def host_fleet(state: StageState) -> LeaseFleet:
    """Return the load of the first host, by which mitigations are measured out."""
    first = state.region.actors[droplet_hosts(state)[0]]
    return droplet_fleet({**state.region.settings, **first.settings, **state.settings})


def chosen_levers(
    state: StageState, *, document: Mapping[str, Any], mitigation: str
) -> Levers:
    """Return the levers of a document, or of a mitigation by name.

    Raises InvalidInput for what means nothing, for both at once, and when the region
    has no program that reads levers; a mitigation needs a droplet host.
    """
    raise_if_nobody_reads_levers(state)
    if mitigation and document:
        raise InvalidInput("give levers or the name of a mitigation, not both")
    if not mitigation:
        try:
            return parse_levers(document)
        except ValueError as error:
            raise InvalidInput(str(error)) from error
    known = tuple(map(str, Mitigation))
    if mitigation not in known:
        raise InvalidInput(unknown_name("mitigation", mitigation, known))
    return mitigations(host_fleet(state))[Mitigation(mitigation)].levers


def throttled(
    before: Levers, state: StageState, *, share: float, renewals_too: bool
) -> Levers:
    """Return the levers with intake paced at a share of what can be established.

    Raises InvalidInput for a share that lets nobody in.
    """
    if share <= 0:
        raise InvalidInput(f"a share of {share} lets nobody in; take one above 0")
    rate = round(share * host_fleet(state).establish_per_s, 3)
    throttle = Throttle(per_s=rate, renewals_too=renewals_too)
    return replace(before, admission=replace(before.admission, throttle=throttle))


def restart_hosts(state: StageState, *, over_ms: float, clock: Clock) -> dict[str, int]:
    """Restart every droplet host; return the new process id of each.

    Args:
        state: of a running stage.
        over_ms: turns are spread evenly over this time; 0: one right after the other.
        clock: waits between the turns.

    Raises RegionFailed when a host cannot be restarted.
    """
    hosts = droplet_hosts(state)
    began_ms = clock.monotonic_ns() / 1_000_000
    pids = {}
    for place, host in enumerate(hosts):
        turn_ms = over_ms * (2 * place + 1) / (2 * len(hosts))
        clock.sleep_ms(began_ms + turn_ms - clock.monotonic_ns() / 1_000_000)
        pids[host] = restart(state, host)
    return pids
