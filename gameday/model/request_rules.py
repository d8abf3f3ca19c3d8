"""Is a change batch a request that Route 53 can read at all?

What is asked here needs no zone. Problems of form make the whole request an
InvalidInput, and Route 53 looks no further. Problems of size belong to
InvalidChangeBatch, beside whatever else is wrong with the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.record_set import Action, RecordSet, Routing
from gameday.model.record_syntax import RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.record_set import Change

__all__ = ["request_problems", "size_problems"]

RECORDS_MAX = 1_000
VALUE_CHARACTERS_MAX = 32_000
TTL_S_MAX = 2_147_483_647
WEIGHT_MAX = 255
SET_IDENTIFIER_LENGTH_MAX = 128

_EMPTY = (
    "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to "
    "satisfy constraint: Member must have length greater than or equal to 1"
)


def request_problems(changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Return every way in which the request is not well formed."""
    if not changes:
        return (_EMPTY,)
    return tuple(
        problem
        for index, change in enumerate(changes, start=1)
        for problem in _form_problems(change, index)
    )


def _form_problems(change: Change, index: int) -> Iterator[str]:
    record_set = change.record_set
    yield from _content_problems(change)
    yield from _policy_problems(change)
    if record_set.type not in RECORD_TYPES:
        yield _constraint(index, "type", record_set.type, "satisfy enum value set")
    if record_set.ttl_s is not None and not 0 <= record_set.ttl_s <= TTL_S_MAX:
        bound = f"have value between 0 and {TTL_S_MAX}"
        yield _constraint(index, "tTL", str(record_set.ttl_s), bound)
    if record_set.weight is not None and not 0 <= record_set.weight <= WEIGHT_MAX:
        bound = f"have value between 0 and {WEIGHT_MAX}"
        yield _constraint(index, "weight", str(record_set.weight), bound)
    if len(record_set.set_identifier) > SET_IDENTIFIER_LENGTH_MAX:
        bound = f"have length less than or equal to {SET_IDENTIFIER_LENGTH_MAX}"
        yield _constraint(index, "setIdentifier", record_set.set_identifier, bound)


def _content_problems(change: Change) -> Iterator[str]:
    """An alias target, or both TTL and values: exactly one of the two."""
    record_set = change.record_set
    ordinary = record_set.ttl_s is not None and bool(record_set.values)
    started = record_set.ttl_s is not None or bool(record_set.values)
    managed = any(name == "TrafficPolicyInstanceId" for name, _ in record_set.routing)
    if managed and not started and record_set.alias is None:
        return
    if record_set.alias is not None and started:
        found = "more than one"
    elif record_set.alias is None and not ordinary:
        found = "none"
    else:
        return
    yield (
        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
        "ResourceRecords], or TrafficPolicyInstanceId], but found "
        f"{found} in Change with [{_described(change)}]"
    )


def _policy_problems(change: Change) -> Iterator[str]:
    """A set identifier and one routing policy come together or not at all."""
    record_set = change.record_set
    policies = record_set.policies
    if policies and not record_set.set_identifier:
        yield (
            "Invalid request: Missing field 'SetIdentifier' in Change with "
            f"[{_described(change)}]"
        )
    if len(policies) > 1 or (record_set.set_identifier and not policies):
        found = "more than one" if policies else "none"
        yield (
            "Invalid request: Expected exactly one of [Weight, Region, Failover, "
            "GeoLocation, MultiValueAnswer, CidrRoutingConfig, or "
            f"GeoProximityLocation], but found {found} in Change with "
            f"[{_described(change)}]"
        )
    if Routing.MULTIVALUE in policies and record_set.alias is not None:
        yield (
            "Invalid request: MultiValueAnswer is not permitted for an alias in "
            f"Change with [{_described(change)}]"
        )


def _described(change: Change) -> str:
    record_set = change.record_set
    return (
        f"Action={change.action.value}, Name={record_set.name}, "
        f"Type={record_set.type}, SetIdentifier={record_set.set_identifier or 'null'}"
    )


def _constraint(index: int, member: str, value: str, bound: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at 'changeBatch.changes."
        f"{index}.member.resourceRecordSet.{member}' failed to satisfy constraint: "
        f"Member must {bound}"
    )


def size_problems(changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Return which limits the batch exceeds; an UPSERT counts twice."""
    records = 0
    characters = 0
    for change in changes:
        factor = 2 if change.action is Action.UPSERT else 1
        records += factor * _record_count(change.record_set)
        characters += factor * sum(map(len, change.record_set.values))
    problems = []
    if records > RECORDS_MAX:
        problems.append(f"Number of records limit of {RECORDS_MAX} exceeded.")
    if characters > VALUE_CHARACTERS_MAX:
        problems.append(f"RDATA character limit of {VALUE_CHARACTERS_MAX} exceeded.")
    return tuple(problems)


def _record_count(record_set: RecordSet) -> int:
    """An alias counts as one record."""
    return 1 if record_set.alias is not None else len(record_set.values)
