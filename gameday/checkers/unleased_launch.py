"""Was an instance launched on a droplet that nobody held a lease on?

Nothing about a droplet may change without a lease, a launch least of all. The lease
writes say until when each lease lasts, by the clock of the host that wrote it; a write
whose reply was lost may have renewed one, so a launch that depends on such a write
proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.history import Outcome
from gameday.model.launches_seen import launches
from gameday.model.run_span import run_span
from gameday.model.table_writes import lease_writes
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.launches_seen import LaunchSeen
    from gameday.model.table_writes import LeaseWrite
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "unleased-launch"


def check(history: History, world: World) -> Finding:  # noqa: ARG001 - every checker's
    """Return invalid when an instance was launched without a lease."""
    seen = list(launches(history))
    if run_span(history).epoch_ms is None or not seen:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no launch was seen, or no run_started mark tells the wall clock",
        )
    writes: dict[str, list[LeaseWrite]] = {}
    for write in lease_writes(history):
        if write.op.outcome is not Outcome.FAIL:
            writes.setdefault(write.droplet, []).append(write)
    bare = [each for each in seen if not _is_leased(each, writes, history)]
    if not bare:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"all {len(seen)} launches were on leased droplets",
        )
    first = bare[0]
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{len(bare)} of {len(seen)} launches were on droplets without a lease, "
            f"the first on {first.droplet} at {seconds(first.op.start_ns)}"
        ),
        at_ns=first.op.start_ns,
        ops=tuple(each.op.index for each in bare)[:OPS_SHOWN_MAX],
    )


def _is_leased(
    launch: LaunchSeen, writes: dict[str, list[LeaseWrite]], history: History
) -> bool:
    """Whether any write that was under way or done before still holds."""
    wall_ms = run_span(history).wall_ms(launch.op.start_ns)
    return any(
        write.op.start_ns <= launch.op.start_ns and write.expires_at_ms > (wall_ms or 0)
        for write in writes.get(launch.droplet, ())
    )
