"""Did zones leave DNS again as soon as operators switched automatic failover on again?

Failover that is switched off hides what the health checkers believe; it mends nothing.
Switched on while a checker is behind or targets are without network, it takes zones out
at its next look. So it may go on again when what it was switched off for is over, and
whether it was is seen in what happens then: for some time no zone leaves DNS.

Witnesses are the levers as they were written, and the change batches of the load
balancer. What operators take out themselves is deliberate.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.balancing_seen import weight_changes
from gameday.model.history import Outcome
from gameday.model.lever_document import LEVERS_NAME, parse_levers
from gameday.model.run_span import run_span
from gameday.model.table_writes import SWITCHES_TABLE, item_writes
from gameday.model.verdict import Finding, Validity
from gameday.model.zonal_failover import Failover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History, Op
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "failover-on-too-early"


def check(history: History, world: World) -> Finding:
    """Return invalid when a zone left DNS soon after failover was on again."""
    on_again = list(_switched_on_again(history))
    if world.balancer is None or not on_again:
        return _unknown("automatic failover was never off and then on again")
    settle_ns = world.failover_settle_ms * 1_000_000
    left = [
        change.op
        for change in weight_changes(history, world.balancer)
        if not change.is_in_dns
        and change.op.actor not in world.operators
        and any(
            on.end_ns <= change.op.end_ns <= on.end_ns + settle_ns for on in on_again
        )
    ]
    certain = [op for op in left if op.outcome is Outcome.OK]
    settle_s = world.failover_settle_ms / 1000
    if certain:
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{len(certain)} times a zone left DNS within {settle_s:.0f} s of "
                f"automatic failover being on again, first at "
                f"{seconds(certain[0].start_ns)}"
            ),
            at_ns=certain[0].start_ns,
            ops=tuple(op.index for op in certain)[:OPS_SHOWN_MAX],
        )
    if left:
        return _unknown("a zone left DNS if a batch whose reply was lost took effect")
    if run_span(history).end_ns < on_again[-1].end_ns + settle_ns:
        return _unknown(
            f"automatic failover was on again for less than {settle_s:.0f} s"
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=(
            f"automatic failover was on again at {seconds(on_again[0].end_ns)}, and no "
            f"zone left DNS within {settle_s:.0f} s"
        ),
    )


def _switched_on_again(history: History) -> Iterator[Op]:
    """Yield the writes of levers that switched failover from off to on.

    Levers are written again until they are known to be set, so a write without a
    reply counts.
    """
    is_off = False
    for op, item in item_writes(history, SWITCHES_TABLE):
        if item.get("name") != LEVERS_NAME or op.outcome is Outcome.FAIL:
            continue
        levers = parse_levers(json.loads(str(item["document"])))
        if is_off and levers.failover is Failover.ON:
            yield op
        is_off = levers.failover is Failover.OFF


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
