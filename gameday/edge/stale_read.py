"""Which reads may be answered by what was true some time ago?

DynamoDB promises nothing about how old an eventually consistent read is, and
everything about a strongly consistent one; transactions are serialised. Route 53
lists records from copies that are brought up to date in their own time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.edge.call import Call

__all__ = ["STALE_OPERATIONS", "is_consistent", "may_be_stale"]

STALE_OPERATIONS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"BatchGetItem", "GetItem", "Query", "Scan"}),
    "route53": frozenset({"ListResourceRecordSets"}),
}
"""Operations that can be answered so, by service."""


def may_be_stale(call: Call, *, consistent_too: bool) -> bool:
    """Whether a call is a read that can be answered by an earlier state.

    Args:
        call: the call.
        consistent_too: whether strongly consistent reads count.
    """
    if call.operation not in STALE_OPERATIONS.get(call.service, ()) or call.problem:
        return False
    return consistent_too or not all(
        is_consistent(each) for each in _reads(call.operation, call.parameters)
    )


def is_consistent(read: Mapping[str, Any]) -> bool:
    """Whether a read, or one table's part of it, is strongly consistent."""
    return read.get("ConsistentRead") is True


def _reads(
    operation: str, parameters: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    if operation != "BatchGetItem":
        yield parameters
        return
    tables = parameters.get("RequestItems")
    for read in tables.values() if isinstance(tables, dict) else ():
        if isinstance(read, dict):
            yield read
