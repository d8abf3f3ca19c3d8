"""What the guard does to calls of DynamoDB, with the emulator's part played here."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from gameday.edge.call import Call
from gameday.edge.emulator import ReplyLost
from gameday.edge.error_reply import Reply
from gameday.edge.table_guard import TableGuard
from gameday.model.idempotency import WINDOW_MS

DEADLINE_S = 5.0
DONE = Reply(status=200, body=b'{"ConsumedCapacity": []}')
CANCELLED = Reply(status=400, body=b'{"__type": "TransactionCanceledException"}')


class Emulator:
    """Counts what reaches it, and never has two calls on one table at once."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = list(replies)
        self.reached = 0
        self.most_at_once = 0
        self._inside = 0

    async def send(self) -> Reply:
        self.reached += 1
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        await asyncio.sleep(0)
        self._inside -= 1
        reply = self._replies.pop(0) if self._replies else DONE
        if isinstance(reply, Exception):
            raise reply
        return reply


def transaction(token: str = "", *, number: int = 1, region: str = "us-east-1") -> Call:
    item = {"pk": {"S": "a"}, "n": {"N": str(number)}}
    parameters: dict[str, Any] = {
        "TransactItems": [{"Put": {"TableName": "t", "Item": item}}]
    }
    if token:
        parameters["ClientRequestToken"] = token
    return Call(
        actor="planner",
        region=region,
        service="dynamodb",
        operation="TransactWriteItems",
        via="gateway",
        protocol="json",
        parameters=parameters,
        writes=("dynamodb:t/a",),
    )


def put(pk: str, **more: Any) -> Call:
    return Call(
        actor="planner",
        region="us-east-1",
        service="dynamodb",
        operation="PutItem",
        via="gateway",
        protocol="json",
        parameters={"TableName": "t", "Item": {"pk": {"S": pk}}, **more},
        writes=(f"dynamodb:t/{pk}",),
    )


def answers(
    guard: TableGuard, emulator: Emulator, *calls: Call
) -> list[Reply | BaseException]:
    """Answer all the calls at the same time."""

    async def run() -> list[Reply | BaseException]:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.gather(
                *(guard.answer(call, emulator.send) for call in calls),
                return_exceptions=True,
            )

    return asyncio.run(run())


def code_of(reply: Reply | BaseException) -> str:
    assert isinstance(reply, Reply)
    return str(json.loads(reply.body).get("__type", "")).rpartition("#")[2]


def test_replays_that_come_together_reach_the_emulator_once():
    emulator = Emulator()

    replies = answers(TableGuard(), emulator, *[transaction("token")] * 8)

    assert emulator.reached == 1
    assert [each.body for each in replies if isinstance(each, Reply)] == [DONE.body] * 8


def test_a_token_stands_for_one_request_within_its_region():
    emulator = Emulator()
    guard = TableGuard()

    answers(guard, emulator, transaction("token"))
    other, elsewhere = answers(
        guard,
        emulator,
        transaction("token", number=2),
        transaction("token", number=2, region="eu-west-1"),
    )

    assert code_of(other) == "IdempotentParameterMismatchException"
    assert code_of(elsewhere) == ""
    assert emulator.reached == 2


def test_what_did_not_take_effect_may_be_tried_again_under_its_token():
    emulator = Emulator(CANCELLED, ReplyLost("gone"))
    guard = TableGuard()

    first = answers(guard, emulator, transaction("token"))
    second = answers(guard, emulator, transaction("token"))
    third = answers(guard, emulator, transaction("token"))

    assert first == [CANCELLED]
    assert isinstance(second[0], ReplyLost)
    assert third == [DONE]
    assert emulator.reached == 3


def test_a_token_is_forgotten_after_ten_minutes():
    now_ns = 0
    emulator = Emulator()
    guard = TableGuard(now_ns=lambda: now_ns)

    answers(guard, emulator, transaction("token"))
    now_ns = WINDOW_MS * 1_000_000
    answers(guard, emulator, transaction("token"))

    assert emulator.reached == 2


def test_a_transaction_is_alone_and_writes_to_different_items_are_not():
    alone = Emulator()
    answers(TableGuard(), alone, *[transaction(), put("b"), put("c")] * 4)
    beside = Emulator()
    answers(TableGuard(), beside, *[put(pk) for pk in "bcde"])
    same = Emulator()
    answers(TableGuard(), same, *[put("b") for _ in range(4)])

    assert alone.most_at_once == 2
    assert beside.most_at_once == 4
    assert same.most_at_once == 1


def test_what_dynamodb_would_not_read_never_reaches_the_emulator():
    emulator = Emulator()

    (reply,) = answers(
        TableGuard(), emulator, put("a", ExpressionAttributeValues={":v": {"N": "1"}})
    )

    assert code_of(reply) == "ValidationException"
    assert emulator.reached == 0
