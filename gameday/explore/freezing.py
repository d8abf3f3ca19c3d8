"""How does an operator know that automation is off and at rest?

It turns the stop switch on. What was under way then may still end: an enactor may have
asked before. Whoever holds an endpoint's lock asks the switch under it, so once the
operator has had every lock itself, after turning the switch, nobody flips any more. It
says so by a second switch.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from gameday.aws.plan_store import Switches
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.aws.zones import Zones
from gameday.clock import SystemClock
from gameday.errors import LockHeld
from gameday.model.safeguards import FREEZE_SWITCH
from gameday.region.endpoint_lock import EndpointLocks

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig

__all__ = ["SETTLED_SWITCH", "freeze_and_settle"]

SETTLED_SWITCH = "settled"
"""Is on once nothing is under way any more."""

_WAIT_MS = 1.0


def freeze_and_settle(config: ActorConfig) -> None:
    """Turn automation off and wait until it is at rest."""
    clock = SystemClock()
    policy = CallPolicy(clock=clock, random=Random(config.seed))
    caller = Caller(
        access_key=None, endpoint_url=config.gateway_url, region=config.aws_region
    )
    switches = Switches(client("dynamodb", caller), policy)
    locks = EndpointLocks(
        Zones(client("route53", caller), policy),
        holder=f"{config.actor}/1",
        lock_ttl_ms=config.integer("lock_ttl_ms"),
        clock=clock,
    )
    switches.turn(FREEZE_SWITCH, on=True)
    for endpoint in config.endpoints:
        _have_lock_once(locks, endpoint, clock)
    switches.turn(SETTLED_SWITCH, on=True)


def _have_lock_once(locks: EndpointLocks, endpoint: str, clock: SystemClock) -> None:
    while True:
        try:
            locks.release(endpoint, locks.acquire(endpoint))
        except LockHeld:
            clock.sleep_ms(_WAIT_MS)
        else:
            return
