"""What would DynamoDB have answered to a read some time ago?

Pure functions: a read, the emulator's reply and the past values of the items that
were written to since go in; the past reply comes out. Items are replaced, taken out
and put in by their whole primary key; a Query keeps its order, its Limit and its
pages.

Done right: GetItem, BatchGetItem; Query by KeyConditionExpression; Scan of a whole
table in one page; projections of top-level attributes; counts. What is not
(`CannotBeStale` says why): indexes, filters, nested projections, parallel and paged
scans, conditions of the form before expressions. Such a read is refused a past
answer only when something that it might have shown was written to since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.edge.item_images import item_key
from gameday.edge.parameters import members
from gameday.model.key_condition import (
    KeyCondition,
    UnreadCondition,
    parse_key_condition,
    sort_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["CannotBeStale", "Item", "Past", "StaleBatch", "StaleGet", "StaleQuery"]

Item = Mapping[str, Any]
Past = Mapping[str, tuple[Item, Item | None]]
"""Key and past value of every item of a table that was written to since."""

LIMIT_SPARE = 25
"""Items asked for beyond a Limit, besides one for each that may be taken out."""

_PROJECTING = ("ProjectionExpression", "AttributesToGet", "ExpressionAttributeNames")
_UNREAD_IN_QUERIES = ("IndexName", "FilterExpression", "QueryFilter", "KeyConditions")
_UNREAD_IN_SCANS = (
    "IndexName",
    "FilterExpression",
    "ScanFilter",
    "TotalSegments",
    "ExclusiveStartKey",
    "Limit",
)


class CannotBeStale(Exception):
    """The past answer to a read cannot be told; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleGet:
    """A GetItem whose item was written to since."""

    read: Item
    before: Item | None

    def reply(self, now: Mapping[str, Any]) -> dict[str, Any]:
        """Return the past reply, from the reply of now."""
        shown = _projection(self.read)
        rest = {name: value for name, value in now.items() if name != "Item"}
        if self.before is None:
            return rest
        return {**rest, "Item": _projected(self.before, shown)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleBatch:
    """One table's part of a BatchGetItem of which some items were written to since.

    Attributes:
        read: the table's KeysAndAttributes.
        past: the past values of those items.
        names: the table's key attributes.
    """

    read: Item
    past: Past
    names: Sequence[str]

    def request(self) -> dict[str, Any]:
        """Return the part that asks for whole items, so that each has its key."""
        return {n: value for n, value in self.read.items() if n not in _PROJECTING}

    def items(self, now: Iterable[Item], unprocessed: Iterable[Item]) -> list[Item]:
        """Return the past items, from those of now and the keys not looked up."""
        shown = _projection(self.read)
        left_out = {item_key(key, self.names) for key in unprocessed}
        kept = [each for each in now if item_key(each, self.names) not in self.past]
        put_in = [
            before
            for key, (_, before) in self.past.items()
            if before is not None and key not in left_out
        ]
        return [_projected(each, shown) for each in (*kept, *put_in)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleQuery:
    """A Query or Scan that shows, or showed, items which were written to since.

    Attributes:
        read: its parameters.
        past: the past values of the items that it may show.
        names: the table's key attributes, partition key first.
        is_scan: whether it is a Scan, which has no order and no pages here.
    """

    read: Item
    past: Past
    names: Sequence[str]
    is_scan: bool

    @classmethod
    def of(
        cls, operation: str, read: Item, past: Past, names: Sequence[str]
    ) -> StaleQuery | None:
        """Return what is to be done, None where nothing that it shows has changed.

        Raises:
            CannotBeStale: nobody can say what it would have shown.
        """
        if operation == "Scan":
            _refuse(read, _UNREAD_IN_SCANS)
            _projection(read)
            return cls(read=read, past=past, names=names, is_scan=True)
        _refuse(read, _UNREAD_IN_QUERIES[:1])
        condition = _condition(read)
        shown = {k: found for k, found in past.items() if condition.fits(found[0])}
        if not shown:
            return None
        _refuse(read, _UNREAD_IN_QUERIES)
        _projection(read)
        return cls(read=read, past=shown, names=names, is_scan=False)

    def request(self) -> dict[str, Any]:
        """Return the read that asks for whole items, and for enough of them."""
        left_out = {*_PROJECTING, "Select"}
        request = {n: value for n, value in self.read.items() if n not in left_out}
        text = str(self.read.get("KeyConditionExpression", ""))
        placeholders = {
            name: value
            for name, value in members(
                self.read.get("ExpressionAttributeNames")
            ).items()
            if re.search(rf"{re.escape(name)}(?!\w)", text)
        }
        if placeholders:
            request["ExpressionAttributeNames"] = placeholders
        if self._limit:
            request["Limit"] = self._limit + len(self.past) + LIMIT_SPARE
        return request

    def reply(self, now: Mapping[str, Any]) -> dict[str, Any]:
        """Return the past reply, from the reply of now.

        Raises:
            CannotBeStale: a scan that has more pages.
        """
        last = now.get("LastEvaluatedKey")
        if self.is_scan and last:
            raise CannotBeStale("the scan does not fit one page")
        items = self._past_items(_items(now))
        if not self.is_scan:
            items = self._page(items, last)
        if self._limit and len(items) >= self._limit:
            items = items[: self._limit]
            last = {name: items[-1][name] for name in self.names}
        left_out = {"Items", "LastEvaluatedKey"}
        reply = {name: value for name, value in now.items() if name not in left_out}
        reply["Count"] = reply["ScannedCount"] = len(items)
        if self.read.get("Select") != "COUNT":
            shown = _projection(self.read)
            reply["Items"] = [_projected(each, shown) for each in items]
        return {**reply, "LastEvaluatedKey": last} if last else reply

    @property
    def _limit(self) -> int:
        limit = self.read.get("Limit")
        return limit if isinstance(limit, int) else 0

    def _past_items(self, now: Iterable[Item]) -> list[Item]:
        items: dict[str, Item | None] = {}
        for each in now:
            key = item_key(each, self.names) or ""
            items[key] = self.past[key][1] if key in self.past else each
        for key, (_, before) in self.past.items():
            items.setdefault(key, before)
        return [each for each in items.values() if each is not None]

    def _page(self, items: list[Item], last: Item | None) -> list[Item]:
        """Return the items in order, between where the page begins and ends."""
        if len(self.names) == 1:
            return items
        sort = self.names[1]
        backwards = self.read.get("ScanIndexForward") is False
        ordered = sorted(items, key=lambda e: sort_value(e[sort]), reverse=backwards)
        begin, end = members(self.read.get("ExclusiveStartKey")), members(last)

        def within(item: Item) -> bool:
            at = sort_value(item[sort])
            if sort in begin and not _is_before(sort_value(begin[sort]), at, backwards):
                return False
            return sort not in end or not _is_before(
                sort_value(end[sort]), at, backwards
            )

        return [each for each in ordered if within(each)]


def _is_before(one: Any, other: Any, backwards: bool) -> bool:  # noqa: FBT001 - a flag
    return bool(one > other if backwards else one < other)


def _condition(read: Item) -> KeyCondition:
    text = read.get("KeyConditionExpression")
    if not isinstance(text, str):
        raise CannotBeStale("it has no KeyConditionExpression")
    try:
        return parse_key_condition(
            text,
            members(read.get("ExpressionAttributeNames")),
            members(read.get("ExpressionAttributeValues")),
        )
    except UnreadCondition as error:
        raise CannotBeStale(str(error)) from error


def _refuse(read: Item, names: Sequence[str]) -> None:
    for name in names:
        if name in read:
            raise CannotBeStale(f"{name} is not looked at")


def _projection(read: Item) -> tuple[str, ...] | None:
    """Return the attributes that a read shows, None for all.

    Raises:
        CannotBeStale: it shows parts of attributes.
    """
    listed = read.get("AttributesToGet")
    text = read.get("ProjectionExpression")
    if isinstance(listed, list):
        return tuple(str(each) for each in listed)
    if not isinstance(text, str):
        return None
    placeholders = members(read.get("ExpressionAttributeNames"))
    shown = [each.strip() for each in text.split(",")]
    for each in shown:
        if re.search(r"[.\[]", each):
            raise CannotBeStale(f"the projection {each!r} is nested")
    return tuple(str(placeholders.get(each, each)) for each in shown)


def _projected(item: Item, shown: tuple[str, ...] | None) -> Item:
    if shown is None:
        return item
    return {name: value for name, value in item.items() if name in shown}


def _items(reply: Mapping[str, Any]) -> list[Item]:
    items = reply.get("Items")
    return [members(each) for each in items] if isinstance(items, list) else []
