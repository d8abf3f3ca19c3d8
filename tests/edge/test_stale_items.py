"""Past answers against a table that remembers everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.edge import item_images
from gameday.edge.item_images import (
    IMAGES_MAX,
    Image,
    ItemImages,
    item_key,
)
from gameday.edge.stale_items import CannotBeStale, StaleBatch, StaleGet, StaleQuery

NAMES = ("part", "plan")
SCOPE = "us-east-1 plans"
PART = {"S": "a"}
ASKED = {
    "KeyConditionExpression": "part = :p",
    "ExpressionAttributeValues": {":p": PART},
}


class Clock:
    """A clock that is moved by hand, in nanoseconds."""

    def __init__(self) -> None:
        self.now_ns = 1

    def __call__(self) -> int:
        return self.now_ns

    def tick(self) -> int:
        self.now_ns += 1
        return self.now_ns


class Table:
    """A table that keeps all of its pasts, and answers like DynamoDB."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.images = ItemImages(self.clock)
        self.images.keep(1_000_000)
        self.items: dict[int, dict[str, Any]] = {}
        self.pasts: list[tuple[int, dict[int, dict[str, Any]]]] = [(0, {})]

    def write(self, plan: int, value: int | None) -> Image:
        """Write an item, or delete it: value None."""
        key = {"part": PART, "plan": {"N": str(plan)}}
        text = item_key(key, NAMES)
        assert text is not None
        image = self.images.note(SCOPE, key, text, self.items.get(plan))
        self.items = {n: item for n, item in self.items.items() if n != plan}
        if value is not None:
            self.items[plan] = {**key, "value": {"N": str(value)}}
        self.clock.tick()
        self.images.date([image])
        self.pasts.append((self.clock.now_ns, self.items))
        return image

    def as_of(self, moment_ns: int) -> dict[int, dict[str, Any]]:
        return [items for at_ns, items in self.pasts if at_ns <= moment_ns][-1]


def answer(items: dict[int, dict[str, Any]], read: dict[str, Any]) -> dict[str, Any]:
    """What DynamoDB answers to a Query of one part."""
    backwards = read.get("ScanIndexForward") is False
    start = read.get("ExclusiveStartKey")
    found = []
    for plan in sorted(items, reverse=backwards):
        if start is not None:
            begin = int(start["plan"]["N"])
            if not (plan < begin if backwards else plan > begin):
                continue
        found.append(items[plan])
    reply: dict[str, Any] = {}
    limit = read.get("Limit")
    if limit and len(found) >= limit:
        found = found[:limit]
        reply["LastEvaluatedKey"] = {name: found[-1][name] for name in NAMES}
    return {**reply, "Items": found, "Count": len(found), "ScannedCount": len(found)}


writes = st.lists(
    st.tuples(st.integers(0, 5), st.none() | st.integers(0, 9)), max_size=12
)


@given(writes, st.integers(0, 12), st.booleans(), st.none() | st.integers(1, 4))
def test_every_page_of_a_past_query_is_what_it_was(changes, back, forward, limit):
    table = Table()
    for plan, value in changes:
        table.write(plan, value)
    moment_ns = max(1, table.clock.now_ns - back)
    past = table.images.changed_since(SCOPE, moment_ns)
    read: dict[str, Any] = {**ASKED, "ScanIndexForward": forward}
    if limit:
        read["Limit"] = limit
    for _ in range(8):
        expected = answer(table.as_of(moment_ns), read)
        query = StaleQuery.of("Query", read, past, NAMES)
        if query is None:
            assert not past
            reply = answer(table.items, read)
        else:
            reply = query.reply(answer(table.items, query.request()))
        assert reply == expected
        if "LastEvaluatedKey" not in reply:
            return
        read["ExclusiveStartKey"] = reply["LastEvaluatedKey"]
    raise AssertionError("the pages never end")


@given(writes, st.integers(0, 12))
def test_every_item_of_a_past_batch_scan_and_get_is_what_it_was(changes, back):
    table = Table()
    for plan, value in changes:
        table.write(plan, value)
    moment_ns = max(1, table.clock.now_ns - back)
    past = table.images.changed_since(SCOPE, moment_ns)
    expected = table.as_of(moment_ns)
    now = list(table.items.values())

    batch = StaleBatch(read={}, past=past, names=NAMES)
    assert by_plan(batch.items(now, ())) == expected
    scan = StaleQuery.of("Scan", {}, past, NAMES)
    assert scan is not None
    assert by_plan(scan.reply({"Items": now})["Items"]) == expected
    for key, before in past.values():
        reply = StaleGet(read={}, before=before).reply({"Item": {"any": "thing"}})
        item = expected.get(int(key["plan"]["N"]))
        assert reply == ({"Item": item} if item else {})


def by_plan(items: list[Any]) -> dict[int, Any]:
    found = {int(item["plan"]["N"]): item for item in items}
    assert len(found) == len(items), "an item is there twice"
    return found


