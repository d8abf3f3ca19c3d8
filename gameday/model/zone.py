"""What does Route 53 do to a hosted zone when it is given a change batch?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Action",
    "AliasTarget",
    "Change",
    "RecordKey",
    "RecordSet",
    "Rejection",
    "Zone",
]


class Action(StrEnum):
    """The three verbs of a change batch."""

    CREATE = "CREATE"
    DELETE = "DELETE"
    UPSERT = "UPSERT"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTarget:
    """Where an alias record set points."""

    zone_id: str
    name: str
    evaluate_target_health: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RecordKey:
    """What makes a record set unique in its zone."""

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
        routing: every other routing attribute as sorted (name, value) pairs.
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
        return RecordKey(
            name=self.name, type=self.type, set_identifier=self.set_identifier
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a change batch."""

    action: Action
    record_set: RecordSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why Route 53 refuses a batch: one code, every message."""

    code: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One hosted zone at one version.

    Attributes:
        id: the bare zone id, e.g. "Z0123".
        name: absolute, lower case, with the final dot.
        record_sets: every set by key, SOA and NS included.
    """

    id: str
    name: str
    record_sets: dict[RecordKey, RecordSet]
