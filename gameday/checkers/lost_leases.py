"""How many droplet leases lapsed before they were renewed?

A lease lapses when the moment it was written to last until passes before its
next write takes effect, or before the run ends. Expiry is on the writer's wall
clock, so the mark `run_started` must tell the run's own. A write whose reply was
lost may have renewed the lease; when the answer depends on it, it is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.history import Outcome
from gameday.model.run_span import RunSpan, run_span
from gameday.model.table_writes import LeaseWrite, lease_writes
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "lost-leases"


def check(history: History, world: World) -> Finding:
    """Return invalid when more than the tolerated share of leases lapsed."""
    span = run_span(history)
    if span.epoch_ms is None:
        return _unknown("the history has no run_started mark to tell the wall clock")
    acknowledged: dict[str, list[LeaseWrite]] = {}
    possible: dict[str, list[LeaseWrite]] = {}
    for write in lease_writes(history):
        if write.op.outcome is not Outcome.FAIL:
            possible.setdefault(write.droplet, []).append(write)
        if write.op.outcome is Outcome.OK:
            acknowledged.setdefault(write.droplet, []).append(write)
    if not acknowledged:
        return _unknown("no lease was seen to be written")
    lapsed = _lapses(acknowledged.values(), span)
    surely = _lapses((possible[droplet] for droplet in acknowledged), span)
    share, share_surely = (len(found) / len(acknowledged) for found in (lapsed, surely))
    if share <= world.leases_lost_share_max:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"{_counted(lapsed, acknowledged)} lapsed",
        )
    if share_surely <= world.leases_lost_share_max:
        return _unknown(
            f"between {len(surely)} and {len(lapsed)} of {len(acknowledged)} leases "
            "lapsed, depending on writes whose reply was lost"
        )
    first_ns = min(at_ns for at_ns, _ in surely)
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{_counted(surely, acknowledged)} lapsed, the first at "
            f"{seconds(first_ns)}; {world.leases_lost_share_max:.0%} are tolerated"
        ),
        at_ns=first_ns,
        ops=tuple(index for _, index in sorted(surely))[:OPS_SHOWN_MAX],
    )


def _lapses(
    droplets: Iterable[list[LeaseWrite]], span: RunSpan
) -> list[tuple[int, int]]:
    """Return (when, index of the last write before) for each lapsed lease."""
    found = []
    for writes in droplets:
        ordered = sorted(writes, key=lambda write: write.op.end_ns)
        renewed_ns = [write.op.end_ns for write in ordered[1:]] + [span.end_ns]
        for write, next_ns in zip(ordered, renewed_ns, strict=True):
            expired_ns = _run_ns(write.expires_at_ms, span)
            if expired_ns < next_ns:
                found.append((expired_ns, write.op.index))
                break
    return found


def _run_ns(wall_ms: int, span: RunSpan) -> int:
    return span.start_ns + (wall_ms - (span.epoch_ms or 0)) * 1_000_000


def _counted(
    lapsed: list[tuple[int, int]], droplets: dict[str, list[LeaseWrite]]
) -> str:
    share = len(lapsed) / len(droplets)
    return f"{len(lapsed)} of {len(droplets)} leases ({share:.0%})"


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