def test_a_key_that_was_not_looked_up_is_not_answered():
    table = Table()
    table.write(1, 1)
    moment_ns = table.clock.now_ns
    table.write(1, 2)
    past = table.images.changed_since(SCOPE, moment_ns)
    batch = StaleBatch(read={}, past=past, names=NAMES)
    assert batch.items((), [{"part": PART, "plan": {"N": "1.0"}}]) == []


def test_a_page_ends_where_the_emulators_page_ends():
    """An item that was deleted beyond it belongs to a later page."""
    table = Table()
    for plan in (1, 2, 3):
        table.write(plan, 0)
    moment_ns = table.clock.now_ns
    table.write(3, None)
    query = StaleQuery.of(
        "Query", ASKED, table.images.changed_since(SCOPE, moment_ns), NAMES
    )
    assert query is not None
    end = {"part": PART, "plan": {"N": "2"}}
    reply = query.reply(
        {"Items": [table.items[1], table.items[2]], "LastEvaluatedKey": end}
    )
    assert [item["plan"]["N"] for item in reply["Items"]] == ["1", "2"]
    assert reply["LastEvaluatedKey"] == end


@pytest.mark.parametrize(
    ("operation", "read", "reason"),
    [
        ("Query", {**ASKED, "IndexName": "i"}, "IndexName"),
        ("Query", {**ASKED, "FilterExpression": "a = :p"}, "FilterExpression"),
        ("Query", {**ASKED, "ProjectionExpression": "a.b"}, "nested"),
        ("Query", {**ASKED, "ProjectionExpression": "a[0]"}, "nested"),
        ("Query", {"KeyConditions": {}}, "KeyConditionExpression"),
        ("Query", {**ASKED, "KeyConditionExpression": "part <> :p"}, "not read"),
        ("Scan", {"FilterExpression": "a = :p"}, "FilterExpression"),
        ("Scan", {"TotalSegments": 2}, "TotalSegments"),
        ("Scan", {"Limit": 2}, "Limit"),
    ],
)
def test_what_cannot_be_told_is_refused(operation, read, reason):
    table = Table()
    table.write(1, 1)
    past = table.images.changed_since(SCOPE, 0)
    with pytest.raises(CannotBeStale, match=reason):
        StaleQuery.of(operation, read, past, NAMES)


def test_a_scan_of_several_pages_is_refused():
    query = StaleQuery.of("Scan", {}, {}, NAMES)
    assert query is not None
    with pytest.raises(CannotBeStale, match="one page"):
        query.reply({"Items": [], "LastEvaluatedKey": {"part": PART}})


def test_a_write_that_is_under_way_has_not_happened_yet():
    table = Table()
    table.write(1, 1)
    image = table.images.note(SCOPE, {}, "key", {"old": 1})
    assert table.images.changed_since(SCOPE, table.clock.now_ns)["key"][1] == {"old": 1}
    table.images.drop([image])
    assert "key" not in table.images.changed_since(SCOPE, 0)


def test_the_past_is_forgotten_when_nobody_wants_it_any_more():
    table = Table()
    table.write(1, 1)
    table.clock.now_ns += 2_000_000_000_000
    table.write(2, 1)
    assert len(table.images) == 1
    assert table.images.known_since_ns(SCOPE) == 2
    table.images.keep(0)
    assert (len(table.images), table.images.keeping) == (0, False)
    assert table.images.changed_since(SCOPE, 0) == {}
    assert table.images.known_since_ns(SCOPE) == table.clock.now_ns


def test_more_than_can_be_remembered_shortens_the_past():
    table = Table()
    for plan in range(IMAGES_MAX + 3):
        table.clock.tick()
        image = table.images.note(SCOPE, {}, str(plan), None)
        table.images.date([image])
    assert len(table.images) == IMAGES_MAX
    assert len(table.images.changed_since(SCOPE, 0)) == IMAGES_MAX
    assert table.images.known_since_ns(SCOPE) == 4


def test_large_items_shorten_the_past_sooner(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(item_images, "IMAGES_BYTES_MAX", 100)
    table = Table()
    for plan in (1, 2):
        image = table.images.note(SCOPE, {}, str(plan), {"text": {"S": "x" * 60}})
        table.clock.tick()
        table.images.date([image])
    assert list(table.images.changed_since(SCOPE, 0)) == ["2"]
    assert table.images.known_since_ns(SCOPE) == 2


def test_a_write_that_ends_after_its_past_was_forgotten_shortens_the_past():
    table = Table()
    image = table.images.note(SCOPE, {}, "key", None)
    table.images.keep(0)
    table.clock.now_ns = 99
    table.images.date([image])
    assert table.images.known_since_ns(SCOPE) == 99


def test_equal_keys_have_one_text():
    assert item_key({"k": {"N": "1.0"}}, ["k"]) == item_key({"k": {"N": "1"}}, ["k"])
    assert item_key({"k": {"N": "1"}}, ["k"]) != item_key({"k": {"S": "1"}}, ["k"])
    assert item_key({"other": {"S": "1"}}, ["k"]) is None
    assert item_key({"k": {"BOOL": True}}, ["k"]) is None
