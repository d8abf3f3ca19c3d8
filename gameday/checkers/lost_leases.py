"""Did too many droplet leases lapse?

No lease means that a droplet cannot be used for anything new. A write whose
reply was lost may have renewed one; when the answer depends on such writes, it
is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.lease_lapses import lease_lapses
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "lost-leases"


def check(history: History, world: World) -> Finding:
    """Return invalid when more than the tolerated share of leases lapsed."""
    if run_span(history).epoch_ms is None:
        return _unknown("the history has no run_started mark to tell the wall clock")
    lapses = lease_lapses(history)
    if lapses is None:
        return _unknown("no lease was seen to be written")
    most, least = lapses.at_most, lapses.at_least
    tolerated = world.leases_lost_share_max * lapses.droplets
    if len(most) <= tolerated:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"{_counted(len(most), lapses.droplets)} lapsed",
        )
    if len(least) <= tolerated:
        return _unknown(
            f"between {len(least)} and {len(most)} of {lapses.droplets} leases "
            "lapsed, depending on writes whose reply was lost"
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{_counted(len(least), lapses.droplets)} lapsed, the first at "
            f"{seconds(least[0].at_ns)}; {world.leases_lost_share_max:.0%} are "
            "tolerated"
        ),
        at_ns=least[0].at_ns,
        ops=tuple(lapse.last_write for lapse in least)[:OPS_SHOWN_MAX],
    )


def _counted(lapsed: int, droplets: int) -> str:
    return f"{lapsed} of {droplets} leases ({lapsed / droplets:.0%})"


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
