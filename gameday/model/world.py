"""What does a checker have to know that the history does not say?

The names and limits of the region that was under test. A `World` is a literal
in a test and is read from the region file in a run; nothing in it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gameday.model.service_graph import ServiceGraph
from gameday.model.velocity import Velocity

__all__ = ["World"]

VELOCITY = Velocity(window_ms=30_000, removed_percent_max=40, floor_percent=60)
"""One zone of three within half a minute, also where an instance is missing."""

OPERATORS = frozenset({"operator", "harness"})
"""People and our own provisioning; an explicit act of theirs is no hazard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The region as its file describes it.

    Attributes:
        endpoints: DNS names without the final dot; each has its own hosted zone
            of that very name.
        operators: actors whose changes are deliberate: they may roll back, cut
            capacity and write without the lock.
        wedge_refusals_min: refused flips in a row that make a wedge.
        leases_lost_share_max: the share of droplet leases that may lapse before
            it counts as a loss; a slow machine renews a few late.
        leases_back_ms: how long leases may take to come back once the endpoint has
            its addresses again.
        network_within_ms: after which a launched instance is to be reachable; who
            launched it puts it into service then.
        pollers_back_ms: how long a poller may take to poll again once it has them.
        undetected_ms: how long a service may be out until an alarm names it.
        balancer: the DNS name of the network load balancer, None without one.
        velocity: how much of it automatic failover may take away, and how fast.
        checkers_back_ms: how long a health checker may be behind with what flapping
            costs it.
        failover_settle_ms: for how long no zone is to leave DNS once operators have
            switched automatic failover on again.
        freeze_settle_ms: how long after the stop switch a batch that was
            already on its way may still land.
        answer_lag_ms: how long a resolver may go on giving an address that was
            right before: record TTL and propagation together.
        customer_unserved_max_ms: how long a customer with a copy in another region may
            be without service: to notice, and to go there.
        services: what the region consists of for those who depend on it.
    """

    endpoints: tuple[str, ...]
    operators: frozenset[str] = OPERATORS
    wedge_refusals_min: int = 3
    leases_lost_share_max: float = 0.05
    leases_back_ms: int = 10_000
    network_within_ms: int = 2_500
    pollers_back_ms: int = 6_000
    undetected_ms: int = 10_000
    balancer: str | None = None
    velocity: Velocity = VELOCITY
    checkers_back_ms: int = 10_000
    failover_settle_ms: int = 10_000
    freeze_settle_ms: int = 1_000
    answer_lag_ms: int = 5_000
    customer_unserved_max_ms: int = 4_000
    services: ServiceGraph = field(default_factory=lambda: ServiceGraph(services=()))
