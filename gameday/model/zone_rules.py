"""May a zone look the way a change batch would leave it?

Judged on the zone as it would be, for the sets that the batch writes: what an
earlier batch left behind (an alias whose target has since been deleted) is not
held against a batch that does not touch it. Only the apex's SOA and NS are
looked for each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.record_set import RecordKey, RecordSet, Routing
from gameday.model.record_syntax import is_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gameday.model.hosted_zone import Zone

__all__ = ["zone_problems"]

RECORD_SETS_MAX = 10_000


def zone_problems(
    before: Zone,
    after: Zone,
    written: Sequence[RecordSet],
    *,
    other_zones: Mapping[str, Zone],
) -> tuple[str, ...]:
    """Return everything that the batch would leave in an impossible state.

    Args:
        before: the zone as it stands.
        after: the zone as it would be.
        written: the sets that the batch creates or replaces, as they are in `after`.
        other_zones: the account's other zones by id; `before` may be among them.
    """
    neighbours: dict[str, list[RecordSet]] = {each.name: [] for each in written}
    if neighbours:
        for key, record_set in after.record_sets.items():
            if key.name in neighbours:
                neighbours[key.name].append(record_set)
    problems = list(_whole_zone_problems(before, after))
    targets = _Targets(after, other_zones)
    for record_set in written:
        beside = [
            each for each in neighbours[record_set.name] if each is not record_set
        ]
        problems.extend(_place_problems(record_set, beside, after.name))
        problems.extend(_policy_problems(record_set, beside))
        problems.extend(_alias_problems(record_set, targets))
    return tuple(problems)


def _whole_zone_problems(before: Zone, after: Zone) -> Iterator[str]:
    lost = {
        record_type
        for record_type in ("SOA", "NS")
        if (key := RecordKey(after.name, record_type)) not in after.record_sets
        and key in before.record_sets
    }
    if "SOA" in lost:
        yield "A HostedZone must contain exactly one SOA record."
    if "NS" in lost:
        yield "A HostedZone must contain at least one NS record for the zone itself."
    count = len(after.record_sets)
    if count > RECORD_SETS_MAX and count > len(before.record_sets):
        yield f"Exceeded limit MAX_RRSETS_BY_ZONE for zone: {after.id}"


def _place_problems(
    record_set: RecordSet, beside: Sequence[RecordSet], zone_name: str
) -> Iterator[str]:
    """A CNAME stands alone at its name, never at the apex; SOA only there."""
    if not beside and record_set.type not in ("CNAME", "SOA"):
        return
    subject = f"RRSet of type {record_set.type} with DNS name {record_set.name}"
    if record_set.type == "SOA" and record_set.name != zone_name:
        yield "A HostedZone must contain exactly one SOA record."
    if record_set.type == "CNAME":
        if record_set.name == zone_name:
            yield f"{subject} is not permitted at apex in zone {zone_name}"
        elif any(each.type != "CNAME" for each in beside):
            yield (
                f"{subject} is not permitted as it conflicts with other records "
                f"with the same DNS name in zone {zone_name}"
            )
    elif any(each.type == "CNAME" for each in beside):
        # The two blanks before CNAME are AWS's.
        yield (
            f"{subject} is not permitted because a conflicting RRSet of type  CNAME "
            f"with the same DNS name already exists in zone {zone_name}"
        )


def _policy_problems(
    record_set: RecordSet, beside: Sequence[RecordSet]
) -> Iterator[str]:
    """Sets of one name and type follow one policy, which is not the simple one."""
    rivals = [each for each in beside if each.type == record_set.type]
    if not rivals:
        return
    subject = f"RRSet with DNS name {record_set.name}, type {record_set.type}"
    policy = record_set.policy
    if policy is Routing.SIMPLE:
        yield (
            f"{subject} cannot be created as other RRSets exist with the same name "
            "and type."
        )
        return
    subject = f"{subject}, SetIdentifier {record_set.set_identifier}"
    if policy is Routing.MULTIVALUE:
        kind = "because a non multivalue answer rrset"
    else:
        kind = f"as a non-{policy.value} set"
    if any(each.policy is not policy for each in rivals):
        yield f"{subject} cannot be created {kind} exists with the same name and type."
    elif policy is Routing.WEIGHTED and record_set.alias is None:
        others = {each.ttl_s for each in rivals if each.alias is None}
        if others - {record_set.ttl_s}:
            yield (
                f"{subject} cannot be created as weighted sets must contain the same "
                "TTL."
            )


class _Targets:
    """The names and types that aliases may point at, looked up zone by zone."""

    def __init__(self, own: Zone, others: Mapping[str, Zone]) -> None:
        self.own = own
        self._others = others
        self._present: dict[str, frozenset[tuple[str, str]]] = {}

    def zone(self, zone_id: str) -> Zone | None:
        """Return the zone that an alias names, the own one as it would be."""
        return self.own if zone_id == self.own.id else self._others.get(zone_id)

    def has(self, zone: Zone, name: str, record_type: str) -> bool:
        """Whether the zone has any set of this name and type."""
        if RecordKey(name, record_type) in zone.record_sets:
            return True
        if zone.id not in self._present:
            keys = zone.record_sets
            self._present[zone.id] = frozenset((key.name, key.type) for key in keys)
        return (name, record_type) in self._present[zone.id]


def _alias_problems(record_set: RecordSet, targets: _Targets) -> Iterator[str]:
    alias = record_set.alias
    zone = targets.zone(alias.zone_id) if alias is not None else None
    if alias is None or zone is None:
        # A zone nobody knows here is an AWS service's: ELB, CloudFront, S3 ...
        return
    tried = (
        f"Tried to create an alias that targets {alias.name}, type {record_set.type} "
        f"in zone {alias.zone_id}"
    )
    if not is_within(alias.name, zone.name):
        yield f"{tried}, but the alias target name does not lie within the target zone"
    itself = zone is targets.own and alias.name == record_set.name
    if itself or not targets.has(zone, alias.name, record_set.type):
        yield f"{tried}, but that target was not found"
