"""What must exist in AWS before the region's programs can start?

One hosted zone an endpoint and one for the load balancer, the tables and queues that
the region file names, and, where there is a table of placements, the image that
instances are launched from. It is what infrastructure as code would have made years
ago; the programs never create it.

A region whose enactors reach their plans through the endpoint they maintain
cannot start by itself: the first plan and its trees are installed by hand.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.instances import PLACEMENTS_TABLE, Instances
from gameday.aws.plan_store import PlanStore
from gameday.aws.retries import CallPolicy, error_code
from gameday.aws.sessions import Caller, client
from gameday.aws.zones import Zones
from gameday.clock import Clock, SystemClock
from gameday.model.enactment import install_changes
from gameday.model.plan import Generation, Plan, Weights

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig, Queue, Table

__all__ = ["provision"]

_FIRST_WEIGHT = 100
_FIRST_EC2_CALL_S = 30.0
"""An emulator loads its catalogue of images and types first; nobody else waits yet."""

_NO_SUCH_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def provision(
    config: ActorConfig, *, access_key: str | None = None, clock: Clock | None = None
) -> dict[str, str]:
    """Create what a region needs; return the bare id of each endpoint's zone.

    What an earlier stage left on an emulator that outlived it is replaced:
    tables, queues and zones of the same names, and nothing else.
    """
    clock = clock or SystemClock()
    policy = CallPolicy(clock=clock, random=Random(config.seed))
    caller = Caller(
        access_key=access_key,
        endpoint_url=config.gateway_url,
        region=config.aws_region,
    )
    if config.tables:
        dynamodb = client("dynamodb", caller)
        for table in config.tables:
            _create_afresh(dynamodb, policy, table)
            for replica in table.replicas:
                there = client("dynamodb", replace(caller, region=replica))
                _create_afresh(there, policy, table)
        if PLACEMENTS_TABLE in {table.name for table in config.tables}:
            ec2 = client("ec2", caller, read_timeout_s=_FIRST_EC2_CALL_S)
            Instances(ec2=ec2, dynamodb=dynamodb, policy=policy).prepare()
    if config.queues:
        sqs = client("sqs", caller)
        for queue in config.queues:
            _create_queue_afresh(sqs, policy, queue)
    zones = Zones(client("route53", caller), policy)
    for endpoint in config.endpoints:
        zones.remove(endpoint)
    created = {
        endpoint: zones.create(endpoint, reference=f"{endpoint}-{clock.now_ms()}")
        for endpoint in sorted(config.endpoints)
    }
    if config.balancer:
        zones.remove(config.balancer.name)
        zones.create(
            config.balancer.name, reference=f"{config.balancer.name}-{clock.now_ms()}"
        )
    if config.settings.get("plan_store_through_endpoint"):
        plans = PlanStore(client("dynamodb", caller), policy, region=config.aws_region)
        _install_first_plan(config, plans, zones)
    return created


def _install_first_plan(config: ActorConfig, plans: PlanStore, zones: Zones) -> None:
    addresses = {each.name: each.address for each in config.load_balancers}
    shares = tuple((name, _FIRST_WEIGHT) for name in sorted(addresses))
    plan = Plan(
        generation=Generation(1),
        endpoints=tuple(
            Weights(endpoint=endpoint, shares=shares) for endpoint in config.endpoints
        ),
        made_by="operator",
    )
    plans.write(plan)
    for weights in plan.endpoints:
        changes = install_changes(
            weights,
            plan.generation,
            addresses=addresses,
            zone_id=zones.zone_id(weights.endpoint),
            ttl_s=config.record_ttl_s,
        )
        zones.change(weights.endpoint, changes)


def _create_afresh(dynamodb: Any, policy: CallPolicy, table: Table) -> None:
    request = _table_request(table)
    try:
        policy.write(dynamodb.create_table, **request)
    except ClientError as error:
        if error_code(error) != "ResourceInUseException":
            raise
        policy.write(dynamodb.delete_table, TableName=table.name)
        dynamodb.get_waiter("table_not_exists").wait(TableName=table.name)
        policy.write(dynamodb.create_table, **request)


def _create_queue_afresh(sqs: Any, policy: CallPolicy, queue: Queue) -> None:
    """Create the queue in place of what is left of an earlier one.

    AWS wants a minute between deleting a queue and creating it again; emulators do not.
    """
    try:
        url = policy.read(sqs.get_queue_url, QueueName=queue.name)["QueueUrl"]
        policy.write(sqs.delete_queue, QueueUrl=url)
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_QUEUE:
            raise
    attributes = {
        "VisibilityTimeout": queue.visibility_timeout_s,
        "MessageRetentionPeriod": queue.retention_s,
        "MaximumMessageSize": queue.message_bytes_max,
    }
    ordered = {"FifoQueue": "true"} if queue.name.endswith(".fifo") else {}
    policy.write(
        sqs.create_queue,
        QueueName=queue.name,
        Attributes={name: str(value) for name, value in attributes.items()} | ordered,
    )


def _table_request(table: Table) -> dict[str, Any]:
    keys = [(table.partition_key, "HASH")]
    if table.sort_key:
        keys.append((table.sort_key, "RANGE"))
    stream = {
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    }
    return (stream if table.replicas else {}) | {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": key.name, "AttributeType": key.type} for key, _ in keys
        ],
        "KeySchema": [
            {"AttributeName": key.name, "KeyType": role} for key, role in keys
        ],
    }
