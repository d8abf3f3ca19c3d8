"""What does Route 53 do to a hosted zone when it is given a change batch?

A zone and a batch go in; the next zone or a rejection comes out. Nothing is
ever half done: a rejected batch leaves the caller with the zone it had.

How it works
    1. The request must be well formed (InvalidInput); the zone does not matter.
    2. Each change is tried in the order given, on a copy. DELETE must state the
       set exactly as it stands, the order of values aside; CREATE refuses a set
       that exists. A DELETE followed by a CREATE of one key is the
       compare-and-swap that locks and flips are made of: a writer that has not
       seen the latest value is refused.
    3. The zone as it would be is judged: alias targets must exist, names hold
       either one CNAME or anything else, sets of one name and type share one
       routing policy, the apex keeps its SOA and NS.

The target of an alias is looked for only when the alias is written. Deleting a
target is allowed and leaves the alias dangling: that is how an endpoint comes
to have no addresses, and why a batch that points an alias at a deleted tree is
refused afterwards.

Every problem is reported, in AWS's wording as error logs of real accounts show
it. This module also re-exports what belongs to zones, so that users need one
import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.hosted_zone import Zone, new_zone
from gameday.model.record_order import RecordPage, list_record_sets
from gameday.model.record_set import (
    Action,
    AliasTarget,
    Change,
    RecordKey,
    RecordSet,
    Rejection,
    Routing,
)
from gameday.model.record_syntax import (
    is_within,
    name_problem,
    normalise_name,
    value_problem,
)
from gameday.model.request_rules import request_problems, size_problems
from gameday.model.zone_difference import net_changes
from gameday.model.zone_rules import zone_problems
from gameday.model.zone_wire import (
    parse_change_batch,
    parse_record_set,
    render_change,
    render_record_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "Action",
    "AliasTarget",
    "Change",
    "RecordKey",
    "RecordPage",
    "RecordSet",
    "Rejection",
    "Routing",
    "Zone",
    "apply_batch",
    "list_record_sets",
    "net_changes",
    "new_zone",
    "normalise_name",
    "parse_change_batch",
    "parse_record_set",
    "render_change",
    "render_record_set",
]

VALUES_MAX = 400
_SINGLE_VALUED = ("CNAME", "SOA")
_TWO_TURNS = ((Action.DELETE, Action.CREATE), (Action.DELETE, Action.UPSERT))


def apply_batch(
    zone: Zone,
    changes: tuple[Change, ...],
    *,
    other_zones: Mapping[str, Zone] | None = None,
) -> Zone | Rejection:
    """Return the zone after the batch, or why Route 53 refuses all of it.

    Args:
        zone: the zone as it stands; never altered.
        changes: the batch, in order.
        other_zones: the account's other zones by id; this one may be among them
            and is not looked at there. An alias into one of them must find its
            target there; an alias into a zone that is neither this one nor among
            them points at an AWS service and is accepted.
    """
    malformed = request_problems(changes)
    if malformed:
        return Rejection(code="InvalidInput", messages=malformed)
    problems = list(size_problems(changes))
    after = dict(zone.record_sets)
    tried: dict[RecordKey, tuple[Action, ...]] = {}
    written: dict[RecordKey, RecordSet] = {}
    for change in changes:
        key = change.record_set.key
        turns = tried[key] = (*tried.get(key, ()), change.action)
        problems.extend(
            _turn_problems(change, turns)
            or _change_problems(change, after.get(key), zone.name)
        )
        _carry_out(change, after, written)
    result = Zone(id=zone.id, name=zone.name, record_sets=after)
    problems.extend(
        zone_problems(
            zone, result, tuple(written.values()), other_zones=other_zones or {}
        )
    )
    if problems:
        # One mistake may show twice; AWS names each problem once.
        return Rejection(
            code="InvalidChangeBatch", messages=tuple(dict.fromkeys(problems))
        )
    return result


def _turn_problems(change: Change, turns: tuple[Action, ...]) -> tuple[str, ...]:
    """One key changes once in a batch, or is deleted and then written."""
    if len(turns) == 1 or turns in _TWO_TURNS:
        return ()
    subject = f"'{change.record_set.type} {change.record_set.name}'"
    problem = (
        f"The request contains an invalid set of changes for a resource record set "
        f"{subject}"
    )
    return (problem,)


def _change_problems(
    change: Change, existing: RecordSet | None, zone_name: str
) -> Iterator[str]:
    record_set = change.record_set
    problem = name_problem(record_set.name)
    if problem:
        yield problem
        return
    if not is_within(record_set.name, zone_name):
        yield (
            f"RRSet with DNS name {record_set.name} is not permitted in zone "
            f"{zone_name}"
        )
        return
    match change.action:
        case Action.DELETE if existing is None:
            yield f"Tried to delete {_named(record_set)} but it was not found"
        case Action.DELETE if existing is not None and not existing.same_as(record_set):
            yield (
                f"Tried to delete {_named(record_set)} but the values provided do not "
                "match the current values"
            )
        case Action.CREATE if existing is not None:
            yield f"Tried to create {_named(record_set)} but it already exists"
    if change.action is not Action.DELETE:
        yield from _content_problems(record_set)


def _content_problems(record_set: RecordSet) -> Iterator[str]:
    values = record_set.values
    for value in dict.fromkeys(values):
        problem = value_problem(record_set.type, value)
        if problem:
            yield problem
        if values.count(value) > 1:
            yield f"Duplicate Resource Record: '{value}'"
    if len(values) > VALUES_MAX:
        yield f"Cannot have more than {VALUES_MAX} records in a RRSet."
    if len(values) > 1 and record_set.type in _SINGLE_VALUED:
        yield (
            f"RRSet of type {record_set.type} with DNS name {record_set.name} cannot "
            "have more than one value"
        )
    if record_set.alias is not None:
        problem = name_problem(record_set.alias.name)
        if problem:
            yield problem
        elif record_set.type in ("NS", "SOA"):
            yield (
                f"RRSet of type {record_set.type} with DNS name {record_set.name} "
                "cannot be an alias"
            )


def _named(record_set: RecordSet) -> str:
    identifier = record_set.set_identifier
    suffix = f", set identifier='{identifier}'" if identifier else ""
    return (
        f"resource record set [name='{record_set.name}', "
        f"type='{record_set.type}'{suffix}]"
    )


def _carry_out(
    change: Change,
    current: dict[RecordKey, RecordSet],
    written: dict[RecordKey, RecordSet],
) -> None:
    """Take the change for granted, also a refused one.

    Else one mistake would be reported again as the failure of whatever builds
    on it; the batch is refused either way.
    """
    key = change.record_set.key
    if change.action is Action.DELETE:
        current.pop(key, None)
        written.pop(key, None)
    else:
        current[key] = change.record_set
        written[key] = change.record_set
