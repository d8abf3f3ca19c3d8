"""In which order does Route 53 list a zone, and where does a page end?

By name with the labels reversed and the final dot kept ("com.example.www."),
compared as text, then by type, then by set identifier. The dot takes part in
the comparison: "com.example.a-b." comes before "com.example.a." because "-" is
the smaller character. A page says where the next begins; joining the pages of
an unchanged zone gives every set once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gameday.model.record_syntax import NAMES_CACHED_MAX, normalise_name

if TYPE_CHECKING:
    from gameday.model.hosted_zone import Zone
    from gameday.model.record_set import RecordKey, RecordSet

__all__ = ["PAGE_SIZE_MAX", "RecordPage", "list_record_sets", "listing_order"]

PAGE_SIZE_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page of ListResourceRecordSets.

    Attributes:
        record_sets: in Route 53's order.
        next_key: where the next page begins; None on the last page.
        max_items: the page size in force, 1 to 300.
    """

    record_sets: tuple[RecordSet, ...]
    next_key: RecordKey | None
    max_items: int

    @property
    def is_truncated(self) -> bool:
        """Whether another page follows."""
        return self.next_key is not None


@lru_cache(maxsize=NAMES_CACHED_MAX)
def _reversed_name(name: str) -> str:
    """Return `name` with its labels reversed and the final dot kept."""
    return ".".join(reversed(name.removesuffix(".").split("."))) + "."


def listing_order(key: RecordKey) -> tuple[str, str, str]:
    """Return what Route 53 sorts a record set by."""
    return (_reversed_name(key.name), key.type, key.set_identifier)


def list_record_sets(
    zone: Zone,
    *,
    start_name: str = "",
    start_type: str = "",
    start_identifier: str = "",
    max_items: int = PAGE_SIZE_MAX,
) -> RecordPage:
    """Return the page that begins at the given name, type and set identifier.

    Args:
        zone: the zone to list.
        start_name: where to begin; "" for the beginning. It need not exist.
        start_type: only together with a name.
        start_identifier: only together with a name and a type.
        max_items: sets on the page; more than 300 means 300, as in AWS.

    Raises:
        ValueError: a type without a name, an identifier without a type, or a
            page size below 1.
    """
    if (start_type and not start_name) or (start_identifier and not start_type):
        raise ValueError("The input is not valid")
    if max_items < 1:
        raise ValueError(f"MaxItems must be at least 1, found {max_items}")
    size = min(max_items, PAGE_SIZE_MAX)
    start = (
        _reversed_name(normalise_name(start_name)) if start_name else "",
        start_type,
        start_identifier,
    )
    ordered = sorted(
        (order, key)
        for key in zone.record_sets
        if (order := listing_order(key)) >= start
    )
    following = ordered[size][1] if len(ordered) > size else None
    return RecordPage(
        record_sets=tuple(zone.record_sets[key] for _, key in ordered[:size]),
        next_key=following,
        max_items=size,
    )
