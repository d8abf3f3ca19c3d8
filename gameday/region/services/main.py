"""Where does each program of the services downstream start, and how does it go on?

One function an actor; the region file names them
(`gameday.region.services.main:invocations`). Each is wired and then takes turns until
its process is stopped. A turn that fails because AWS failed is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.region.services.canary_wiring import (
    wire_first_customer,
    wire_service_canaries,
)
from gameday.region.services.function_wiring import (
    wire_function_fleet,
    wire_invocations,
    wire_queue_poller,
    wire_stream_poller,
    wire_traffic,
)
from gameday.region.services.wiring import wire_contacts, wire_containers
from gameday.region.turns import run_side_by_side, run_turns

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig

__all__ = [
    "canaries",
    "contacts",
    "containers",
    "function_fleet",
    "invocations",
    "queue_poller",
    "stream_poller",
    "traffic",
]

_REQUEST_POLL_MS = 400
_TASK_POLL_MS = 800


def invocations(config: ActorConfig) -> None:
    """Carry out invocations of functions until stopped."""
    service, clock = wire_invocations(config)
    run_turns(service.turn, clock=clock, rest_ms=config.setting("invocation_round_ms"))


def function_fleet(config: ActorConfig) -> None:
    """Keep the instances that carry them out until stopped."""
    fleet, clock = wire_function_fleet(config)
    run_turns(fleet.turn, clock=clock, rest_ms=config.setting("launch_every_ms"))


def queue_poller(config: ActorConfig) -> None:
    """Poll customers' queues until stopped, or down."""
    poller, clock = wire_queue_poller(config)
    run_turns(poller.turn, clock=clock, rest_ms=config.setting("poll_every_ms"))


def stream_poller(config: ActorConfig) -> None:
    """Poll customers' streams until stopped."""
    poller, clock = wire_stream_poller(config)
    run_turns(poller.turn, clock=clock, rest_ms=config.setting("poll_every_ms"))


def traffic(config: ActorConfig) -> None:
    """Put in what customers put in, once functions work for the first of them.

    Else they would leave a backlog before there is an instance that could work on it.
    """
    first_clock, is_served = wire_first_customer(config)
    while not is_served():
        first_clock.sleep_ms(_REQUEST_POLL_MS)
    customers, clock = wire_traffic(config)
    run_turns(customers.turn, clock=clock, rest_ms=config.setting("traffic_every_ms"))


def containers(config: ActorConfig) -> None:
    """Launch containers until stopped."""
    service, clock = wire_containers(config)
    run_turns(service.turn, clock=clock, rest_ms=_TASK_POLL_MS)


def contacts(config: ActorConfig) -> None:
    """Put contacts through until stopped."""
    service, clock = wire_contacts(config)
    run_turns(service.turn, clock=clock, rest_ms=_REQUEST_POLL_MS)


def canaries(config: ActorConfig) -> None:
    """Look at every service whose canary this actor is, until stopped."""
    watching, clock = wire_service_canaries(config)
    run_side_by_side(
        [canary.look for canary in watching],
        clock=clock,
        every_ms=config.setting("service_canary_period_ms"),
    )
