"""Did a zone leave DNS because its health checker had too much to do?

A zone may go when its targets are unhealthy. A late check says more of the checker than
of the target, so a zone that leaves DNS while late checks keep targets out of service
was taken out by the checker's own trouble, and what works may be gone with it.

The checkers tell after each round how many targets are out of service by a late check,
and the change batches say when a zone left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.balancing_seen import OUT_BY_LATE_METRIC, told, weight_changes
from gameday.model.history import Outcome
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "overloaded-removal"


def check(history: History, world: World) -> Finding:
    """Return invalid when a zone left DNS while late checks kept targets of it out."""
    rounds = list(told(history, OUT_BY_LATE_METRIC))
    if world.balancer is None or not rounds:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no load balancer, or no checker told what late checks took out",
        )
    left = [
        change
        for change in weight_changes(history, world.balancer)
        if not change.is_in_dns
        and change.op.outcome is Outcome.OK
        and change.op.actor not in world.operators
    ]
    late = []
    for change in left:
        before = [
            each
            for each in rounds
            if each.zone == change.zone and each.at_ns <= change.op.start_ns
        ]
        if before and before[-1].value > 0:
            late.append(change)
    if not late:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"{len(left)} times a zone left DNS, never by late checks",
        )
    first = late[0]
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{len(late)} of {len(left)} times a zone left DNS with targets out by "
            f"late checks, first {first.zone} at {seconds(first.op.start_ns)}"
        ),
        at_ns=first.op.start_ns,
        ops=tuple(each.op.index for each in late)[:OPS_SHOWN_MAX],
    )
