"""Where do the programs around the network manager start, and how do they go on?

One function an actor, as in `main.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.region.droplets.launches import LAUNCHED
from gameday.region.droplets.wiring import wire_launch_desk
from gameday.region.monitoring.canary_wiring import service_canaries
from gameday.region.network.instance_owners import InstanceOwners
from gameday.region.network.wiring import (
    wire_instance_host,
    wire_network_canary,
    wire_network_manager,
)
from gameday.region.turns import run_turns

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig

__all__ = ["instance_host", "instance_owners", "network_canary", "network_manager"]


def network_manager(config: ActorConfig) -> None:
    """Propagate network changes until stopped."""
    manager, clock = wire_network_manager(config)
    run_turns(manager.turn, clock=clock, rest_ms=config.setting("network_poll_ms"))


def instance_host(config: ActorConfig) -> None:
    """Open and close instances' addresses until stopped."""
    host, clock = wire_instance_host(config)

    def turn() -> bool:
        # A round is short and the rest is what keeps it from asking all the time.
        host.turn()
        return False

    run_turns(turn, clock=clock, rest_ms=config.setting("network_poll_ms"))


def instance_owners(config: ActorConfig) -> None:
    """End and launch instances until stopped, as many owners do.

    What became of each request is what the canary of launches would have seen.
    """
    desk, instances, clock = wire_launch_desk(config)

    canaries = service_canaries(
        config, dict.fromkeys(config.canaries, desk.ask_or_raise)
    )
    owners = InstanceOwners(
        desk=desk,
        ask=canaries[0].look if canaries else lambda: desk.ask() == LAUNCHED,
        wanted=config.integer("instances_max"),
        kept=config.integer("instances_min"),
        at_once=config.integer("launches_at_once"),
    )
    is_prepared = False

    def turn() -> bool:
        nonlocal is_prepared
        if not is_prepared:
            instances.prepare()
            desk.tell_again()
            is_prepared = True
        return owners.turn()

    run_turns(turn, clock=clock, rest_ms=config.setting("launch_every_ms"))


def network_canary(config: ActorConfig) -> None:
    """Connect to new instances like a customer until stopped."""
    customer, canary, clock = wire_network_canary(config)

    def turn() -> bool:
        if customer.find():
            canary.look()
        return False

    run_turns(turn, clock=clock, rest_ms=config.setting("canary_period_ms"))
