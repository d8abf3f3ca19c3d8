"""Was a host taken out of its cluster while nothing could be launched in its place?

A replacement begins by making a cluster unavailable and ends with a launch. One whose
launches were refused again and again was begun too early: the cluster is down for as
long as launches fail, and its old host would have served again as soon as its
credentials could be renewed. A single refusal is no evidence; somebody else may have
taken the last free droplet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.replacements_seen import replacements
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD: Final = "stuck-replacement"
_REFUSED_MIN: Final = 3


def check(history: History, world: World) -> Finding:  # noqa: ARG001 - every checker's
    """Return invalid when a replacement was begun while launches were refused."""
    if not any(op.service == "redshift" for op in history):
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="nobody was seen to keep a cluster",
        )
    seen = replacements(history)
    stuck = [each for each in seen if each.refused >= _REFUSED_MIN]
    if not stuck:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"none of {len(seen)} replacements waited for launches",
        )
    first = stuck[0]
    end_ns = run_span(history).end_ns
    until_ns = end_ns if first.back_ns is None else first.back_ns
    ending = "and was not back" if first.back_ns is None else "and was back"
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{len(stuck)} of {len(seen)} replacements were begun while launches were "
            f"refused: {first.cluster} was out from {seconds(first.op.end_ns)}, was "
            f"refused {first.refused} launches {ending} after "
            f"{seconds(until_ns - first.op.end_ns)}"
        ),
        at_ns=first.op.end_ns,
        ops=tuple(each.op.index for each in stuck)[:OPS_SHOWN_MAX],
    )
