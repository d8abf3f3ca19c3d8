"""What a write leaves behind it, whatever becomes of the write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from gameday.edge.call import Call
from gameday.edge.emulator import Emulator, NotSent, ReplyLost
from gameday.edge.error_reply import Reply
from gameday.edge.image_taking import ImageTaker
from gameday.edge.item_images import ItemImages
from gameday.edge.table_keys import TableKeys

SCOPE = "us-east-1 things"
LATER_NS = 1_000
OK = Reply(status=200, body=b"{}")


class Store:
    """An emulator of one item, which counts how often it is read."""

    def __init__(self) -> None:
        self.value = 0
        self.reads = 0
        self.status = 200

    async def send(self, *_: Any) -> Reply:
        self.reads += 1
        item = {"k": {"S": "a"}, "n": {"N": str(self.value)}}
        return Reply(status=self.status, body=json.dumps({"Item": item}).encode())


class Ground:
    """A taker of images in front of a store."""

    def __init__(self) -> None:
        self.now_ns = 1
        self.store = Store()
        self.images = ItemImages(lambda: self.now_ns)
        emulator = cast("Emulator", self.store)
        tables = TableKeys(emulator)
        tables.learn(
            "us-east-1",
            {
                "TableName": "things",
                "KeySchema": [{"KeyType": "HASH", "AttributeName": "k"}],
            },
        )
        self.taker = ImageTaker(images=self.images, emulator=emulator, tables=tables)

    async def write(
        self, send: Callable[[], Awaitable[Reply]], call: Call | None = None
    ) -> Reply:
        return await self.taker.around(call or put(), "AWS4", send)

    def past(self) -> list[str]:
        """The values that the item is said to have had at the beginning."""
        changed = self.images.changed_since(SCOPE, 1)
        return [str((before or {})["n"]["N"]) for _, before in changed.values()]


def put(**changes: Any) -> Call:
    fields: dict[str, Any] = {
        "actor": "planner",
        "region": "us-east-1",
        "service": "dynamodb",
        "operation": "PutItem",
        "via": "gateway",
        "parameters": {"TableName": "things", "Item": {"k": {"S": "a"}}},
        "writes": ("dynamodb:things/a",),
    }
    return Call(**{**fields, **changes})


@pytest.fixture
def ground() -> Ground:
    made = Ground()
    made.images.keep(3_600_000)
    return made


def ending(
    ground: Ground, outcome: Reply | Exception
) -> Callable[[], Awaitable[Reply]]:
    async def send() -> Reply:
        ground.now_ns = LATER_NS
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return send


@pytest.mark.parametrize(
    ("outcome", "images"),
    [
        (OK, 1),
        (Reply(status=500), 1),
        (ReplyLost("broke off"), 1),
        (Reply(status=400), 0),
        (NotSent("nobody there"), 0),
    ],
)
def test_a_write_that_may_have_taken_effect_leaves_an_image(ground, outcome, images):
    async def played() -> None:
        try:
            await ground.write(ending(ground, outcome))
        except (NotSent, ReplyLost):
            assert isinstance(outcome, Exception)

    asyncio.run(played())
    assert len(ground.images.changed_since(SCOPE, 1)) == images
    assert ground.images.changed_since(SCOPE, LATER_NS) == {}
    assert ground.images.known_since_ns(SCOPE) == 0


@pytest.mark.parametrize(
    "call",
    [
        put(operation="ExecuteStatement", parameters={}, writes=("dynamodb:*",)),
        put(parameters={"TableName": "other", "Item": {}}, writes=("dynamodb:other",)),
    ],
)
def test_a_write_to_who_knows_what_shortens_the_past(ground, call):
    asyncio.run(ground.write(ending(ground, OK), call))
    scope = f"us-east-1 {call.writes[0].removeprefix('dynamodb:')}".replace("*", "any")
    assert ground.images.known_since_ns(scope) == LATER_NS
    assert (ground.store.reads, len(ground.images)) == (0, 0)


def test_an_item_that_cannot_be_read_is_written_to_all_the_same(ground):
    ground.store.status = 500
    assert asyncio.run(ground.write(ending(ground, OK))) == OK
    assert len(ground.images) == 0
    assert ground.images.known_since_ns(SCOPE) == LATER_NS


def test_nothing_is_read_while_nobody_wants_the_past():
    ground = Ground()
    asyncio.run(ground.write(ending(ground, OK)))
    assert ground.store.reads == 0
    assert ground.images.known_since_ns(SCOPE) == LATER_NS


def test_no_write_comes_between_an_image_and_its_write(ground):
    """The second of two writers must not be told what neither of them overwrote."""

    async def increment() -> Reply:
        await asyncio.sleep(0)
        ground.now_ns += 1
        ground.store.value += 1
        return OK

    async def played() -> None:
        await asyncio.gather(*(ground.write(increment) for _ in range(3)))

    asyncio.run(played())
    assert ground.past() == ["0"]
    at_the_second = ground.images.changed_since(SCOPE, 2)
    assert [before["n"]["N"] for _, before in at_the_second.values()] == ["1"]


def test_refused_writes_do_not_use_up_what_can_be_remembered(ground):
    async def played() -> None:
        for outcome in (OK, Reply(status=400), Reply(status=400)):
            await ground.write(ending(ground, outcome))

    asyncio.run(played())
    assert ground.past() == ["0"]
    assert len(ground.images) == 1
