"""How is each program of the reference region put together?

The only place where a program's parts meet: clients with their identities, the
retry policy, the clock and the seeded streams. `main` of each program calls
one function here and then loops.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Any

from gameday.aws.leases import LeaseTable
from gameday.aws.plan_store import PlanStore, Switches
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import MANAGED_SUFFIX, Caller, client
from gameday.aws.zones import Zones
from gameday.clock import Clock, SystemClock
from gameday.model.backoff import Backoff
from gameday.region.cleaner import Cleaner
from gameday.region.enactor import Enactor, EnactorParts
from gameday.region.endpoint_lock import EndpointLocks
from gameday.region.lease_manager import LeaseManager
from gameday.region.monitoring.monitors import Canary
from gameday.region.planner import Planner

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.settings import ActorConfig

__all__ = [
    "clock_and_policy",
    "gateway_client",
    "managed_client",
    "seeded",
    "wire_canaries",
    "wire_enactor",
    "wire_lease_manager",
    "wire_planner",
]

_MANAGED_TIMEOUT_S = 1.0
"""A customer's patience on the managed endpoint."""


def wire_planner(config: ActorConfig) -> tuple[Planner, Clock]:
    """Return the planner of a region and its clock."""
    clock, policy = clock_and_policy(config)
    dynamodb = gateway_client("dynamodb", config)
    planner = Planner(
        name=config.actor,
        plans=_plan_store(config, dynamodb, policy),
        switches=Switches(dynamodb, policy),
        safeguards=config.safeguards,
        endpoints=config.endpoints,
        random=seeded(config, "weights"),
    )
    return planner, clock


def seeded(config: ActorConfig, purpose: str) -> Random:
    """Return a stream of its own for each purpose.

    Drawing more for one does not move the others.
    """
    return Random(f"{config.seed}/{config.actor}/{purpose}")


def wire_enactor(
    config: ActorConfig, *, stream: Callable[[ActorConfig, str], Random] = seeded
) -> tuple[Enactor, Clock]:
    """Return an enactor with its cleaner, and its clock.

    Args:
        config: of the actor.
        stream: makes the streams that decide how long it backs off.
    """
    clock, policy = clock_and_policy(config)
    store = _store_client(config)
    zones = Zones(gateway_client("route53", config), policy)
    incarnation = f"{os.getpid():x}"
    backoff = _backoff(config, "lock_backoff_ms")
    lock_ttl_ms = config.integer("lock_ttl_ms")

    cleaner_identity = config.identities["cleaner"]
    cleaner_zones = Zones(
        gateway_client("route53", config, cleaner_identity.access_key), policy
    )
    cleaner = Cleaner(
        zones=cleaner_zones,
        locks=EndpointLocks(
            cleaner_zones,
            holder=f"{cleaner_identity.name}/{incarnation}",
            lock_ttl_ms=lock_ttl_ms,
            clock=clock,
        ),
        guard=config.safeguards.cleanup_guard,
        keep_plans=config.integer("cleanup_keep_plans"),
        clock=clock,
        random=stream(config, "cleaner"),
        backoff=backoff,
    )
    parts = EnactorParts(
        plans=_plan_store(config, store, policy),
        switches=Switches(store, policy),
        zones=zones,
        locks=EndpointLocks(
            zones,
            holder=f"{config.actor}/{incarnation}",
            lock_ttl_ms=lock_ttl_ms,
            clock=clock,
        ),
        cleaner=cleaner,
        safeguards=config.safeguards,
        clock=clock,
        random=stream(config, "backoff"),
        backoff=backoff,
        addresses={lb.name: lb.address for lb in config.load_balancers},
        record_ttl_s=config.record_ttl_s,
        lock_losses_max=config.integer("lock_losses_max"),
        cleanup_settle_ms=config.integer("cleanup_settle_ms"),
    )
    return Enactor(parts), clock


