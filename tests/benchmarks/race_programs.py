"""The race of October 2025 in plain boto3, for gameday and for its peers alike.

A planner publishes plans 2 and 3, each by three calls. An enactor takes the newest
plan, checks once that it is newer than what is live, points the endpoint at it, and
deletes what belongs to older plans. With `locked`, an enactor does all of it under a
lock that it takes by a conditional write, and leaves the work to whoever holds it.

Nothing here knows how the order of the calls is chosen: whoever searches passes the
clients. At the end the endpoint must have an address.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

TABLE = "plans"
ZONE = "race.test."
ENDPOINT = f"api.{ZONE}"
PLANS = (2, 3)
TTL_S = 5


def clients() -> tuple[Any, Any]:
    """Return a DynamoDB and a Route 53 client."""
    made = [
        boto3.client(
            service,
            region_name="us-east-1",
            aws_access_key_id="AKIARACE000000000001",
            aws_secret_access_key="x",  # noqa: S106 - nobody checks it
        )
        for service in ("dynamodb", "route53")
    ]
    return made[0], made[1]


def set_up(dynamodb: Any, route53: Any) -> str:
    """Make the table and the zone with plan 1 live; returns the zone's id."""
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
    )
    zone = route53.create_hosted_zone(Name=ZONE, CallerReference=ZONE)
    zone_id = str(zone["HostedZone"]["Id"]).rpartition("/")[2]
    publish(dynamodb, route53, zone_id, 1)
    change(route53, zone_id, "CREATE", endpoint_record(1))
    return zone_id


def plan_twice(dynamodb: Any, route53: Any, zone_id: str) -> None:
    """Be the planner."""
    for number in PLANS:
        publish(dynamodb, route53, zone_id, number)


def enact(dynamodb: Any, route53: Any, zone_id: str, *, locked: bool) -> None:
    """Be an enactor that works once."""
    if not locked:
        enact_newest(dynamodb, route53, zone_id)
        return
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=key("lock"),
            ConditionExpression="attribute_not_exists(kind)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return
    enact_newest(dynamodb, route53, zone_id)
    dynamodb.delete_item(TableName=TABLE, Key=key("lock"))


def enact_newest(dynamodb: Any, route53: Any, zone_id: str) -> None:
    """Take the newest plan to the endpoint and clean up behind it."""
    latest = get(dynamodb, key("latest"))
    number = int(latest["plan"]["N"])
    if get(dynamodb, key("plan", number)) is None:
        return
    if live_plan(route53, zone_id) >= number:
        return
    change(route53, zone_id, "UPSERT", endpoint_record(number))
    plans = dynamodb.query(
        TableName=TABLE,
        ConsistentRead=True,
        KeyConditionExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "plan"}},
    )["Items"]
    for plan in plans:
        older = int(plan["number"]["N"])
        if older < number:
            delete_plan(dynamodb, route53, zone_id, older)


def delete_plan(dynamodb: Any, route53: Any, zone_id: str, number: int) -> None:
    """Delete a plan's address and the plan; somebody else may have done so."""
    try:
        change(route53, zone_id, "DELETE", plan_record(number))
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidChangeBatch":
            raise
    dynamodb.delete_item(TableName=TABLE, Key=key("plan", number))


def publish(dynamodb: Any, route53: Any, zone_id: str, number: int) -> None:
    """Write a plan's address, the plan, and that it is the newest."""
    change(route53, zone_id, "UPSERT", plan_record(number))
    dynamodb.put_item(TableName=TABLE, Item=key("plan", number))
    newest = {**key("latest"), "plan": {"N": str(number)}}
    dynamodb.put_item(TableName=TABLE, Item=newest)


def live_plan(route53: Any, zone_id: str) -> int:
    """Return the number of the plan that the endpoint points at."""
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone_id,
        StartRecordName=ENDPOINT,
        StartRecordType="CNAME",
        MaxItems="1",
    )["ResourceRecordSets"]
    target = str(listed[0]["ResourceRecords"][0]["Value"])
    return int(target.partition(".")[0].removeprefix("plan-"))


def has_address(route53: Any, zone_id: str) -> bool:
    """Answer whether the endpoint leads to an address."""
    listed = route53.list_resource_record_sets(HostedZoneId=zone_id)
    values = {
        (each["Name"], each["Type"]): each["ResourceRecords"][0]["Value"]
        for each in listed["ResourceRecordSets"]
    }
    return (values[ENDPOINT, "CNAME"], "A") in values


def endpoint_record(number: int) -> dict[str, Any]:
    """Return the endpoint's record set when it points at a plan."""
    return record(ENDPOINT, "CNAME", f"plan-{number}.{ZONE}")


def plan_record(number: int) -> dict[str, Any]:
    """Return the record set of a plan's address."""
    return record(f"plan-{number}.{ZONE}", "A", f"127.0.10.{number}")


def record(name: str, kind: str, value: str) -> dict[str, Any]:
    """Return a record set of one value."""
    return {
        "Name": name,
        "Type": kind,
        "TTL": TTL_S,
        "ResourceRecords": [{"Value": value}],
    }


def change(route53: Any, zone_id: str, action: str, record_set: Any) -> None:
    """Change one record set."""
    route53.change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record_set}]},
    )


def get(dynamodb: Any, item_key: Any) -> Any:
    """Return an item, None when there is none."""
    found = dynamodb.get_item(TableName=TABLE, Key=item_key, ConsistentRead=True)
    return found.get("Item")


def key(kind: str, number: int = 0) -> dict[str, Any]:
    """Return the key of an item."""
    return {"kind": {"S": kind}, "number": {"N": str(number)}}
