"""Did droplet leases stay lost after the endpoint had its addresses back?

Leases lapse in an outage; that is what an outage does. It is another matter when the
name resolves again, the table serves, and leases do not come back: what keeps them
lost is then no fault of anybody's but the way they are established.

Two witnesses: the resolvers' answers say since when the name has led to an address
again, whatever had taken it away, and the lease writes say what is held as the run
ends. A write whose reply was lost may have been one; when the answer depends on such
writes, it is unknown. So it is when the run ends too soon after the outage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import seconds
from gameday.model.history import Outcome
from gameday.model.resolver_answers import addresses_back_ns
from gameday.model.run_span import run_span
from gameday.model.table_writes import lease_writes
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "stuck-leases"


def check(history: History, world: World) -> Finding:
    """Return invalid when leases are still lost long after the outage."""
    span = run_span(history)
    end_ms = span.wall_ms(span.end_ns)
    if end_ms is None:
        return _unknown("the history has no run_started mark to tell the wall clock")
    surely, possibly = _held(history, end_ms=end_ms)
    if not surely:
        return _unknown("no lease was seen to be written")
    droplets, least, most = len(surely), sum(surely.values()), sum(possibly.values())
    wanted = (1 - world.leases_lost_share_max) * droplets
    if least >= wanted:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"{_counted(least, droplets)} are held as the run ends",
        )
    if most >= wanted:
        return _unknown(
            f"between {least} and {most} of {droplets} leases are held, depending on "
            "writes whose reply was lost"
        )
    return _lost(_counted(most, droplets), history, world)


def _lost(held: str, history: History, world: World) -> Finding:
    endpoint, end_ns = world.endpoints[0], run_span(history).end_ns
    back_ns = addresses_back_ns(history, endpoint)
    if back_ns is None:
        return _unknown(f"{endpoint} had no address as the run ended")
    since_ms = (end_ns - back_ns) // 1_000_000
    if since_ms < world.leases_back_ms:
        return _unknown(
            f"{held} are held, {since_ms / 1000:.1f} s after {endpoint} was back; "
            f"{world.leases_back_ms / 1000:.0f} s are allowed"
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{held} are held as the run ends, {since_ms / 1000:.1f} s after "
            f"{endpoint} had an address again at {seconds(back_ns)}"
        ),
        at_ns=back_ns + world.leases_back_ms * 1_000_000,
    )


def _held(history: History, *, end_ms: int) -> tuple[dict[str, bool], dict[str, bool]]:
    """Return whether each droplet is held at the end: surely, and possibly."""
    surely: dict[str, bool] = {}
    possibly: dict[str, bool] = {}
    for write in lease_writes(history):
        lasts = write.expires_at_ms > end_ms
        if write.op.outcome is Outcome.OK:
            surely[write.droplet] = lasts
            possibly[write.droplet] = lasts
        elif write.op.outcome is Outcome.INFO and write.droplet in surely:
            possibly[write.droplet] |= lasts
    return surely, possibly


def _counted(held: int, droplets: int) -> str:
    return f"{held} of {droplets} leases ({held / droplets:.0%})"


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
