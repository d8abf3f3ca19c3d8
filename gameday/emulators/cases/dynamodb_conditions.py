"""What does DynamoDB do with a condition that is false?

It changes nothing and says so, and hands out the item that stood in the way if
it is asked to. Leases and plans are guarded by nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.emulators.cases.dynamodb_calls import ALL_OLD, IF_NEW, counted, put, swap
from gameday.emulators.cases.sources import (
    CONDITION_ERRORS,
    CONDITIONS,
    QUERY,
    READ_CONSISTENCY,
)
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import item_key, refusal, told

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = ["CASES", "FALSE_CONDITION"]

GROUP = "DynamoDB: conditions and reads"
FAILED = "ConditionalCheckFailedException"

PLANS: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
READS = 20


def _play_false_condition(ground: Ground) -> str:
    put(ground, "once", 1, more=IF_NEW)
    reply = put(ground, "once", 2, more=IF_NEW)
    if ground.count_of("once") != "1":
        return "the second put took effect"
    return refusal(reply, code=FAILED)


def _play_version(ground: Ground) -> str:
    put(ground, "version", 1)
    current = swap(ground, "version", 1, 2)
    if not current.ok:
        return f"the current version: {told(current)}"
    stale = swap(ground, "version", 1, 3)
    if ground.count_of("version") != "2":
        return f"after a stale update the version is {ground.count_of('version')}"
    return refusal(stale, code=FAILED)


def _play_conditional_delete(ground: Ground) -> str:
    put(ground, "deleted", 1)
    request = {
        "TableName": ground.table,
        "Key": item_key("deleted"),
        "ConditionExpression": "n = :n",
        "ExpressionAttributeValues": {":n": {"N": "2"}},
    }
    reply = ground.calls.dynamodb("DeleteItem", request)
    if not ground.item("deleted"):
        return "the item is gone"
    return refusal(reply, code=FAILED)


def _play_old_of_put(ground: Ground) -> str:
    put(ground, "old-put", 1)
    reply = put(ground, "old-put", 2, more=IF_NEW | ALL_OLD)
    return _has_item(reply, counted("old-put", 1))


def _play_old_of_update(ground: Ground) -> str:
    put(ground, "old-update", 1)
    reply = swap(ground, "old-update", 7, 8, more=ALL_OLD)
    return _has_item(reply, counted("old-update", 1))


def _play_old_unasked(ground: Ground) -> str:
    put(ground, "old-unasked", 1)
    reply = put(ground, "old-unasked", 2, more=IF_NEW)
    return told(reply) if reply.parsed.get("Item") else refusal(reply, code=FAILED)


def _has_item(reply: PlainReply, item: dict[str, Any]) -> str:
    if not reply.says(FAILED):
        return told(reply)
    return "" if reply.parsed.get("Item") == item else f"no item: {told(reply)}"


def _play_newest_first(ground: Ground) -> str:
    with ground.another_table(PLANS) as table:
        for number in (9, 10, 111, 110):
            item = {**item_key("plans"), "sk": {"N": str(number)}}
            ground.calls.dynamodb("PutItem", {"TableName": table, "Item": item})
        request = {
            "TableName": table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "plans"}},
            "ScanIndexForward": False,
            "Limit": 1,
            "ConsistentRead": True,
        }
        found: list[str] = []
        reply = ground.calls.dynamodb("Query", request)
        for _ in range(READS):
            found += [item["sk"]["N"] for item in reply.parsed.get("Items", ())]
            following = reply.parsed.get("LastEvaluatedKey")
            if not following:
                break
            request["ExclusiveStartKey"] = following
            reply = ground.calls.dynamodb("Query", request)
    if not reply.ok:
        return told(reply)
    return "" if found == ["111", "110", "10", "9"] else f"the pages are {found}"


def _play_consistent_read(ground: Ground) -> str:
    with ground.calls.another() as writer:
        for number in range(READS):
            put(ground, "read", number, by=writer)
            found = ground.count_of("read")
            if found != str(number):
                return f"after {number} was acknowledged a read returned {found!r}"
    return ""


FALSE_CONDITION = Case(
    name="false-condition",
    group=GROUP,
    expected="A conditional put whose condition is false is refused",
    source=CONDITIONS,
    play=_play_false_condition,
)

CASES: tuple[Case, ...] = (
    FALSE_CONDITION,
    Case(
        name="version-condition",
        group=GROUP,
        expected="An update on a superseded version is refused",
        source=CONDITIONS,
        play=_play_version,
    ),
    Case(
        name="conditional-delete",
        group=GROUP,
        expected="A conditional delete whose condition is false is refused",
        source=CONDITIONS,
        play=_play_conditional_delete,
    ),
    Case(
        name="old-item-of-put",
        group=GROUP,
        expected="A refused put returns the item in its way when asked (ALL_OLD)",
        source=CONDITION_ERRORS,
        play=_play_old_of_put,
    ),
    Case(
        name="old-item-of-update",
        group=GROUP,
        expected="A refused update returns the item in its way when asked (ALL_OLD)",
        source=CONDITION_ERRORS,
        play=_play_old_of_update,
    ),
    Case(
        name="old-item-unasked",
        group=GROUP,
        expected="A refused put returns no item when not asked",
        source=CONDITION_ERRORS,
        relied_on=False,
        play=_play_old_unasked,
    ),
    Case(
        name="query-newest-first",
        group=GROUP,
        expected="Query backwards with a limit returns the highest first, page by page",
        source=QUERY,
        play=_play_newest_first,
    ),
    Case(
        name="consistent-read",
        group=GROUP,
        expected="A consistent read returns every acknowledged write",
        source=READ_CONSISTENCY,
        play=_play_consistent_read,
    ),
)
