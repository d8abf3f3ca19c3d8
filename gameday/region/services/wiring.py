"""How are the services downstream put together?

As in `region.wiring`, whose clients they take. What was reached through DynamoDB's
public name in October 2025 is reached by it here; what belongs to the emulator's own
services, and what operators need, goes by the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.aws.container_tasks import ContainerTasks
from gameday.aws.lever_store import LeverStore
from gameday.aws.requests import RequestQueue
from gameday.aws.service_client import ServiceClient
from gameday.region.balancing.wiring import wire_reach
from gameday.region.droplets.wiring import wire_launch_desk
from gameday.region.services.contacts import CONTACT_REQUESTS, ContactService
from gameday.region.services.containers import (
    CONTAINER_FLEET,
    TASK_REQUESTS,
    ContainerService,
)
from gameday.region.services.invocations import FUNCTION, SYNC_QUEUE
from gameday.region.services.levers_seen import LeversSeen
from gameday.region.wiring import clock_and_policy, gateway_client, managed_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.requests import Request
    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig

__all__ = [
    "wire_client",
    "wire_contacts",
    "wire_containers",
    "wire_levers",
]


def wire_containers(config: ActorConfig) -> tuple[ContainerService, Clock]:
    """Return what launches containers."""
    _, policy = clock_and_policy(config, attempts_max=1)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    desk, instances, clock = wire_launch_desk(
        config,
        fleet=CONTAINER_FLEET,
        instances_max=config.integer("container_instances_max"),
    )
    service = ContainerService(
        requests=RequestQueue(
            gateway_client("sqs", config), policy, name=TASK_REQUESTS
        ),
        tasks=ContainerTasks(
            ecs=gateway_client("ecs", config), records=managed, policy=policy
        ),
        instances=instances,
        desk=desk,
    )
    return service, clock


def wire_contacts(config: ActorConfig) -> tuple[ContactService, Clock]:
    """Return what puts contacts through."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    sqs = gateway_client("sqs", config)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    functions = wire_client(
        config,
        "lambda",
        purpose="flows",
        send=RequestQueue(sqs, policy, name=SYNC_QUEUE).put,
        patience="invocation_patience_ms",
    )
    service = ContactService(
        requests=RequestQueue(sqs, policy, name=CONTACT_REQUESTS),
        records=managed,
        policy=policy,
        invoke=lambda: functions.ask({"function": FUNCTION}),
        reach_agent=wire_reach(config, "an agent"),
    )
    return service, clock


def wire_client(
    config: ActorConfig,
    service: str,
    *,
    send: Callable[[Request], None],
    patience: str,
    purpose: str = "",
) -> ServiceClient:
    """Return an actor's way to a service, with a queue of replies of its own.

    Args:
        config: of the actor.
        service: who is asked.
        send: puts a request where the service takes it.
        patience: the setting that says how long the actor waits.
        purpose: tells two ways of one actor apart; its service when left out.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    return ServiceClient(
        gateway_client("sqs", config),
        policy,
        replies=f"gameday-replies-{config.actor}-{purpose or service}",
        service=service,
        send=send,
        clock=clock,
        patience_ms=config.integer(patience),
        poll_ms=config.integer("reply_poll_ms"),
    )


def wire_levers(config: ActorConfig, policy: CallPolicy, clock: Clock) -> LeversSeen:
    """Return the operators' levers, read by the gateway."""
    return LeversSeen(
        LeverStore(gateway_client("dynamodb", config), policy),
        clock=clock,
        poll_ms=config.setting("lever_poll_ms"),
    )
