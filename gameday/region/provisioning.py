"""What must exist in AWS before the region's programs can start?

One hosted zone an endpoint, and the tables that the region file names. It is
what infrastructure as code would have made years ago; the programs never
create it.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.aws.zones import Zones
from gameday.clock import Clock, SystemClock

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig, Table

__all__ = ["provision"]


def provision(
    config: ActorConfig, *, access_key: str | None = None, clock: Clock | None = None
) -> dict[str, str]:
    """Create the zones and tables of a region; return endpoint -> bare zone id.

    Raises botocore's ClientError when something already exists: a stage starts
    from an empty emulator.
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
            policy.write(dynamodb.create_table, **_table_request(table))
    zones = Zones(client("route53", caller), policy)
    return {
        endpoint: zones.create(endpoint, reference=f"{endpoint}-{clock.now_ms()}")
        for endpoint in sorted(config.endpoints)
    }


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
