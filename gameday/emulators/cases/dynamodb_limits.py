"""What is too much for DynamoDB, and which features does a table have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.emulators.cases.dynamodb_calls import counted
from gameday.emulators.cases.sources import CONDITIONS, DYNAMODB_LIMITS
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import item_key, refusal, told

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = ["CASES"]

GROUP = "DynamoDB: limits and tables"

ITEM_BYTES_MAX = 409_600
BATCH_LINES_MAX = 25
NUMBER_DIGITS_MAX = 38
UNITS_TRIED = 6
UNIT_BYTES = 100_000
INVALID = "ValidationException"

INDEXED: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "owner", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-owner",
            "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {
        "StreamEnabled": True,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
}
PROVISIONED: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
}


def _play_largest_item(ground: Ground) -> str:
    reply = _put_sized(ground, ITEM_BYTES_MAX)
    return "" if reply.ok else told(reply)


def _play_too_large(ground: Ground) -> str:
    return refusal(_put_sized(ground, ITEM_BYTES_MAX + 1), code=INVALID)


def _put_sized(ground: Ground, size_bytes: int) -> PlainReply:
    """Put an item whose names and values have so many bytes together."""
    rest = size_bytes - len("pk") - len("large") - len("d")
    item = {**item_key("large"), "d": {"S": "x" * rest}}
    return ground.calls.dynamodb("PutItem", {"TableName": ground.table, "Item": item})


def _play_unused_value(ground: Ground) -> str:
    request = {
        "TableName": ground.table,
        "Item": counted("unused", 1),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ExpressionAttributeValues": {":never": {"N": "1"}},
    }
    return refusal(ground.calls.dynamodb("PutItem", request), code=INVALID)


def _play_long_number(ground: Ground) -> str:
    item = {**item_key("number"), "n": {"N": "1" * (NUMBER_DIGITS_MAX + 1)}}
    request = {"TableName": ground.table, "Item": item}
    return refusal(ground.calls.dynamodb("PutItem", request), code=INVALID)


def _play_batch_write(ground: Ground) -> str:
    lines = [
        {"PutRequest": {"Item": counted(f"batch-{place}", 1)}}
        for place in range(BATCH_LINES_MAX + 1)
    ]
    request = {"RequestItems": {ground.table: lines}}
    return refusal(ground.calls.dynamodb("BatchWriteItem", request), code=INVALID)


def _play_throughput(ground: Ground) -> str:
    """300 s of unused capacity may be spent at once; this asks for twice that."""
    with ground.another_table(PROVISIONED) as table:
        item = {**item_key("heavy"), "d": {"S": "x" * UNIT_BYTES}}
        for _ in range(UNITS_TRIED):
            request = {"TableName": table, "Item": item}
            reply = ground.calls.dynamodb("PutItem", request)
            if not reply.ok:
                return refusal(reply, code="ProvisionedThroughputExceeded")
    units = UNITS_TRIED * UNIT_BYTES // 1024
    return f"{units} write units at 1 unit/s were all accepted"


def _play_expiry(ground: Ground) -> str:
    specification = {"Enabled": True, "AttributeName": "until"}
    reply = ground.calls.dynamodb(
        "UpdateTimeToLive",
        {"TableName": ground.table, "TimeToLiveSpecification": specification},
    )
    if not reply.ok:
        return told(reply)
    asked = ground.calls.dynamodb("DescribeTimeToLive", {"TableName": ground.table})
    found = asked.parsed.get("TimeToLiveDescription", {})
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return "" if enabled and found.get("AttributeName") == "until" else told(asked)


def _play_index(ground: Ground) -> str:
    with ground.another_table(INDEXED) as table:
        for pk, owner in (("a", "x"), ("b", "y"), ("c", "x")):
            item = {**item_key(pk), "owner": {"S": owner}}
            ground.calls.dynamodb("PutItem", {"TableName": table, "Item": item})
        reply = ground.calls.dynamodb(
            "Query",
            {
                "TableName": table,
                "IndexName": "by-owner",
                "KeyConditionExpression": "#o = :o",
                "ExpressionAttributeNames": {"#o": "owner"},
                "ExpressionAttributeValues": {":o": {"S": "x"}},
            },
        )
    found = sorted(item["pk"]["S"] for item in reply.parsed.get("Items", ()))
    return "" if found == ["a", "c"] else told(reply)


def _play_stream(ground: Ground) -> str:
    with ground.another_table(INDEXED) as table:
        reply = ground.calls.dynamodb("DescribeTable", {"TableName": table})
    arn = reply.parsed.get("Table", {}).get("LatestStreamArn", "")
    return "" if "/stream/" in arn else told(reply)


def _play_backups(ground: Ground) -> str:
    reply = ground.calls.dynamodb(
        "DescribeContinuousBackups", {"TableName": ground.table}
    )
    return "" if "ContinuousBackupsDescription" in reply.parsed else told(reply)


CASES: tuple[Case, ...] = (
    Case(
        name="largest-item",
        group=GROUP,
        expected="An item of 409,600 bytes is accepted",
        source=DYNAMODB_LIMITS,
        relied_on=False,
        play=_play_largest_item,
    ),
    Case(
        name="too-large-item",
        group=GROUP,
        expected="An item of one byte more is refused",
        source=DYNAMODB_LIMITS,
        relied_on=False,
        play=_play_too_large,
    ),
    Case(
        name="unused-value",
        group=GROUP,
        expected="An expression value that no expression uses is refused",
        source=CONDITIONS,
        relied_on=False,
        play=_play_unused_value,
    ),
    Case(
        name="long-number",
        group=GROUP,
        expected="A number of 39 digits is refused",
        source=DYNAMODB_LIMITS,
        relied_on=False,
        play=_play_long_number,
    ),
    Case(
        name="batch-write-lines",
        group=GROUP,
        expected="A BatchWriteItem of 26 writes is refused",
        source=DYNAMODB_LIMITS,
        relied_on=False,
        play=_play_batch_write,
    ),
    Case(
        name="write-throughput",
        group=GROUP,
        expected="Writes beyond the provisioned units are throttled",
        source=DYNAMODB_LIMITS,
        relied_on=False,
        play=_play_throughput,
    ),
    Case(
        name="time-to-live",
        group=GROUP,
        expected="Time to live can be set and is described",
        source="DynamoDB API, UpdateTimeToLive",
        relied_on=False,
        play=_play_expiry,
    ),
    Case(
        name="global-index",
        group=GROUP,
        expected="A global secondary index answers queries",
        source="DynamoDB guide, global secondary indexes",
        relied_on=False,
        play=_play_index,
    ),
    Case(
        name="stream",
        group=GROUP,
        expected="A table made with a stream has one",
        source="DynamoDB API, CreateTable",
        relied_on=False,
        play=_play_stream,
    ),
    Case(
        name="point-in-time-recovery",
        group=GROUP,
        expected="Continuous backups are described",
        source="DynamoDB API, DescribeContinuousBackups",
        relied_on=False,
        play=_play_backups,
    ),
)
