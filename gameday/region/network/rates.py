"""Can the network manager of a region keep up on an ordinary day?

If not, its queue grows without any outage, and whatever an experiment shows is about
something else. Such a region is refused before it starts, with the inequality that
fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.propagation import REPLACEMENT_CHANGES, rate_problems
from gameday.region.known_settings import given_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = ["NETWORK_PROGRAM", "region_rate_problems"]

NETWORK_PROGRAM = "gameday.region.network.main:network_manager"
_OWNERS_PROGRAM = "gameday.region.network.main:instance_owners"


def region_rate_problems(
    region: Region, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (actor, why not) for a network manager that cannot keep up.

    Args:
        region: whose programs are looked at.
        settings: numbers that win over the region's and the actors' own.
    """
    owners: dict[str, Any] = {}
    for actor in region.actors.values():
        if actor.run == _OWNERS_PROGRAM:
            owners = dict(actor.settings)
    for name, actor in region.actors.items():
        if actor.run != NETWORK_PROGRAM:
            continue
        given = {**region.settings, **owners, **actor.settings, **(settings or {})}
        for problem in _problems(given):
            yield name, problem


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    numbers: dict[str, float] = {}
    for name in (
        "network_change_ms",
        "network_call_ms",
        "launch_every_ms",
        "network_backlog_max",
    ):
        try:
            numbers[name] = given_number(given, name)
        except ValueError as error:
            yield str(error)
            return
    yield from rate_problems(
        change_ms=round(numbers["network_change_ms"] + numbers["network_call_ms"]),
        # Owners end an instance at each turn and launch another.
        arrival_ms=round(numbers["launch_every_ms"] / REPLACEMENT_CHANGES),
        backlog_max=round(numbers["network_backlog_max"]) or None,
    )
