"""What must exist in AWS before the region's programs can start?

One hosted zone an endpoint, the tables that the region file names, and, where there
is one of placements, the image that instances are launched from. It is
what infrastructure as code would have made years ago; the programs never
create it.

A region whose enactors reach their plans through the endpoint they maintain
cannot start by itself: the first plan and its trees are installed by hand.
"""

from __future__ import annotations

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
    from gameday.region.settings import ActorConfig, Table

__all__ = ["provision"]

_FIRST_WEIGHT = 100
_FIRST_EC2_CALL_S = 30.0
"""An emulator loads its catalogue of images and types first; nobody else waits yet."""


def provision(
    config: ActorConfig, *, access_key: str | None = None, clock: Clock | None = None
) -> dict[str, str]:
    """Create the zones and tables of a region; return endpoint -> bare zone id.

    What an earlier stage left on an emulator that outlived it is replaced:
    tables and zones of the same names, and nothing else.
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
        if PLACEMENTS_TABLE in {table.name for table in config.tables}:
            ec2 = client("ec2", caller, read_timeout_s=_FIRST_EC2_CALL_S)
            Instances(ec2=ec2, dynamodb=dynamodb, policy=policy).prepare()
    zones = Zones(client("route53", caller), policy)
    for endpoint in config.endpoints:
        zones.remove(endpoint)
    created = {
        endpoint: zones.create(endpoint, reference=f"{endpoint}-{clock.now_ms()}")
        for endpoint in sorted(config.endpoints)
    }
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


def _table_request(table: Table) -> dict[str, Any]:
    keys = [(table.partition_key, "HASH")]
    if table.sort_key:
        keys.append((table.sort_key, "RANGE"))
    return {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": key.name, "AttributeType": key.type} for key, _ in keys
        ],
        "KeySchema": [
            {"AttributeName": key.name, "KeyType": role} for key, role in keys
        ],
    }
