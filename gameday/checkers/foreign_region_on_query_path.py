"""Did the queries of one region call another one?

A region's queries must be answered without any other region, or that one's outage is
everybody's. Whoever runs statements is in the region where it runs them; every other
region that it calls is foreign. A call that failed counts too: that is the one that
hurts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.history import History, OpKind
from gameday.model.query_path import foreign_regions
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD: Final = "foreign-region-on-query-path"
_RUNS = "ExecuteStatement"


def check(history: History, world: World) -> Finding:  # noqa: ARG001 - every checker's
    """Return invalid when the path of a region's queries left the region."""
    serving = _serving(history)
    if not serving:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no query was seen to be run",
        )
    foreign = [
        op
        for op in history
        if op.kind is OpKind.CALL
        and op.actor in serving
        and foreign_regions((op.region,), serving=serving[op.actor])
    ]
    if not foreign:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"{', '.join(sorted(serving))} called no other region",
        )
    first = foreign[0]
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"queries in {serving[first.actor]} called {first.region} {len(foreign)} "
            f"times, {first.actor} first by {first.operation} at "
            f"{seconds(first.start_ns)}"
        ),
        at_ns=first.start_ns,
        ops=tuple(op.index for op in foreign)[:OPS_SHOWN_MAX],
    )


def _serving(history: History) -> dict[str, str]:
    """Return the region of each actor that runs statements."""
    return {
        op.actor: op.region
        for op in history
        if op.kind is OpKind.CALL and op.operation == _RUNS
    }
