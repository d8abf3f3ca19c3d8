"""How are functions and their event sources put together?

As in `region.wiring`, whose clients they take. What was reached through DynamoDB's
public name in October 2025 is reached by it here; what belongs to the emulator's own
services, and what operators need, goes by the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.aws.event_stream import EventStream
from gameday.aws.functions import FunctionTable
from gameday.aws.instances import Instances
from gameday.aws.network_table import NetworkTable
from gameday.aws.requests import RequestQueue, render_request
from gameday.aws.zone_reports import ZoneReports
from gameday.model.instance_address import instance_address
from gameday.model.poller import OnError, PollerDesign, Supervision
from gameday.model.shortage import Protects
from gameday.region.droplets.wiring import wire_launch_desk
from gameday.region.network.instance_connection import instance_answers
from gameday.region.services.fleet import (
    HealthCheck,
    ServiceFleet,
    that_are_reported,
    that_do_not_answer,
)
from gameday.region.services.invocations import (
    ASYNC_QUEUE,
    EVENTS_QUEUE,
    FUNCTION,
    FUNCTION_FLEET,
    SYNC_QUEUE,
    InvocationQueues,
    InvocationService,
    Room,
)
from gameday.region.services.pollers import (
    CLICKS_STREAM,
    ORDERS_QUEUE,
    QueueSource,
    SourcePoller,
    StreamSource,
)
from gameday.region.services.traffic import Traffic
from gameday.region.services.wiring import wire_levers
from gameday.region.wiring import clock_and_policy, gateway_client, managed_client

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock
    from gameday.region.services.pollers import Source
    from gameday.region.settings import ActorConfig

__all__ = [
    "wire_clicks",
    "wire_function_fleet",
    "wire_invocations",
    "wire_queue_poller",
    "wire_stream_poller",
    "wire_traffic",
]


def wire_invocations(config: ActorConfig) -> tuple[InvocationService, Clock]:
    """Return Lambda's invocation path, its queues made and its function deployed."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    sqs = gateway_client("sqs", config)
    queues = InvocationQueues(
        sync=RequestQueue(sqs, policy, name=SYNC_QUEUE),
        asynchronous=RequestQueue(sqs, policy, name=ASYNC_QUEUE),
        event_source=RequestQueue(sqs, policy, name=EVENTS_QUEUE),
    )
    queues.prepare()
    FunctionTable(gateway_client("dynamodb", config), policy).deploy(FUNCTION)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    instances = Instances(
        ec2=gateway_client("ec2", config),
        dynamodb=gateway_client("dynamodb", config),
        policy=policy,
        fleet=FUNCTION_FLEET,
    )
    levers = wire_levers(config, policy, clock)
    always = bool(config.integer("invocations_protect_sync"))
    service = InvocationService(
        queues=queues,
        functions=FunctionTable(managed, policy),
        room=Room(per_s=config.setting("invocations_per_instance_per_s"), clock=clock),
        instances=_able(config, instances, policy),
        protects=lambda: Protects.SYNC if always else levers.now().invocations.protects,
        cloudwatch=gateway_client("cloudwatch", config),
    )
    return service, clock


def wire_function_fleet(config: ActorConfig) -> tuple[ServiceFleet, Clock]:
    """Return what keeps Lambda's instances."""
    wanted = config.integer("invocation_instances")
    desk, instances, clock = wire_launch_desk(
        config, fleet=FUNCTION_FLEET, instances_max=wanted
    )
    check = HealthCheck(
        failing=_failing(config),
        failures_max=config.integer("fleet_check_failures_max"),
        grace_ms=config.integer("fleet_check_grace_ms"),
        clock=clock,
    )
    fleet = ServiceFleet(
        desk=desk, wanted=wanted, check=check, prepare=instances.prepare
    )
    return fleet, clock


