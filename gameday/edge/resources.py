"""Which resources does a call read, and which does it write?

Resources are texts: "route53:<zone>/<record>/<TYPE>", "dynamodb:<table>/<pk>",
"<service>:<first identifying parameter>". Two calls that share none and write
none of each other's may be swapped without anybody noticing, so when in doubt a
call is said to write.

What the request alone does not tell is handed in: the name of a hosted zone and
the key attributes of a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.edge.parameters import members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Resources", "name_resources", "table_names", "table_of", "written_items"]

_READING = (
    "Assume",
    "BatchGet",
    "Check",
    "Describe",
    "Estimate",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "TransactGet",
    "Validate",
)
_IDENTIFYING = ("Name", "Id", "Arn", "ARN", "Url", "Identifier", "Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a call touches, each resource once, in the order of the request."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def name_resources(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    required: Iterable[str] = (),
    keys_of: Callable[[str], tuple[str, ...] | None],
    zone_name: Callable[[str], str | None],
) -> Resources:
    """Return what a call reads and writes.

    Args:
        service: botocore's name of the service.
        operation: its operation.
        parameters: the call's parameters by boto3 name.
        required: names of the parameters that the operation requires.
        keys_of: key attributes of a DynamoDB table, partition key first; None
            for a table that nobody knows.
        zone_name: a hosted zone's name by its bare id, None for an unknown one.
    """
    match service:
        case "dynamodb":
            return _dynamodb(operation, parameters, keys_of)
        case "route53" if "HostedZoneId" in parameters or "Id" in parameters:
            return _route53(operation, parameters, zone_name)
        case "s3" if "Bucket" in parameters:
            path = f"{parameters['Bucket']}/{parameters.get('Key', '')}".rstrip("/")
            return _one(operation, f"s3:{path}")
    if service == "route53" and operation == "CreateHostedZone":
        return Resources(writes=(f"route53:{_bare(parameters.get('Name', ''))}/*",))
    return _one(operation, f"{service}:{_identity(parameters, required)}")


def table_of(name: Any) -> str:
    """Return a table's name from its name or ARN."""
    return str(name).partition(":table/")[2].partition("/")[0] or str(name)


def table_names(operation: str, parameters: Mapping[str, Any]) -> set[str]:
    """Return the tables whose keys are needed to name what a call touches."""
    return {
        table
        for table, _, item, _ in _touched(operation, parameters)
        if item is not None
    }


def written_items(
    operation: str, parameters: Mapping[str, Any]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return table and item, or key, of everything that a call writes to tables."""
    return [
        (table, item)
        for table, access, item, _ in _touched(operation, parameters)
        if "w" in access and item is not None
    ]


def _one(operation: str, resource: str) -> Resources:
    if operation.startswith(_READING):
        return Resources(reads=(resource,))
    return Resources(writes=(resource,))


def _identity(parameters: Mapping[str, Any], required: Iterable[str]) -> str:
    for name in (*required, *(key for key in parameters if key.endswith(_IDENTIFYING))):
        value = parameters.get(name)
        if isinstance(value, str) and value:
            return value
    return "*"


def _route53(
    operation: str,
    parameters: Mapping[str, Any],
    zone_name: Callable[[str], str | None],
) -> Resources:
    given = str(parameters.get("HostedZoneId") or parameters.get("Id"))
    identifier = given.rsplit("/", 1)[-1]
    if operation == "GetChange":
        return Resources(reads=(f"route53:change/{identifier}",))
    zone = _bare(zone_name(identifier) or identifier)
    if operation != "ChangeResourceRecordSets":
        return _one(operation, f"route53:{zone}/*")
    writes: dict[str, None] = {}
    for change in _list(members(parameters.get("ChangeBatch")).get("Changes")):
        record_set = members(members(change).get("ResourceRecordSet"))
        name, kind = _bare(record_set.get("Name", "")), record_set.get("Type", "")
        writes[f"route53:{zone}/{name}/{kind}"] = None
    return Resources(writes=tuple(writes) or (f"route53:{zone}/*",))


def _dynamodb(
    operation: str,
    parameters: Mapping[str, Any],
    keys_of: Callable[[str], tuple[str, ...] | None],
) -> Resources:
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for table, access, item, conditional in _touched(operation, parameters):
        resource = _item_resource(table, item, keys_of(table))
        if "r" in access or conditional:
            reads[resource] = None
        if "w" in access:
            writes[resource] = None
    if reads or writes:
        return Resources(reads=tuple(reads), writes=tuple(writes))
    return _one(operation, "dynamodb:*")


def _touched(
    operation: str, parameters: Mapping[str, Any]
) -> list[tuple[str, str, Mapping[str, Any] | None, bool]]:
    """Return (table, "r", "w" or "rw", item or key, whether it has a condition)."""
    match operation:
        case "BatchGetItem":
            return [
                (table_of(table), "r", members(key), False)
                for table, request in members(parameters.get("RequestItems")).items()
                for key in _list(members(request).get("Keys"))
            ]
        case "BatchWriteItem":
            return [
                (table_of(table), "w", _batch_item(members(request)), False)
                for table, requests in members(parameters.get("RequestItems")).items()
                for request in _list(requests)
            ]
        case "TransactGetItems" | "TransactWriteItems":
            return [
                _action(verb, members(action))
                for item in _list(parameters.get("TransactItems"))
                for verb, action in members(item).items()
            ]
        case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem":
            return [_action(operation.removesuffix("Item"), parameters)]
    if "TableName" not in parameters:
        return []
    reading = operation.startswith(_READING)
    return [(table_of(parameters["TableName"]), "r" if reading else "w", None, False)]


def _action(
    verb: str, action: Mapping[str, Any]
) -> tuple[str, str, Mapping[str, Any] | None, bool]:
    access = {"Get": "r", "ConditionCheck": "r", "Update": "rw"}.get(verb, "w")
    conditional = "ConditionExpression" in action or "Expected" in action
    item = members(action.get("Item") if verb == "Put" else action.get("Key"))
    return table_of(action.get("TableName", "*")), access, item, conditional


def _batch_item(request: Mapping[str, Any]) -> Mapping[str, Any]:
    put = members(request.get("PutRequest")).get("Item")
    return members(put or members(request.get("DeleteRequest")).get("Key"))


def _item_resource(
    table: str, item: Mapping[str, Any] | None, keys: tuple[str, ...] | None
) -> str:
    if item is None or keys is None or any(key not in item for key in keys):
        return f"dynamodb:{table}"
    values = "/".join(_attribute_text(item[key]) for key in keys)
    return f"dynamodb:{table}/{values}"


def _attribute_text(value: Any) -> str:
    typed = members(value)
    return str(next(iter(typed.values()))) if typed else str(value)


def _bare(name: Any) -> str:
    return str(name).lower().rstrip(".")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