def wire_lease_manager(config: ActorConfig) -> tuple[LeaseManager, Clock]:
    """Return the lease manager, reaching its table by the managed endpoint."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    dynamodb, _ = managed_client(
        config,
        config.endpoints[0],
        pool_connections_max=config.integer("lease_workers"),
    )
    manager = LeaseManager(
        name=config.actor,
        table=LeaseTable(dynamodb, policy),
        droplets=[f"droplet-{n:04d}" for n in range(1, config.integer("droplets") + 1)],
        ttl_ms=config.integer("lease_ttl_ms"),
        backoff=_backoff(config, "lease_backoff_ms"),
        clock=clock,
        random=seeded(config, "leases"),
    )
    return manager, clock


def wire_canaries(config: ActorConfig) -> tuple[list[Canary], Clock]:
    """Return one canary an endpoint, and the clock they share."""
    cloudwatch = gateway_client("cloudwatch", config)
    canaries = [
        Canary(
            endpoint=endpoint,
            read=_customer_read(config, endpoint),
            cloudwatch=cloudwatch,
            failures_to_alarm=config.integer("canary_failures_to_alarm"),
        )
        for endpoint in config.endpoints
    ]
    return canaries, SystemClock()


def _customer_read(config: ActorConfig, endpoint: str) -> Callable[[], Any]:
    dynamodb, drop_connections = managed_client(
        config, endpoint, pool_connections_max=1
    )

    def read() -> Any:
        drop_connections()
        return dynamodb.describe_table(TableName="gameday-leases")

    return read


def managed_client(
    config: ActorConfig,
    endpoint: str,
    *,
    pool_connections_max: int,
    service: str = "dynamodb",
) -> tuple[Any, Callable[[], None]]:
    """Return a client that resolves `endpoint` as any customer of `service` does.

    And what ends its pooled connections, so that the next call resolves anew.
    """
    from gameday.aws.resolving import resolve_through

    caller = Caller(
        access_key=None,
        endpoint_url=f"http://{endpoint}:{config.managed_port}",
        region=config.aws_region,
    )
    managed = client(
        service,
        caller,
        connect_timeout_s=_MANAGED_TIMEOUT_S,
        read_timeout_s=_MANAGED_TIMEOUT_S,
        pool_connections_max=pool_connections_max,
    )
    resolution = resolve_through(
        managed, resolver=config.resolver, suffixes=(MANAGED_SUFFIX,)
    )
    return managed, resolution.drop_connections


def _store_client(config: ActorConfig) -> Any:
    """Return the plan store's client.

    `plan_store_through_endpoint` closes the circle that the designers of 2025
    avoided: the enactor reaches its plans by the endpoint it maintains.
    """
    if config.integer("plan_store_through_endpoint"):
        managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
        return managed
    return gateway_client("dynamodb", config)


def gateway_client(
    service: str, config: ActorConfig, access_key: str | None = None
) -> Any:
    """Return a client of `service`, which needs no name of the region's."""
    return client(
        service,
        _caller(config, access_key),
        read_timeout_s=config.setting("call_timeout_ms") / 1000,
    )


def _plan_store(config: ActorConfig, dynamodb: Any, policy: CallPolicy) -> PlanStore:
    return PlanStore(dynamodb, policy, region=config.aws_region)


def _caller(config: ActorConfig, access_key: str | None = None) -> Caller:
    return Caller(
        access_key=access_key,
        endpoint_url=config.gateway_url,
        region=config.aws_region,
    )


def clock_and_policy(
    config: ActorConfig, *, attempts_max: int = 4
) -> tuple[Clock, CallPolicy]:
    """Return a program's clock and how it tries failed calls again."""
    clock = SystemClock()
    policy = CallPolicy(
        clock=clock, random=seeded(config, "retries"), attempts_max=attempts_max
    )
    return clock, policy


def _backoff(config: ActorConfig, setting: str) -> Backoff:
    first_ms, last_ms = config.span(setting)
    return Backoff(first_ms=round(first_ms), last_ms=round(last_ms))
