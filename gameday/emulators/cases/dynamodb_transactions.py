"""Does a DynamoDB transaction apply whole, or not at all, and once for its token?"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from gameday.emulators.cases.dynamodb_calls import (
    CONDITION_FAILED,
    adding,
    check,
    counted,
    put,
    put_line,
    reasons,
    transact,
)
from gameday.emulators.cases.sources import TRANSACT_WRITE
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = ["CASES", "REPLAYED_TOKEN", "TOKEN_MISMATCH"]

GROUP = "DynamoDB: transactions"
CANCELLED = "TransactionCanceledException"
LINES_MAX = 100


def _play_applied(ground: Ground) -> str:
    put(ground, "there", 1)
    reply = transact(
        ground,
        check(ground, "there"),
        put_line(ground, "whole-1", 1),
        put_line(ground, "whole-2", 1),
    )
    if not reply.ok:
        return told(reply)
    found = [ground.count_of("whole-1"), ground.count_of("whole-2")]
    return "" if found == ["1", "1"] else f"the items hold {found}"


def _play_cancelled(ground: Ground) -> str:
    reply = transact(
        ground,
        put_line(ground, "half-1", 1),
        check(ground, "not-there"),
        put_line(ground, "half-2", 1),
    )
    if ground.item("half-1") or ground.item("half-2"):
        return "a part of the cancelled transaction stayed"
    return refusal(reply, code=CANCELLED)


def _play_reasons(ground: Ground) -> str:
    put(ground, "reason", 1)
    in_the_way = check(
        ground,
        "reason",
        {
            "ConditionExpression": "n = :n",
            "ExpressionAttributeValues": {":n": {"N": "2"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )
    reply = transact(ground, put_line(ground, "unharmed", 1), in_the_way)
    found = reasons(reply)
    codes = [each.get("Code", "None") for each in found]
    if codes != ["None", CONDITION_FAILED]:
        return told(reply)
    if found[1].get("Item") != counted("reason", 1):
        return f"no item: {told(reply)}"
    return refusal(reply, code=CANCELLED)


def _play_same_item(ground: Ground) -> str:
    reply = transact(
        ground, put_line(ground, "same", 1), {"Update": adding(ground, "same", 1)}
    )
    return refusal(reply, code="ValidationException")


def _play_hundred(ground: Ground) -> str:
    reply = _put_many(ground, LINES_MAX)
    if not reply.ok:
        return told(reply)
    last = ground.count_of(f"line-{LINES_MAX - 1}")
    return "" if last == "1" else "the last item is not there"


def _play_too_many(ground: Ground) -> str:
    reply = _put_many(ground, LINES_MAX + 1)
    return refusal(reply, code="ValidationException")


def _put_many(ground: Ground, count: int) -> PlainReply:
    lines = (put_line(ground, f"line-{place}", 1) for place in range(count))
    return transact(ground, *lines)


def _play_replayed_token(ground: Ground) -> str:
    token = uuid.uuid4().hex
    for _ in range(2):
        reply = _add(ground, "counter", 1, token)
        if not reply.ok:
            return told(reply)
    count = ground.count_of("counter")
    return "" if count == "1" else f"it was applied {count} times"


def _play_token_mismatch(ground: Ground) -> str:
    token = uuid.uuid4().hex
    _add(ground, "other", 1, token)
    reply = _add(ground, "other", 5, token)
    if ground.count_of("other") != "1":
        return "the other request was applied too"
    return refusal(reply, code="IdempotentParameterMismatch")


def _play_token_after_failure(ground: Ground) -> str:
    token = uuid.uuid4().hex
    transact(ground, check(ground, "later"), token=token)
    put(ground, "later", 1)
    reply = transact(ground, check(ground, "later"), token=token)
    return "" if reply.ok else told(reply)


def _add(ground: Ground, pk: str, number: int, token: str) -> PlainReply:
    return transact(ground, {"Update": adding(ground, pk, number)}, token=token)


REPLAYED_TOKEN = Case(
    name="replayed-token",
    group=GROUP,
    expected="A replayed ClientRequestToken applies once",
    source=TRANSACT_WRITE,
    play=_play_replayed_token,
)
TOKEN_MISMATCH = Case(
    name="token-mismatch",
    group=GROUP,
    expected="The same token with another request is refused",
    source=TRANSACT_WRITE,
    play=_play_token_mismatch,
)

CASES: tuple[Case, ...] = (
    Case(
        name="transaction-applied",
        group=GROUP,
        expected="A transaction whose conditions hold applies whole",
        source=TRANSACT_WRITE,
        play=_play_applied,
    ),
    Case(
        name="transaction-cancelled",
        group=GROUP,
        expected="A transaction with one false condition changes nothing",
        source=TRANSACT_WRITE,
        play=_play_cancelled,
    ),
    Case(
        name="cancellation-reasons",
        group=GROUP,
        expected="A cancellation tells the reason of each line, with ALL_OLD's item",
        source=TRANSACT_WRITE,
        play=_play_reasons,
    ),
    Case(
        name="same-item-twice",
        group=GROUP,
        expected="A transaction that names one item twice is refused",
        source=TRANSACT_WRITE,
        relied_on=False,
        play=_play_same_item,
    ),
    Case(
        name="hundred-lines",
        group=GROUP,
        expected="A transaction of 100 items is accepted",
        source=TRANSACT_WRITE,
        relied_on=False,
        play=_play_hundred,
    ),
    Case(
        name="too-many-lines",
        group=GROUP,
        expected="A transaction of 101 items is refused",
        source=TRANSACT_WRITE,
        relied_on=False,
        play=_play_too_many,
    ),
    REPLAYED_TOKEN,
    TOKEN_MISMATCH,
    Case(
        name="token-after-failure",
        group=GROUP,
        expected="A token whose transaction was cancelled may be tried again",
        source=TRANSACT_WRITE,
        relied_on=False,
        play=_play_token_after_failure,
    ),
)
