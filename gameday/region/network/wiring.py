"""How are the network manager and what belongs to it put together?

As in `wiring.py`. None of it needs the managed endpoint: in October 2025 the network
manager was starved by others, and then buried by what they had kept back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.aws.instances import Instances
from gameday.aws.network_table import NetworkTable
from gameday.aws.queues import MessageQueue
from gameday.model.draws import Draws, Stream
from gameday.model.network_change import CHANGES_QUEUE
from gameday.region.monitoring.service_canary import ServiceCanary
from gameday.region.network.canary import NETWORK_SERVICE, NetworkCustomer
from gameday.region.network.changes import NetworkChanges
from gameday.region.network.instance_connection import instance_answers
from gameday.region.network.instance_doors import InstanceDoors
from gameday.region.network.instance_host import InstanceHost
from gameday.region.network.network_manager import NetworkManager
from gameday.region.wiring import clock_and_policy, gateway_client

if TYPE_CHECKING:
    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig

__all__ = [
    "wire_instance_host",
    "wire_network_canary",
    "wire_network_changes",
    "wire_network_manager",
]


def wire_network_changes(
    config: ActorConfig, policy: CallPolicy
) -> NetworkChanges | None:
    """Return the launch path's way to the network manager, None where there is none."""
    if not config.integer("launches_tell_network"):
        return None
    queue = MessageQueue(gateway_client("sqs", config), policy, name=CHANGES_QUEUE)
    return NetworkChanges(
        queue, backlog_max=config.integer("network_backlog_max") or None
    )


def wire_network_manager(config: ActorConfig) -> tuple[NetworkManager, Clock]:
    """Return the network manager and its clock.

    What a change takes is drawn by its version: with the same seed the same change
    takes the same time, whatever else differs.
    """
    clock, policy = clock_and_policy(config)
    mean_ms = config.setting("network_change_ms")
    draws = Draws(seed=config.seed, stream=Stream.SERVICE, entities=1)
    manager = NetworkManager(
        changes=MessageQueue(gateway_client("sqs", config), policy, name=CHANGES_QUEUE),
        table=NetworkTable(gateway_client("dynamodb", config), policy),
        change_ms=lambda version: mean_ms * draws.exponential(0, version),
        clock=clock,
    )
    return manager, clock


def wire_instance_host(config: ActorConfig) -> tuple[InstanceHost, Clock]:
    """Return what instances answer from, and its clock."""
    clock, policy = clock_and_policy(config)
    host = InstanceHost(
        table=NetworkTable(gateway_client("dynamodb", config), policy),
        doors=InstanceDoors(port=config.managed_port),
    )
    return host, clock


def wire_network_canary(
    config: ActorConfig,
) -> tuple[NetworkCustomer, ServiceCanary, Clock]:
    """Return who connects to new instances, its canary, and their clock."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    customer = NetworkCustomer(
        instances=Instances(
            ec2=gateway_client("ec2", config),
            dynamodb=gateway_client("dynamodb", config),
            policy=policy,
        ),
        answers=lambda instance, address: instance_answers(
            instance, address=address, port=config.managed_port
        ),
        patience_ms=config.integer("network_patience_ms"),
        clock=clock,
    )
    canary = ServiceCanary(
        service=NETWORK_SERVICE,
        ask=customer.connect,
        cloudwatch=gateway_client("cloudwatch", config),
    )
    return customer, canary, clock
