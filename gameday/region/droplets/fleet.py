"""What load do a region's settings give a droplet workflow manager?

The numbers of a host as a `LeaseFleet`, for which the model's formulas hold: a state
check and the calls to the lease table together are what an attempt costs. A region
whose numbers make the model say nothing is refused before it starts, with the
inequality that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.fleet_check import fleet_problems
from gameday.model.lease_fleet import LeaseFleet
from gameday.region.known_settings import given_number, given_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = [
    "DROPLET_PROGRAM",
    "droplet_fleet",
    "droplets_owned",
    "region_fleet_problems",
]

DROPLET_PROGRAM = "gameday.region.main:droplet_workflow_manager"


def droplet_fleet(settings: Mapping[str, Any]) -> LeaseFleet:
    """Return the fleet of a host; a setting that is not given has its default.

    To renew takes a state check and one call, to establish takes the inventory and
    another call on top; an attempt that does not reach the table ends at its first
    call. Raises ValueError for numbers that are none of things or of time.
    """
    first, last = droplets_owned(settings)
    call_ms = given_number(settings, "droplet_call_ms")
    renew_ms = given_number(settings, "droplet_check_ms") + call_ms
    establish_ms = renew_ms + given_number(settings, "droplet_inventory_ms") + call_ms
    return LeaseFleet(
        droplets=last - first + 1,
        workers=round(given_number(settings, "droplet_workers")),
        renew_every_ms=round(given_number(settings, "droplet_renew_every_ms")),
        lease_ms=round(given_number(settings, "lease_ttl_ms")),
        timeout_ms=round(given_number(settings, "droplet_timeout_ms")),
        renew_cost_ms=round(renew_ms),
        establish_cost_ms=round(establish_ms),
        fail_cost_ms=round(renew_ms),
    )


def droplets_owned(settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return the numbers of a host's first and last droplet.

    Raises ValueError when it has none, or more than there are.
    """
    name = "droplets_owned"
    first, last = given_span(settings, name)
    droplets = given_number(settings, "droplets")
    if not 1 <= first <= last <= droplets:
        raise ValueError(
            f"1 <= first <= last <= droplets fails for {name}: "
            f"[{first}, {last}] and droplets: {droplets}"
        )
    return first, last


def region_fleet_problems(
    region: Region, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (actor, why not) for each host whose numbers mean nothing.

    Args:
        region: whose programs are looked at.
        settings: numbers that win over the region's and the actors' own.
    """
    for name, given in region.settings_of((DROPLET_PROGRAM,), over=settings).items():
        try:
            problems = fleet_problems(droplet_fleet(given))
        except ValueError as error:
            problems = (str(error),)
        for problem in problems:
            yield name, problem
