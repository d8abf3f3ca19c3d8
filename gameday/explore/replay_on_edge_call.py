"""Is this the call that the schedule has at this step?

A call that an explored program made and one that a process makes are the same when
the same identity asks the same operation about the same things. What differs from
world to world is left out: ids of hosted zones, times, the incarnation in the value
of a lock, and which attempt of the SDK it is.

So are the end states compared: by what the record sets say, not by those ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gameday.edge.caller import name_caller
from gameday.edge.resources import name_resources
from gameday.model.enactment import parse_lock
from gameday.model.record_set import Change, RecordSet
from gameday.model.zone_wire import bare_zone_id, parse_change_batch, parse_record_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gameday.explore.aws_call import AwsCall
    from gameday.explore.execution import Execution
    from gameday.region.topology import Region

__all__ = [
    "Asked",
    "AskedNamer",
    "end_of",
    "end_on_edge",
    "explored_zones",
    "zone_differences",
]

_APEX_TYPES = frozenset({"NS", "SOA"})
_ROUTE53 = "route53:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one call asks, and nothing that differs from world to world.

    Attributes:
        identity: who signed it: an actor, or another identity of it.
        service: botocore's name.
        operation: its operation.
        about: resources that it touches, and what a batch does to each.
        resource: one pattern that fits what it touches, also for another plan.
        parameters: everything it says, by boto3 name; not compared.
    """

    identity: str
    service: str
    operation: str
    about: tuple[str, ...]
    resource: str
    parameters: Mapping[str, Any] = field(compare=False)

    def __str__(self) -> str:
        about = ", ".join(self.about[:3])
        more = f" and {len(self.about) - 3} more" if len(self.about) > 3 else ""
        return f"{self.service}.{self.operation} by {self.identity} about {about}{more}"


class AskedNamer:
    """Names calls in one world."""

    def __init__(self, region: Region, zones: Mapping[str, str]) -> None:
        """Make it.

        Args:
            region: knows the identities and the tables.
            zones: names of the hosted zones by bare id.
        """
        self._identities = region.access_keys()
        self._zones = zones
        self._keys = {
            table.name: tuple(
                key.name for key in (table.partition_key, table.sort_key) if key
            )
            for table in region.tables
        }

    def of_explored(self, call: AwsCall) -> Asked:
        """Return what a call of an exploration asks."""
        headers = {name.lower(): value for name, value in call.attempt.headers}
        caller = name_caller(headers.get("authorization", ""), {})
        return self._asked(
            caller.actor(self._identities),
            call.service,
            call.operation,
            call.parameters,
        )

    def of_held(self, held: Mapping[str, Any]) -> Asked:
        """Return what a call asks that the edge holds."""
        return self._asked(
            held["actor"], held["service"], held["operation"], held["request"]
        )

    def _asked(
        self,
        identity: str,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
    ) -> Asked:
        touched = name_resources(
            service,
            operation,
            parameters,
            keys_of=self._keys.get,
            zone_name=lambda zone_id: self._zones.get(bare_zone_id(zone_id)),
        )
        about = tuple(dict.fromkeys((*touched.reads, *touched.writes)))
        if operation == "ChangeResourceRecordSets":
            done = map(_done, parse_change_batch(parameters))
            about = tuple(done)
        return Asked(
            identity=identity,
            service=service,
            operation=operation,
            about=about,
            resource=_pattern(touched.reads or touched.writes),
            parameters=parameters,
        )


def _done(change: Change) -> str:
    record_set = change.record_set
    named = (record_set.name, record_set.type, record_set.set_identifier)
    return " ".join((change.action.value, *filter(None, named)))


def _pattern(resources: tuple[str, ...]) -> str:
    """Return what fits the zone or table that resources are in."""
    whole, slash, _ = resources[0].partition("/")
    return f"{whole}/*" if slash else whole


def explored_zones(execution: Execution) -> dict[str, str]:
    """Return the names of an execution's hosted zones by bare id."""
    return {
        zone_id: record_set.name
        for zone_id, record_set in _record_sets(execution)
        if record_set.type == "SOA"
    }


def end_of(execution: Execution) -> dict[str, frozenset[RecordSet]]:
    """Return what an execution leaves in each hosted zone, comparably."""
    names = explored_zones(execution)
    ends: dict[str, set[RecordSet]] = {name: set() for name in names.values()}
    for zone_id, record_set in _record_sets(execution):
        ends[names[zone_id]].add(record_set)
    return {name: _comparable(sets) for name, sets in ends.items()}


def end_on_edge(record_sets: Iterable[Mapping[str, Any]]) -> frozenset[RecordSet]:
    """Return what a zone of an edge holds, comparably."""
    return _comparable(map(parse_record_set, record_sets))


def zone_differences(
    explored: frozenset[RecordSet], replayed: frozenset[RecordSet]
) -> tuple[str, ...]:
    """Return how two ends of one zone differ, one sentence a record set."""
    return tuple(
        f"{said}: {_shown(record_set)}"
        for said, only in (
            ("only in the exploration", explored - replayed),
            ("only on the edge", replayed - explored),
        )
        for record_set in sorted(only, key=lambda each: each.key)
    )


def _record_sets(execution: Execution) -> Iterable[tuple[str, RecordSet]]:
    for resource, value in execution.contents.items():
        if resource.startswith(_ROUTE53) and isinstance(value, RecordSet):
            yield resource.removeprefix(_ROUTE53).partition("/")[0], value


def _comparable(record_sets: Iterable[RecordSet]) -> frozenset[RecordSet]:
    return frozenset(
        _without_ids(each) for each in record_sets if each.type not in _APEX_TYPES
    )


def _without_ids(record_set: RecordSet) -> RecordSet:
    if record_set.alias is not None:
        alias = replace(record_set.alias, zone_id="")
        return replace(record_set, alias=alias)
    if record_set.name.startswith("lock."):
        holder = parse_lock(record_set).holder.partition("/")[0]
        return replace(record_set, values=(holder,))
    return record_set


def _shown(record_set: RecordSet) -> str:
    said = " ".join(record_set.values)
    if record_set.alias is not None:
        said = f"-> {record_set.alias.name}"
    return f"{record_set.name} {record_set.type} {record_set.set_identifier} {said}"
