"""Did automatic failover take away more of a load balancer than it may?

Two bounds, whatever the health checks said: within a window no more than a share of all
targets leaves DNS, and a floor always stays. The change batches say when zones left,
and the checkers' own metrics how many targets each had then. What came back since does
not count: something that flaps uses the window up.

A load balancer that is still being filled has zones that come and go; it is judged from
when its customers were all served for the first time, if they ever were.

What operators take out is deliberate and counts for neither bound. A batch whose reply
was lost may have been one; when the answer depends on such batches, it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.balancing_seen import (
    SERVED_METRIC,
    TARGETS_METRIC,
    told,
    weight_changes,
)
from gameday.model.history import Outcome
from gameday.model.velocity import Removal
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gameday.model.balancing_seen import Told, WeightChange
    from gameday.model.history import History
    from gameday.model.velocity import Velocity
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "capacity-removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Breach:
    change: WeightChange
    what: str


def check(history: History, world: World) -> Finding:
    """Return invalid when too much capacity left DNS, or the floor was passed."""
    targets = [each for each in told(history, TARGETS_METRIC) if each.zone]
    if world.balancer is None or not targets:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no load balancer, or no checker told how many targets there are",
        )
    since_ns = _filled_ns(history)
    changes = [
        each
        for each in weight_changes(history, world.balancer)
        if each.op.start_ns >= since_ns
    ]
    certain = [each for each in changes if each.op.outcome is Outcome.OK]
    breaches = list(_breaches(certain, targets, world))
    if breaches:
        first = breaches[0]
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=f"{first.what} at {seconds(first.change.op.start_ns)}",
            at_ns=first.change.op.start_ns,
            ops=tuple(each.change.op.index for each in breaches)[:OPS_SHOWN_MAX],
        )
    removals = sum(not each.is_in_dns for each in changes)
    if len(changes) > len(certain) and any(_breaches(changes, targets, world)):
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="too much left DNS if a batch whose reply was lost took effect",
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=f"{removals} times a zone left DNS, within the limits",
    )


def _breaches(
    changes: Sequence[WeightChange], targets: Sequence[Told], world: World
) -> Iterator[_Breach]:
    limit = world.velocity
    out: set[str] = set()
    removals: tuple[Removal, ...] = ()
    for change in changes:
        if change.is_in_dns:
            out.discard(change.zone)
            continue
        sizes = _sizes(targets, until_ns=change.op.start_ns)
        total = sum(sizes.values())
        taken = sizes.get(change.zone, 0)
        now_ms = change.op.start_ns // 1_000_000
        out.add(change.zone)
        if not taken or change.op.actor in world.operators:
            continue
        removals = limit.counted(removals, now_ms=now_ms)
        left = total - sum(sizes.get(zone, 0) for zone in out)
        if not limit.may_remove(taken, removals, total=total):
            yield _Breach(change=change, what=_too_fast(removals, taken, total, limit))
        elif not limit.keeps_floor(left, total=total):
            what = (
                f"{left} of {total} targets were left in DNS, fewer than "
                f"{limit.floor_percent} %,"
            )
            yield _Breach(change=change, what=what)
        removals += (Removal(at_ms=now_ms, targets=taken),)


def _filled_ns(history: History) -> int:
    """Return when every customer was served first, 0 when that never was."""
    served = (each.at_ns for each in told(history, SERVED_METRIC) if each.value >= 1)
    return next(served, 0)


def _too_fast(
    removals: Iterable[Removal], taken: int, total: int, limit: Velocity
) -> str:
    removed = taken + sum(each.targets for each in removals)
    return (
        f"{removed} targets had left DNS within {limit.window_ms / 1000:g} s, more "
        f"than {limit.removed_percent_max} % of {total},"
    )


def _sizes(targets: Sequence[Told], *, until_ns: int) -> dict[str, int]:
    """Return how many targets each zone had, as was told last before a time."""
    return {each.zone: round(each.value) for each in targets if each.at_ns <= until_ns}
