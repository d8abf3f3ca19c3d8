"""How are the DynamoDB calls of the cases written, briefly?

Requests as DynamoDB's own JSON, every item keyed by `pk` and counted by `n`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gameday.emulators.contract_ground import item_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainCalls, PlainReply

__all__ = [
    "ALL_OLD",
    "CONDITION_FAILED",
    "IF_NEW",
    "adding",
    "check",
    "counted",
    "put",
    "put_line",
    "reasons",
    "swap",
    "swap_line",
    "transact",
]

CONDITION_FAILED = "ConditionalCheckFailed"
IF_NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
"""For `put`: only where there is no such item yet."""

ALL_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
"""For `put` and `swap`: a refusal is to hand out the item in its way."""


def counted(pk: str, number: int) -> dict[str, Any]:
    """Return an item."""
    return {**item_key(pk), "n": {"N": str(number)}}


def put(
    ground: Ground,
    pk: str,
    number: int,
    *,
    by: PlainCalls | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> PlainReply:
    """Put an item; `more` is e.g. {"ConditionExpression": ...}."""
    request = {"TableName": ground.table, "Item": counted(pk, number), **more}
    return (by or ground.calls).dynamodb("PutItem", request)


def swap_line(ground: Ground, pk: str, old: int, new: int) -> dict[str, Any]:
    """Return an update from one count to another, as UpdateItem takes it."""
    return {
        "TableName": ground.table,
        "Key": item_key(pk),
        "UpdateExpression": "SET n = :new",
        "ConditionExpression": "n = :old",
        "ExpressionAttributeValues": {":new": {"N": str(new)}, ":old": {"N": str(old)}},
    }


def swap(
    ground: Ground,
    pk: str,
    old: int,
    new: int,
    *,
    by: PlainCalls | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> PlainReply:
    """Change the count of an item that has `old`."""
    request = {**swap_line(ground, pk, old, new), **more}
    return (by or ground.calls).dynamodb("UpdateItem", request)


def adding(ground: Ground, pk: str, number: int) -> dict[str, Any]:
    """Return an update that adds to the count, as UpdateItem takes it."""
    return {
        "TableName": ground.table,
        "Key": item_key(pk),
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": str(number)}},
    }


def put_line(ground: Ground, pk: str, number: int) -> dict[str, Any]:
    """Return a put as one line of a transaction."""
    return {"Put": {"TableName": ground.table, "Item": counted(pk, number)}}


def check(
    ground: Ground, pk: str, more: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return a line of a transaction that fails unless the item exists."""
    return {
        "ConditionCheck": {
            "TableName": ground.table,
            "Key": item_key(pk),
            "ConditionExpression": "attribute_exists(pk)",
            **more,
        }
    }


def transact(
    ground: Ground,
    *lines: dict[str, Any],
    by: PlainCalls | None = None,
    token: str = "",
) -> PlainReply:
    """Submit a TransactWriteItems."""
    request: dict[str, Any] = {"TransactItems": list(lines)}
    if token:
        request["ClientRequestToken"] = token
    return (by or ground.calls).dynamodb("TransactWriteItems", request)


def reasons(reply: PlainReply) -> list[dict[str, Any]]:
    """Return the cancellation reasons of a transaction, one a line."""
    found = reply.parsed.get("CancellationReasons")
    return [dict(each) for each in found] if isinstance(found, list) else []
