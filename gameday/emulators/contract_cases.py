"""Which promises of AWS does a verdict rest on, and how is each tried?

A case does what AWS documents, then looks at what is there: the state decides,
not the reply alone. It returns what differs, "" when nothing does.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.emulators.contract_ground import item_key, told
from gameday.model.zone import Action, AliasTarget, RecordSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = ["CASES", "Case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One promise and how it is tried.

    Attributes:
        name: short, stable, for tables and messages.
        expected: what AWS does, a sentence without its full stop.
        play: returns what differs, "" when nothing does.
    """

    name: str
    expected: str
    play: Callable[[Ground], str]


def _play_swap(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("swap", "1")))
    reply = _swap(ground, "1", "2")
    if not reply.ok:
        return f"a current swap was refused: {told(reply)}"
    reply = _swap(ground, "2", "1")
    if not reply.ok:
        return f"swapping back to an earlier value was refused: {told(reply)}"
    return ""


def _play_stale_swap(ground: Ground) -> str:
    ground.change((Action.UPSERT, ground.text("swap", "3")))
    reply = _swap(ground, "1", "4")
    if ground.values("swap") != [('"3"',)]:
        return f"the stale swap took effect: {ground.values('swap')}"
    return "" if reply.says("InvalidChangeBatch") else told(reply)


def _swap(ground: Ground, old: str, new: str) -> PlainReply:
    return ground.change(
        (Action.DELETE, ground.text("swap", old)),
        (Action.CREATE, ground.text("swap", new)),
    )


def _play_create_existing(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("once", "1")))
    reply = ground.change((Action.CREATE, ground.text("once", "2")))
    if ground.values("once") != [('"1"',)]:
        return f"the name holds {ground.values('once')}"
    return "" if reply.says("InvalidChangeBatch") else told(reply)


def _play_failed_batch(ground: Ground) -> str:
    outside = RecordSet(
        name="outside.invalid.", type="A", ttl_s=1, values=("127.0.0.1",)
    )
    reply = ground.change(
        (Action.CREATE, ground.text("half", "1")), (Action.CREATE, outside)
    )
    if reply.ok:
        return "a name outside the zone was accepted"
    if ground.values("half"):
        return "the first change of the refused batch stayed"
    return "" if reply.says("InvalidChangeBatch") else told(reply)


def _play_weighted_delete(ground: Ground) -> str:
    names = ("tree-1", "tree-2")
    ground.change(*((Action.CREATE, ground.weighted(name, "lb-1")) for name in names))
    reply = ground.change((Action.DELETE, ground.weighted("tree-1", "lb-1")))
    if not ground.values("tree-2"):
        return "the set of another name with the same identifier went too"
    return "" if reply.ok and not ground.values("tree-1") else told(reply)


def _play_missing_target(ground: Ground) -> str:
    alias = RecordSet(
        name=ground.below("alias"),
        type="A",
        alias=AliasTarget(zone_id=ground.zone_id, name=ground.below("nowhere")),
    )
    reply = ground.change((Action.CREATE, alias))
    return "" if reply.says("InvalidChangeBatch") else told(reply)


def _play_false_condition(ground: Ground) -> str:
    for number in ("1", "2"):
        reply = ground.calls.dynamodb(
            "PutItem",
            {
                "TableName": ground.table,
                "Item": {**item_key("once"), "n": {"N": number}},
                "ConditionExpression": "attribute_not_exists(pk)",
            },
        )
    if ground.count_of("once") != "1":
        return "the second put took effect"
    return "" if reply.says("ConditionalCheckFailedException") else told(reply)


def _play_replayed_token(ground: Ground) -> str:
    token = uuid.uuid4().hex
    for _ in range(2):
        reply = _add(ground, "1", token)
        if not reply.ok:
            return told(reply)
    if ground.count_of("counter") != "1":
        return f"it was applied {ground.count_of('counter')} times"
    reply = _add(ground, "5", token)
    if reply.says("IdempotentParameterMismatch"):
        return ""
    return f"the same token with another request: {told(reply)}"


def _add(ground: Ground, number: str, token: str) -> PlainReply:
    update = {
        "TableName": ground.table,
        "Key": item_key("counter"),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": number}},
    }
    return ground.calls.dynamodb(
        "TransactWriteItems",
        {"TransactItems": [{"Update": update}], "ClientRequestToken": token},
    )


CASES: tuple[Case, ...] = (
    Case(
        name="swap",
        expected="DELETE of the current value with CREATE of another is accepted",
        play=_play_swap,
    ),
    Case(
        name="stale-swap",
        expected="DELETE of a superseded value with CREATE of another is refused",
        play=_play_stale_swap,
    ),
    Case(
        name="create-existing",
        expected="CREATE over an existing record set is refused",
        play=_play_create_existing,
    ),
    Case(
        name="failed-batch",
        expected="A batch with one bad change changes nothing",
        play=_play_failed_batch,
    ),
    Case(
        name="weighted-delete",
        expected="DELETE of one weighted set leaves the other names alone",
        play=_play_weighted_delete,
    ),
    Case(
        name="missing-target",
        expected="An alias to a record set that does not exist is refused",
        play=_play_missing_target,
    ),
    Case(
        name="false-condition",
        expected="A conditional put whose condition is false is refused",
        play=_play_false_condition,
    ),
    Case(
        name="replayed-token",
        expected="A replayed ClientRequestToken applies once",
        play=_play_replayed_token,
    ),
)
"""Every promise, in the order in which they are tried."""
