"""How are the programs put together that hang on the record?

As in `wiring.py`, whose clients they take. What was reached through the endpoint in
October 2025 is reached by its name here, and what operators need in an outage by the
gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.aws.instances import Instances
from gameday.aws.leases import LeaseTable
from gameday.aws.lever_store import LeverStore
from gameday.clock import monotonic_ms
from gameday.model.draws import Draws, Stream
from gameday.model.droplet_workflow import DropletWorkflow
from gameday.model.launch import LeaseWatch
from gameday.model.levers import AS_BUILT
from gameday.model.token_bucket import TokenBucket
from gameday.region.droplets.droplet_workflow_manager import DropletWorkflowManager
from gameday.region.droplets.fleet import droplet_fleet, droplets_owned
from gameday.region.droplets.launches import LaunchDesk
from gameday.region.droplets.leases import DropletLeases
from gameday.region.network.wiring import wire_network_changes
from gameday.region.wiring import clock_and_policy, gateway_client, managed_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig

__all__ = ["wire_droplet_workflow_manager", "wire_launch_desk"]


def wire_droplet_workflow_manager(
    config: ActorConfig,
    *,
    start: Callable[[Callable[[], bool]], Future[None]],
    lease_table_client: Any = None,
) -> tuple[DropletWorkflowManager, LeverStore, Clock]:
    """Return a host's manager, the operators' levers, and the clock.

    The leases are reached by the managed endpoint, the levers by the gateway.

    Args:
        config: of the actor.
        start: starts a worker, which serves until it is told that it is done.
        lease_table_client: leads to the leases where names are not resolved; None
            takes the managed endpoint.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    fleet = droplet_fleet(config.settings)
    dynamodb = lease_table_client
    if dynamodb is None:
        dynamodb, _ = managed_client(
            config, config.endpoints[0], pool_connections_max=fleet.workers
        )
    first, last = droplets_owned(config.settings)
    leases = DropletLeases(
        host=config.actor,
        table=LeaseTable(dynamodb, policy),
        names=[f"droplet-{n:04d}" for n in range(first, last + 1)],
        ttl_ms=fleet.lease_ms,
        check_ms=config.setting("droplet_check_ms"),
        inventory_ms=config.setting("droplet_inventory_ms"),
        answer_draws=_draws(config, Stream.SERVICE, fleet.droplets),
        clock=clock,
    )
    workflow = DropletWorkflow(
        fleet=fleet,
        levers=AS_BUILT,
        backoff_draws=_draws(config, Stream.BACKOFF, fleet.droplets),
    )
    manager = DropletWorkflowManager(
        workflow=workflow, fleet=fleet, leases=leases, start=start
    )
    return manager, LeverStore(gateway_client("dynamodb", config), policy), clock


def wire_launch_desk(
    config: ActorConfig,
    *,
    fleet: str = "customers",
    instances_max: int | None = None,
) -> tuple[LaunchDesk, Instances, Clock]:
    """Return what launches instances, the instances, and the clock.

    Args:
        config: of the actor.
        fleet: whose instances.
        instances_max: of more than these the oldest are ended; None: as the region
            has it for customers.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    dynamodb = gateway_client("dynamodb", config)
    instances = Instances(
        ec2=gateway_client("ec2", config),
        dynamodb=dynamodb,
        policy=policy,
        fleet=fleet,
    )
    desk = LaunchDesk(
        instances=instances,
        leases=LeaseTable(managed, policy),
        levers=LeverStore(dynamodb, policy),
        watch=LeaseWatch(
            ttl_ms=config.integer("lease_ttl_ms"),
            margin_ms=config.integer("droplet_timeout_ms"),
        ),
        limit=TokenBucket(
            per_s=config.setting("launch_limit_per_s"),
            now_ms=monotonic_ms(clock),
        ),
        instances_max=instances_max or config.integer("instances_max"),
        cloudwatch=gateway_client("cloudwatch", config),
        clock=clock,
        network=wire_network_changes(config, policy),
    )
    return desk, instances, clock


def _draws(config: ActorConfig, stream: Stream, entities: int) -> Draws:
    return Draws(seed=config.seed, stream=stream, entities=entities)
