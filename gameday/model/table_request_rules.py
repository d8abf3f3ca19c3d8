"""Is a DynamoDB request one that DynamoDB would read at all?

What is asked here needs no table: numbers too long to keep, values and names that
no expression uses, items and batches too large. Emulators let some of it through,
and a program that is used to that fails on AWS.

A request of a form that is not known here has no problem: the emulator judges.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ITEM_BYTES_MAX", "table_request_problem"]

ITEM_BYTES_MAX = 409_600
BATCH_LINES_MAX = 25
NUMBER_DIGITS_MAX = 38
DEPTH_MAX = 40

_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_ITEM_OPERATIONS = frozenset(
    {"DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}
)
_NUMBER = re.compile(r"[+-]?([0-9]*)\.?([0-9]*)(?:[eE][+-]?[0-9]+)?")


def table_request_problem(operation: str, request: Mapping[str, Any]) -> str:
    """Return the message of DynamoDB's ValidationException, "" for a fair request.

    Args:
        operation: e.g. "PutItem".
        request: as it is on the wire: every value with its type.
    """
    return next(_problems(operation, request), "")


def _problems(operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    if operation == "BatchWriteItem":
        yield from _batch_problems(request)
    elif operation == "TransactWriteItems":
        for line in _list(request.get("TransactItems")):
            for verb, action in _dict(line).items():
                yield from _action_problems(verb, _dict(action))
    elif operation in _ITEM_OPERATIONS:
        yield from _action_problems(operation.removesuffix("Item"), request)


def _batch_problems(request: Mapping[str, Any]) -> Iterator[str]:
    lines = [
        _dict(line)
        for table in _dict(request.get("RequestItems")).values()
        for line in _list(table)
    ]
    if len(lines) > BATCH_LINES_MAX:
        yield "Too many items requested for the BatchWriteItem call"
    for line in lines:
        item = _dict(_dict(line.get("PutRequest")).get("Item"))
        yield from _item_problems(item)


def _action_problems(verb: str, action: Mapping[str, Any]) -> Iterator[str]:
    if verb == "Put":
        yield from _item_problems(_dict(action.get("Item")))
    values = _dict(action.get("ExpressionAttributeValues"))
    yield from _number_problems(values)
    text = " ".join(str(action[name]) for name in _EXPRESSIONS if name in action)
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        given = _dict(action.get(kind))
        if given and not text:
            yield f"{kind} can only be specified when using expressions"
        unused = [name for name in given if not _occurs(name, text)]
        if unused:
            yield (
                f"Value provided in {kind} unused in expressions: keys: "
                f"{{{', '.join(unused)}}}"
            )


def _occurs(name: str, text: str) -> bool:
    return re.search(rf"{re.escape(name)}(?![A-Za-z0-9_])", text) is not None


def _item_problems(item: Mapping[str, Any]) -> Iterator[str]:
    yield from _number_problems(item)
    if _size_bytes(item) > ITEM_BYTES_MAX:
        yield "Item size has exceeded the maximum allowed size"


def _size_bytes(item: Mapping[str, Any]) -> int:
    """Return the least size that the item may have: its names and its texts."""
    return sum(
        len(name.encode()) + len(str(_dict(value).get("S", "")).encode())
        for name, value in item.items()
    )


def _number_problems(values: Mapping[str, Any]) -> Iterator[str]:
    for number in _numbers(list(values.values())):
        found = _NUMBER.fullmatch(number)
        digits = (found.group(1) + found.group(2)).strip("0") if found else ""
        if len(digits) > NUMBER_DIGITS_MAX:
            yield (
                f"Attempting to store more than {NUMBER_DIGITS_MAX} significant "
                "digits in a Number"
            )


def _numbers(values: list[Any], depth: int = 0) -> Iterator[str]:
    if depth > DEPTH_MAX:
        return
    for value in values:
        for kind, content in _dict(value).items():
            match kind, content:
                case "N", str():
                    yield content
                case "NS", list():
                    yield from (str(each) for each in content)
                case "L", list():
                    yield from _numbers(content, depth + 1)
                case "M", dict():
                    yield from _numbers(list(content.values()), depth + 1)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
