"""Who is served when there is not enough capacity for all?

Somebody waits for the reply of a synchronous invocation. Asynchronous invocations and
event source mappings wait in queues and lose nothing by waiting longer. Served in the
order of arrival, all three fail in proportion; in October 2025 operators throttled the
two that can wait in favour of the one that cannot (AWS's post-event summary).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Invocations", "Protects", "share_out"]


class Protects(StrEnum):
    """Whom a shortage spares."""

    NOBODY = "nobody"
    """As built: in proportion to what was asked."""
    SYNC = "sync"
    """Synchronous first, asynchronous next, event sources with what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocations:
    """How many invocations of each kind, asked for or served."""

    sync: int = 0
    asynchronous: int = 0
    event_source: int = 0

    def __post_init__(self) -> None:
        """Refuse fewer than none."""
        if min(self.sync, self.asynchronous, self.event_source) < 0:
            raise ValueError(f"need counts from 0 up, not {self}")

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.sync + self.asynchronous + self.event_source


def share_out(asked: Invocations, *, capacity: int, protects: Protects) -> Invocations:
    """Return how many of each kind are served; the rest waits or is refused.

    Nothing that could be served is left: the counts add up to the capacity, or to what
    was asked when that is less.
    """
    counts = (asked.sync, asked.asynchronous, asked.event_source)
    served = (
        _in_order(counts, capacity)
        if protects is Protects.SYNC
        else _in_proportion(counts, capacity)
    )
    return Invocations(sync=served[0], asynchronous=served[1], event_source=served[2])


def _in_order(counts: tuple[int, ...], capacity: int) -> list[int]:
    served = []
    for count in counts:
        served.append(min(count, max(0, capacity)))
        capacity -= served[-1]
    return served


def _in_proportion(counts: tuple[int, ...], capacity: int) -> list[int]:
    """Share out in whole invocations; what rounding leaves goes to the largest rest."""
    total = sum(counts)
    capacity = max(0, min(capacity, total))
    if not total:
        return list(counts)
    served = [count * capacity // total for count in counts]
    rests = [count * capacity % total for count in counts]
    by_rest = sorted(range(len(counts)), key=lambda place: (-rests[place], place))
    for place in by_rest[: capacity - sum(served)]:
        served[place] += 1
    return served
