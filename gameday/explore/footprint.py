"""Which resources does one AWS call read, and which may it write?

Resources are named as the emulator names its contents (`emulators.in_process`). A
pattern that ends with "*" stands for every resource that begins so, those that do
not exist yet included, which is what makes a range read see a phantom.

Two calls depend on each other when one may write what the other reads or writes.
A batch or a transaction touches its whole set. An operation that is not known here
reads and writes everything of its service: slower, never wrong.

The trap: ListResourceRecordSets says where the next page begins, so it reads one
record set beyond its page; the whole zone is named instead.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.edge.resources import table_of
from gameday.model.zone import normalise_name, parse_change_batch
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["EVERYTHING", "Footprint", "footprint_of", "matches"]

EVERYTHING = "*"

_EQUALITY = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")
_ZONE_LISTINGS = frozenset(
    {
        "GetHostedZone",
        "GetHostedZoneCount",
        "ListHostedZones",
        "ListHostedZonesByName",
        "ListTagsForResource",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What one call touches.

    Attributes:
        reads: patterns that its reply or its effect depends on.
        writes: patterns that it may change.
        is_known: whether the operation is one that this module knows.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    is_known: bool = True

    def depends_on(self, other: Footprint) -> bool:
        """Whether the order of the two calls may show."""
        return (
            _overlap(self.writes, other.reads)
            or _overlap(self.reads, other.writes)
            or _overlap(self.writes, other.writes)
        )


def footprint_of(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    region: str,
    keys_of: Callable[[str, str], tuple[str, ...] | None],
) -> Footprint:
    """Return what a call touches.

    Args:
        service: botocore's name of the service.
        operation: its operation.
        parameters: the call's parameters by boto3 name.
        region: of the credential scope.
        keys_of: the key attributes of a table in a region, partition key first.
    """
    everything = (f"{service}:{EVERYTHING}",)
    unknown = Footprint(reads=everything, writes=everything, is_known=False)
    try:
        match service:
            case "dynamodb":
                tables = _Tables(region, keys_of)
                return tables.footprint(operation, parameters) or unknown
            case "route53":
                return _route53(operation, parameters) or unknown
    except (KeyError, TypeError, ValueError, AttributeError):
        # The request is not of the form that its operation wants: the emulator says so.
        return unknown
    return unknown


def matches(pattern: str, resource: str) -> bool:
    """Answer whether a pattern stands for a resource."""
    if pattern.endswith(EVERYTHING):
        return resource.startswith(pattern[:-1])
    return pattern == resource


def _overlap(patterns: Iterable[str], others: tuple[str, ...]) -> bool:
    return any(_meet(each, other) for each in patterns for other in others)


def _meet(one: str, other: str) -> bool:
    if one.endswith(EVERYTHING):
        if other.endswith(EVERYTHING):
            shorter, longer = sorted((one[:-1], other[:-1]), key=len)
            return longer.startswith(shorter)
        return other.startswith(one[:-1])
    return matches(other, one)


def _route53(operation: str, parameters: Mapping[str, Any]) -> Footprint | None:
    if operation == "GetChange":
        return Footprint()
    if operation in _ZONE_LISTINGS:
        # They tell how many record sets a zone has.
        return Footprint(reads=(f"route53:{EVERYTHING}",))
    if operation not in {"ChangeResourceRecordSets", "ListResourceRecordSets"}:
        return None
    zone = bare_zone_id(str(parameters["HostedZoneId"]))
    frame = f"route53:{EVERYTHING}"
    if operation == "ListResourceRecordSets":
        return Footprint(reads=(f"route53:{zone}/{EVERYTHING}",))
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for change in parse_change_batch(parameters):
        key = change.record_set.key
        writes[f"route53:{zone}/{key.name}/{key.type}/{key.set_identifier}"] = None
        # Sets of one name rule each other out, whatever their type.
        reads[f"route53:{zone}/{key.name}/{EVERYTHING}"] = None
        alias = change.record_set.alias
        if alias is not None:
            target = f"route53:{alias.zone_id}/{normalise_name(alias.name)}/"
            reads[f"{target}{EVERYTHING}"] = None
    return Footprint(reads=tuple(reads) or (frame,), writes=tuple(writes) or (frame,))


class _Tables:
    """Names what calls to the tables of one region touch."""

    def __init__(
        self, region: str, keys_of: Callable[[str, str], tuple[str, ...] | None]
    ) -> None:
        self._region = region
        self._keys_of = keys_of

    def footprint(
        self, operation: str, parameters: Mapping[str, Any]
    ) -> Footprint | None:
        """Return what one call touches, None for an unknown operation."""
        match operation:
            case "GetItem" | "UpdateItem" | "DeleteItem":
                item = (self._item(parameters, "Key"),)
                found = Footprint(
                    reads=item, writes=() if operation == "GetItem" else item
                )
            case "PutItem":
                item = (self._item(parameters, "Item"),)
                found = Footprint(
                    reads=item if _looks_first(parameters) else (), writes=item
                )
            case "Query" | "Scan":
                found = Footprint(reads=(self._range(operation, parameters),))
            case "BatchGetItem":
                found = Footprint(reads=self._batch_reads(parameters))
            case "BatchWriteItem":
                found = Footprint(writes=self._batch_writes(parameters))
            case "TransactGetItems" | "TransactWriteItems":
                found = self._transaction(parameters)
            case "DescribeTable" | "ListTables":
                found = Footprint(reads=(f"dynamodb:{EVERYTHING}",))
            case _:
                return None
        return found

    def _table(self, name: Any) -> str:
        return f"dynamodb:{self._region}/{table_of(name)}/"

    def _named(self, table: Any, values: Mapping[str, Any]) -> str:
        keys = self._keys_of(self._region, table_of(table))
        if keys is None or any(key not in values for key in keys):
            return f"{self._table(table)}{EVERYTHING}"
        key = json.dumps([values[key] for key in keys], sort_keys=True)
        return f"{self._table(table)}{key}"

    def _item(self, parameters: Mapping[str, Any], member: str) -> str:
        return self._named(parameters["TableName"], parameters[member])

    def _range(self, operation: str, parameters: Mapping[str, Any]) -> str:
        table = parameters["TableName"]
        whole = f"{self._table(table)}{EVERYTHING}"
        keys = self._keys_of(self._region, table_of(table))
        if operation == "Scan" or "IndexName" in parameters or keys is None:
            return whole
        names = parameters.get("ExpressionAttributeNames", {})
        values = parameters.get("ExpressionAttributeValues", {})
        condition = str(parameters.get("KeyConditionExpression", ""))
        for name, value in _EQUALITY.findall(condition):
            if names.get(name, name) == keys[0] and value in values:
                partition = json.dumps([values[value]], sort_keys=True)
                return f"{self._table(table)}{partition[:-1]}{EVERYTHING}"
        return whole

    def _batch_reads(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(
            self._named(table, key)
            for table, request in parameters["RequestItems"].items()
            for key in request["Keys"]
        )

    def _batch_writes(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(
            self._named(
                table,
                request["PutRequest"]["Item"]
                if "PutRequest" in request
                else request["DeleteRequest"]["Key"],
            )
            for table, requests in parameters["RequestItems"].items()
            for request in requests
        )

    def _transaction(self, parameters: Mapping[str, Any]) -> Footprint:
        reads: dict[str, None] = {}
        writes: dict[str, None] = {}
        for entry in parameters["TransactItems"]:
            for verb, action in entry.items():
                item = self._item(action, "Item" if verb == "Put" else "Key")
                # All or nothing: what one condition says decides every write.
                reads[item] = None
                if verb in {"Put", "Update", "Delete"}:
                    writes[item] = None
        token = parameters.get("ClientRequestToken")
        if token:
            place = f"dynamodb:token/{self._region}/{token}"
            reads[place] = writes[place] = None
        return Footprint(reads=tuple(reads), writes=tuple(writes))


def _looks_first(parameters: Mapping[str, Any]) -> bool:
    return (
        "ConditionExpression" in parameters
        or "Expected" in parameters
        or parameters.get("ReturnValues", "NONE") != "NONE"
    )
