"""What did the actors read from and write to the region's DynamoDB tables?

Turns recorded PutItem, UpdateItem, TransactWriteItems and Query calls into plan
pick-ups, plan publications and lease writes. What cannot be read (a request too
large to be kept whole, an update of another shape) is left out, so the callers
must tell "none seen" from "none happened".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.plan import Generation, Plan, parse_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "LEASES_TABLE",
    "PLANS_TABLE",
    "SWITCHES_TABLE",
    "LeaseWrite",
    "PlanSeen",
    "item_writes",
    "lease_writes",
    "plans_picked_up",
    "plans_published",
]

PLANS_TABLE = "gameday-plans"
SWITCHES_TABLE = "gameday-switches"
LEASES_TABLE = "gameday-leases"

_ASSIGNMENT = re.compile(r"([#\w.]+)\s*=\s*(:\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSeen:
    """A plan that an actor wrote or was given.

    Attributes:
        op: the call.
        generation: the plan's number.
        plan: the document, None when it was not kept whole.
    """

    op: Op
    generation: Generation
    plan: Plan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWrite:
    """A lease that an actor wrote or tried to write.

    Attributes:
        op: the call; its outcome says whether it took effect.
        droplet: whose lease.
        expires_at_ms: epoch milliseconds on the writer's clock.
    """

    op: Op
    droplet: str
    expires_at_ms: int


def plans_published(history: History) -> Iterator[PlanSeen]:
    """Yield the plans that were written, in order."""
    for op, item in item_writes(history, PLANS_TABLE):
        seen = _plan_seen(op, item)
        if op.outcome is Outcome.OK and seen is not None:
            yield seen


def plans_picked_up(history: History) -> Iterator[PlanSeen]:
    """Yield the newest plan of every Query on the plan table, in order."""
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "Query"
            and op.outcome is Outcome.OK
            and op.request.get("TableName") == PLANS_TABLE
        ):
            for item in list(op.response.get("Items") or ())[:1]:
                seen = _plan_seen(op, item)
                if seen is not None:
                    yield seen


def lease_writes(history: History) -> Iterator[LeaseWrite]:
    """Yield the lease writes, also those that may or did fail, in order."""
    for op, item in item_writes(history, LEASES_TABLE):
        droplet, expires = item.get("droplet"), item.get("expires_at_ms")
        if droplet is None or expires is None:
            continue
        try:
            yield LeaseWrite(op=op, droplet=str(droplet), expires_at_ms=int(expires))
        except ValueError:
            continue


def item_writes(history: History, table: str) -> Iterator[tuple[Op, dict[str, Any]]]:
    """Yield (op, attributes written) for each item write to `table`.

    Keys of an update count as written; numbers come as text, as DynamoDB has
    them.
    """
    for op in history:
        if op.kind is not OpKind.CALL or op.service != "dynamodb":
            continue
        for write in _writes(op):
            if write.get("TableName") == table:
                yield op, _attributes(write)


def _writes(op: Op) -> Iterator[Mapping[str, Any]]:
    match op.operation:
        case "PutItem" | "UpdateItem":
            yield op.request
        case "TransactWriteItems":
            for entry in op.request.get("TransactItems") or ():
                yield from (entry[verb] for verb in ("Put", "Update") if verb in entry)
        case "BatchWriteItem":
            for table, entries in (op.request.get("RequestItems") or {}).items():
                for entry in entries:
                    if "PutRequest" in entry:
                        yield {"TableName": table, **entry["PutRequest"]}
        case _:
            return


def _attributes(write: Mapping[str, Any]) -> dict[str, Any]:
    item = write.get("Item") or write.get("Key") or {}
    found = {name: _scalar(value) for name, value in item.items()}
    names = write.get("ExpressionAttributeNames") or {}
    values = write.get("ExpressionAttributeValues") or {}
    for name, placeholder in _ASSIGNMENT.findall(write.get("UpdateExpression") or ""):
        if placeholder in values:
            found[names.get(name, name)] = _scalar(values[placeholder])
    return found


def _scalar(value: Any) -> Any:
    """Return what a DynamoDB attribute value such as {"N": "1"} holds."""
    return next(iter(value.values())) if isinstance(value, dict) and value else value


def _plan_seen(op: Op, item: Mapping[str, Any]) -> PlanSeen | None:
    plain = {name: _scalar(value) for name, value in item.items()}
    plan: Plan | None = None
    try:
        plan = parse_plan(str(plain["document"]))
    except (KeyError, ValueError, json.JSONDecodeError):
        plan = None
    try:
        generation = plan.generation if plan else Generation(int(plain["generation"]))
    except (KeyError, ValueError, TypeError):
        return None
    return PlanSeen(op=op, generation=generation, plan=plan)
