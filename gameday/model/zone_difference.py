"""Which changes lead from one version of a zone to another?

The answer is one batch in an order that can be carried out line by line: what
goes, goes first (so that a CNAME makes room), then ordinary sets, then aliases,
each after the alias it points at.

A batch can only write an alias whose target exists. Where the wanted zone holds
a new alias whose target is gone, no batch leads there and Route 53 would refuse
this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.record_order import listing_order
from gameday.model.record_set import Action, Change, RecordKey, RecordSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.model.hosted_zone import Zone

__all__ = ["net_changes"]


def net_changes(before: Zone, after: Zone) -> tuple[Change, ...]:
    """Return the smallest batch that turns `before` into `after`.

    Sets that differ only in the order of their values are the same.
    """
    gone = [
        record_set
        for key, record_set in before.record_sets.items()
        if key not in after.record_sets
    ]
    written: dict[RecordKey, Change] = {}
    for key, record_set in after.record_sets.items():
        existing = before.record_sets.get(key)
        if existing is None:
            written[key] = Change(action=Action.CREATE, record_set=record_set)
        elif not existing.same_as(record_set):
            written[key] = Change(action=Action.UPSERT, record_set=record_set)
    return (
        *(
            Change(action=Action.DELETE, record_set=record_set)
            for record_set in _listed(gone)
        ),
        *(
            written[record_set.key]
            for record_set in _targets_first(
                _listed(change.record_set for change in written.values()), after.id
            )
        ),
    )


def _listed(record_sets: Iterable[RecordSet]) -> list[RecordSet]:
    return sorted(record_sets, key=lambda each: listing_order(each.key))


def _targets_first(record_sets: list[RecordSet], zone_id: str) -> list[RecordSet]:
    """Put each alias after the sets of this zone that it points at."""
    placed = [each for each in record_sets if each.alias is None]
    waiting = [each for each in record_sets if each.alias is not None]
    while waiting:
        pending = {(each.name, each.type) for each in waiting}
        ready = [
            each
            for each in waiting
            if each.alias is None
            or each.alias.zone_id != zone_id
            or (each.alias.name, each.type) not in pending
        ]
        # Aliases in a circle have no order; they go as they are listed.
        placed += ready or waiting
        waiting = [each for each in waiting if each not in ready] if ready else []
    return placed
