"""Can whoever launches believe in a lease long enough to use it?

A launcher believes in a lease only after it saw the record change between two looks,
and then from the first of them on, for what a lease lasts without the attempt that
wrote it. One that looks more rarely never finds a leased droplet, however many are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.region.droplets.fleet import DROPLET_PROGRAM
from gameday.region.known_settings import given_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = ["region_launch_problems"]

_LAUNCHERS = frozenset(
    {
        "gameday.region.main:launch_desk",
        "gameday.region.network.main:instance_owners",
        "gameday.region.services.main:function_fleet",
    }
)
"""Programs that look at the leases each `launch_every_ms`."""


def region_launch_problems(
    region: Region, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (actor, why not) for each program that could never launch anything.

    Args:
        region: whose programs are looked at; without a droplet host nobody leases.
        settings: numbers that win over the region's and the actors' own.
    """
    if not region.settings_of((DROPLET_PROGRAM,)):
        return
    for name, given in region.settings_of(_LAUNCHERS, over=settings).items():
        try:
            every_ms = given_number(given, "launch_every_ms")
            believed_ms = given_number(given, "lease_ttl_ms") - given_number(
                given, "droplet_timeout_ms"
            )
        except ValueError as error:
            yield name, str(error)
            continue
        if every_ms >= believed_ms:
            problem = (
                "launch_every_ms < lease_ttl_ms - droplet_timeout_ms fails: "
                f"{every_ms} >= {believed_ms}; no lease could be believed in"
            )
            yield name, problem
