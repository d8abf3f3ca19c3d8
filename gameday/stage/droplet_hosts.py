"""Which hosts keep droplet leases, and what can an operator do to all of them?

An operator acts on hosts: a restart kills the process and starts another, one host
after the other, each in the middle of its turn. What the hosts work by, the levers,
is left for them in AWS; see `aws/lever_store.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.region.droplet_fleet import DROPLET_PROGRAM, droplet_fleet
from gameday.stage.actors import restart

if TYPE_CHECKING:
    from gameday.clock import Clock
    from gameday.model.lease_fleet import LeaseFleet
    from gameday.stage.state import StageState

__all__ = ["droplet_hosts", "host_fleet", "restart_hosts"]


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


def host_fleet(state: StageState) -> LeaseFleet:
    """Return the load of the first host, by which mitigations are measured out."""
    first = state.region.actors[droplet_hosts(state)[0]]
    return droplet_fleet({**state.region.settings, **first.settings, **state.settings})


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