def wire_queue_poller(config: ActorConfig) -> tuple[SourcePoller, Clock]:
    """Return Lambda's poller of SQS queues."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    sqs = gateway_client("sqs", config)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    source = QueueSource(
        source=RequestQueue(sqs, policy, name=ORDERS_QUEUE),
        target=RequestQueue(sqs, policy, name=EVENTS_QUEUE),
        mappings=FunctionTable(managed, policy),
    )
    restart_ms = config.integer("queue_poller_restart_ms")
    retries = config.integer("queue_poller_retries")
    design = PollerDesign(
        on_error=OnError.RETRY if retries else OnError.CRASH,
        supervision=Supervision.RESTART if restart_ms else Supervision.NONE,
        restart_ms=restart_ms,
    )
    return _poller(config, policy, clock, source=source, design=design), clock


def wire_stream_poller(config: ActorConfig) -> tuple[SourcePoller, Clock]:
    """Return Lambda's poller of Kinesis streams, which never crashed."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    managed, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    source = StreamSource(
        source=EventStream(
            kinesis=gateway_client("kinesis", config),
            checkpoints=managed,
            policy=policy,
            name=CLICKS_STREAM,
        ),
        target=RequestQueue(gateway_client("sqs", config), policy, name=EVENTS_QUEUE),
    )
    design = PollerDesign(on_error=OnError.RETRY)
    return _poller(config, policy, clock, source=source, design=design), clock


def wire_traffic(config: ActorConfig) -> tuple[Traffic, Clock]:
    """Return the customers who wait for no reply."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    sqs = gateway_client("sqs", config)
    stream = wire_clicks(config, policy)
    stream.prepare()
    return Traffic(
        per_s={
            "async": config.setting("async_invocations_per_s"),
            "queue": config.setting("queue_messages_per_s"),
            "stream": config.setting("stream_records_per_s"),
        },
        put={
            "async": RequestQueue(sqs, policy, name=ASYNC_QUEUE).pass_on,
            "queue": RequestQueue(sqs, policy, name=ORDERS_QUEUE).pass_on,
            "stream": lambda asked: stream.put([render_request(r) for r in asked]),
        },
        clock=clock,
    ), clock


def wire_clicks(config: ActorConfig, policy: CallPolicy) -> EventStream:
    """Return the stream as those see it who put records in."""
    return EventStream(
        kinesis=gateway_client("kinesis", config),
        checkpoints=None,
        policy=policy,
        name=CLICKS_STREAM,
    )


def _able(
    config: ActorConfig, instances: Instances, policy: CallPolicy
) -> Callable[[], int]:
    """Return what counts the instances that can carry out invocations.

    An instance that nobody can reach yet carries out none, in a region with a network.
    """
    if not config.integer("launches_tell_network"):
        return lambda: len(instances.running())
    network = NetworkTable(gateway_client("dynamodb", config), policy)
    return lambda: len(
        network.with_network().keys() & set(instances.running().values())
    )


def _failing(
    config: ActorConfig,
) -> Callable[[Mapping[str, str]], Collection[str]]:
    """Return what finds the instances that fail their check, whoever checks them.

    Raises ValueError when the checkers of a load balancer should, and there is none.
    """
    if config.integer("fleet_checked_by_balancer"):
        if config.balancer is None:
            raise ValueError(
                f"fleet_checked_by_balancer is set for {config.actor}, and its region "
                "has no load balancer"
            )
        _, policy = clock_and_policy(config, attempts_max=1)
        reports = ZoneReports(gateway_client("dynamodb", config), policy)
        return that_are_reported(reports)
    timeout_s = config.setting("fleet_check_timeout_ms") / 1000
    return that_do_not_answer(
        lambda instance_id, droplet: instance_answers(
            instance_id,
            address=instance_address(droplet),
            port=config.managed_port,
            timeout_s=timeout_s,
        )
    )


def _poller(
    config: ActorConfig,
    policy: CallPolicy,
    clock: Clock,
    *,
    source: Source,
    design: PollerDesign,
) -> SourcePoller:
    source.prepare()
    levers = wire_levers(config, policy, clock)
    return SourcePoller(
        name=config.actor,
        source=source,
        design=design,
        batches=lambda: levers.now().invocations.poller_batches,
        cloudwatch=gateway_client("cloudwatch", config),
        clock=clock,
    )
