r"""Which record sets answer for a name, in the zones one name server has?

A `ZoneIndex` is one zone at one version, arranged for lookups; a `ZoneTable` is
the zones of one server. Both are values: a server moves to the next version by
replacing its table.

Existence follows RFC 4592: a name exists when it owns a record set or lies
above one that does, and a wildcard (`\052` as Route 53 lists it) answers only
for names below its parent that do not exist.

Names are in the form of `record_syntax.normalise_name` throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.model.record_set import RecordSet
from gameday.model.record_syntax import is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gameday.model.hosted_zone import Zone

    SetsByType = Mapping[str, tuple[RecordSet, ...]]

__all__ = ["ZoneIndex", "ZoneTable", "bare_zone_id", "index_zone", "name_of_labels"]

_WILDCARD = "\\052."
_SOA_TTL_S = 900
_SOA_VALUE = (
    "ns-2048.awsdns-64.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
)
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
_NO_SETS: SetsByType = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneIndex:
    """One zone arranged for lookups; made by `index_zone`.

    Attributes:
        id: the bare zone id.
        name: the apex.
        sets: record sets by name and type, in order of set identifier.
        names: every name that exists, empty non-terminals included.
        cuts: names below the apex that own NS records.
        soa: the SOA set as negative answers carry it.
    """

    id: str
    name: str
    sets: Mapping[str, SetsByType]
    names: frozenset[str]
    cuts: frozenset[str]
    soa: RecordSet

    def at(self, name: str) -> SetsByType | None:
        """Return the sets that answer for `name`; None when it does not exist."""
        if name in self.names:
            return self.sets.get(name, _NO_SETS)
        for ancestor in _ancestors(name):
            if ancestor in self.names:
                return self.sets.get(_WILDCARD + ancestor)
        return None

    def cut_above(self, name: str) -> str | None:
        """Return the delegation that `name` lies at or below, None without one."""
        if self.cuts:
            for candidate in (name, *_ancestors(name)):
                if candidate in self.cuts:
                    return candidate
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTable:
    """The zones one name server has, each at the version it has reached."""

    by_id: Mapping[str, ZoneIndex] = field(default_factory=dict)
    by_name: Mapping[str, ZoneIndex] = field(default_factory=dict)

    def with_zone(self, index: ZoneIndex) -> ZoneTable:
        """Return a table in which `index` replaces the zone of its id."""
        return _table({**self.by_id, index.id: index})

    def without_zone(self, zone_id: str) -> ZoneTable:
        """Return a table that no longer has the zone `zone_id`."""
        return _table(
            {key: index for key, index in self.by_id.items() if key != zone_id}
        )

    def enclosing(self, name: str) -> ZoneIndex | None:
        """Return the zone with the longest apex that `name` lies in."""
        for candidate in (name, *_ancestors(name)):
            index = self.by_name.get(candidate)
            if index is not None:
                return index
        return None


def index_zone(zone: Zone, *, soa_ttl_s: int | None = None) -> ZoneIndex:
    """Arrange `zone` for lookups.

    Args:
        zone: the zone; a missing or unreadable SOA is replaced by Route 53's
            default, because some emulators store a rendered Python value there.
        soa_ttl_s: seconds that the SOA gets as its TTL instead of its own;
            None keeps its own.
    """
    soa = _soa(zone, soa_ttl_s)
    grouped: dict[str, dict[str, list[RecordSet]]] = {zone.name: {}}
    for key in sorted(zone.record_sets):
        owner = grouped.setdefault(key.name, {})
        owner.setdefault(key.type, []).append(zone.record_sets[key])
    grouped[zone.name]["SOA"] = [soa]
    return ZoneIndex(
        id=bare_zone_id(zone.id),
        name=zone.name,
        sets={
            name: {kind: tuple(found) for kind, found in by_type.items()}
            for name, by_type in grouped.items()
        },
        names=_existing(grouped, zone.name),
        cuts=frozenset(
            name
            for name, by_type in grouped.items()
            if "NS" in by_type and name != zone.name
        ),
        soa=soa,
    )


def name_of_labels(labels: Iterable[bytes]) -> str:
    """Return the name that a question's labels spell, as the zones write it.

    Args:
        labels: the labels from left to right; an empty one at the end, which
            stands for the root, is allowed.
    """
    return "".join(f"{_written(label.lower())}." for label in labels if label) or "."


def bare_zone_id(zone_id: str) -> str:
    """Return `zone_id` without the "/hostedzone/" that AWS puts before it."""
    return zone_id.rsplit("/", 1)[-1]


def _table(by_id: dict[str, ZoneIndex]) -> ZoneTable:
    # Route 53 lets two zones have one name, and the registrar's delegation says
    # which is asked. Here the highest zone id is, so that the choice is stable.
    by_name = {by_id[zone_id].name: by_id[zone_id] for zone_id in sorted(by_id)}
    return ZoneTable(by_id=by_id, by_name=by_name)


def _soa(zone: Zone, soa_ttl_s: int | None) -> RecordSet:
    soa = RecordSet(name=zone.name, type="SOA", ttl_s=_SOA_TTL_S, values=(_SOA_VALUE,))
    for record_set in zone.record_sets.values():
        if record_set.type == "SOA" and len(record_set.values) == 1:
            words = record_set.values[0].split()
            if len(words) == 7 and all(word.isdecimal() for word in words[2:]):
                soa = record_set
    return soa if soa_ttl_s is None else replace(soa, ttl_s=soa_ttl_s)


def _existing(owners: Iterable[str], apex: str) -> frozenset[str]:
    names = {apex}
    for owner in owners:
        for candidate in (owner, *_ancestors(owner)):
            if candidate in names or not is_within(candidate, apex):
                break
            names.add(candidate)
    return frozenset(names)


def _ancestors(name: str) -> Iterator[str]:
    """Yield the names above `name`, the closest first, the root excluded."""
    # A dot inside a label is written as an octal escape, so every dot separates.
    _, _, rest = name.partition(".")
    while rest:
        yield rest
        _, _, rest = rest.partition(".")


def _written(label: bytes) -> str:
    if _PLAIN.issuperset(label):
        return label.decode("ascii")
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in label)
