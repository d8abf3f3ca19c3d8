"""What is a record set, and what may a change batch ask to be done with it?

Values only. Names are absolute, lower case and end with a dot; `record_syntax`
makes them so. A record set is one of two things, ordinary (TTL and values) or
an alias; a set as somebody asked for it may be neither or both, which is for
`zone.apply_batch` to refuse, so the constructor lets it through.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "Action",
    "AliasTarget",
    "Change",
    "RecordKey",
    "RecordSet",
    "Rejection",
    "Routing",
]


class Action(StrEnum):
    """The three verbs of a change batch."""

    CREATE = "CREATE"
    DELETE = "DELETE"
    UPSERT = "UPSERT"


class Routing(StrEnum):
    """How Route 53 picks between sets of one name and type."""

    SIMPLE = "simple"
    WEIGHTED = "weighted"
    LATENCY = "latency"
    FAILOVER = "failover"
    GEOLOCATION = "geolocation"
    GEOPROXIMITY = "geoproximity"
    MULTIVALUE = "multivalue answer"
    CIDR = "cidr"


_ROUTING_OF_ATTRIBUTE = {
    "Region": Routing.LATENCY,
    "Failover": Routing.FAILOVER,
    "GeoLocation": Routing.GEOLOCATION,
    "GeoProximityLocation": Routing.GEOPROXIMITY,
    "MultiValueAnswer": Routing.MULTIVALUE,
    "CidrRoutingConfig": Routing.CIDR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTarget:
    """Where an alias record set points."""

    zone_id: str
    name: str
    evaluate_target_health: bool = False


class RecordKey(NamedTuple):
    """What makes a record set unique in its zone.

    A tuple, because every batch, listing and index hashes or compares its keys.
    """

    name: str
    type: str
    set_identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """One resource record set.

    Attributes:
        name: absolute, lower case, with the final dot.
        type: "A", "AAAA", "CNAME", "TXT", "SOA", "NS", ...
        ttl_s: seconds; None for an alias.
        values: record values as Route 53 writes them; empty for an alias.
        alias: the alias target, None for an ordinary set.
        set_identifier: "" for simple routing.
        weight: 0 to 255 for weighted routing, else None.
        routing: every other routing attribute as sorted (name, value) pairs,
            under AWS's names; values that are structures are compact JSON.
    """

    name: str
    type: str
    ttl_s: int | None = None
    values: tuple[str, ...] = ()
    alias: AliasTarget | None = None
    set_identifier: str = ""
    weight: int | None = None
    routing: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> RecordKey:
        """Return the name, type and set identifier."""
        return RecordKey(self.name, self.type, self.set_identifier)

    @property
    def policies(self) -> tuple[Routing, ...]:
        """Every routing policy this set names; a valid set names at most one."""
        named = () if self.weight is None else (Routing.WEIGHTED,)
        if not self.routing:
            return named
        return named + tuple(
            _ROUTING_OF_ATTRIBUTE[name]
            for name, _ in self.routing
            if name in _ROUTING_OF_ATTRIBUTE
        )

    @property
    def policy(self) -> Routing:
        """The routing policy; simple when the set names none."""
        return next(iter(self.policies), Routing.SIMPLE)

    def same_as(self, other: RecordSet) -> bool:
        """Whether both say the same; the order of values says nothing."""
        if self == other:
            return True
        return (
            self.key == other.key
            and self.ttl_s == other.ttl_s
            and self.alias == other.alias
            and self.weight == other.weight
            and self.routing == other.routing
            and sorted(self.values) == sorted(other.values)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a change batch."""

    action: Action
    record_set: RecordSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why Route 53 refuses a batch: one code, every message.

    Attributes:
        code: "InvalidChangeBatch", or "InvalidInput" when the request itself is
            not well formed; AWS looks at the zone only after that.
        messages: one for each problem, in AWS's wording.
    """

    code: str
    messages: tuple[str, ...]
