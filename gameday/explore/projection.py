"""Which of the values that AWS holds does the answer to a call depend on?

A projection takes the contents of a service and returns what is equal wherever a call
has the same effect: what the call reads, and what it overwrites, because that decides
what counts as a change. It is narrower than the footprint where a listing shows one
page: the record sets of the page and the one after it, whose name the reply tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.record_order import listing_order
from gameday.model.zone import RecordKey, normalise_name
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from gameday.explore.aws_call import AwsCall

    Projection = Callable[[dict[str, int]], Hashable]
    """Takes resource -> number of its value."""

__all__ = ["projection_of"]

_GONE = 0
"""The number of the value of a resource that does not exist."""

_PAGE_SIZE_MAX = 300


def projection_of(call: AwsCall) -> Projection:
    """Return what decides the effect of a call."""
    if call.operation == "ListResourceRecordSets":
        return lambda values: _listed(call, values)
    if call.operation == "ListHostedZonesByName":
        return _counted
    patterns = tuple(dict.fromkeys((*call.footprint.reads, *call.footprint.writes)))
    exact = tuple(each for each in patterns if not each.endswith("*"))
    prefixes = tuple(each[:-1] for each in patterns if each.endswith("*"))

    def project(values: dict[str, int]) -> Hashable:
        known = tuple(values.get(each, _GONE) for each in exact)
        if not prefixes:
            return known
        ranges = [pair for pair in values.items() if pair[0].startswith(prefixes)]
        return known, frozenset(ranges)

    return project


def _listed(call: AwsCall, values: dict[str, int]) -> Hashable:
    """Return the record sets of one page and the one after it."""
    given = call.parameters
    zone = bare_zone_id(str(given["HostedZoneId"]))
    prefix = f"route53:{zone}/"
    start_name = given.get("StartRecordName", "")
    start = listing_order(
        RecordKey(
            name=normalise_name(start_name) if start_name else ".",
            type=given.get("StartRecordType", ""),
            set_identifier=given.get("StartRecordIdentifier", ""),
        )
    )
    size = min(int(given.get("MaxItems") or _PAGE_SIZE_MAX), _PAGE_SIZE_MAX)
    ordered = sorted(
        (_order(resource), resource)
        for resource in values
        if resource.startswith(prefix)
    )
    listed = [each for each in ordered if not start_name or each[0] >= start]
    return tuple((resource, values[resource]) for _, resource in listed[: size + 1])


_ORDERS: dict[str, tuple[str, str, str]] = {}


def _order(resource: str) -> tuple[str, str, str]:
    found = _ORDERS.get(resource)
    if found is None:
        _, name, record_type, identifier = resource.split("/", 3)
        found = _ORDERS[resource] = listing_order(
            RecordKey(name=name, type=record_type, set_identifier=identifier)
        )
    return found


def _counted(values: dict[str, int]) -> Hashable:
    """Return the frame of the zones and how many record sets each has."""
    counts: dict[str, int] = {}
    for resource in values:
        zone, _, _ = resource.partition("/")
        counts[zone] = counts.get(zone, 0) + 1
    return values.get("route53:*", _GONE), frozenset(counts.items())
