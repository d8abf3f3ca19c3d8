"""Was room given to invocations that can wait, while one that cannot was refused?

Somebody waits for the reply of a synchronous invocation; the others lose nothing by
waiting (X2 of the incident's invariants). The service tells after each round what
became of each kind, so one round is the whole evidence: a refused synchronous one
beside a served one of another kind.

A run without a shortage proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.invocations_seen import Became, rounds
from gameday.model.shortage import Invocations
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.invocations_seen import Round
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "sync-starved"
_NONE = Invocations()


def check(history: History, world: World) -> Finding:  # noqa: ARG001 - every checker's
    """Return invalid when a shortage did not spare synchronous invocations."""
    short = [each for each in rounds(history) if _is_short(each)]
    if not short:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no round of invocations was short of capacity",
        )
    starved = [each for each in short if _refused(each) and _could_wait(each)]
    if not starved:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=(
                f"in {len(short)} rounds that were short of capacity no synchronous "
                "invocation was refused for one that could wait"
            ),
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{sum(map(_refused, starved))} synchronous invocations were refused in "
            f"{len(starved)} rounds that served {sum(map(_could_wait, starved))} which "
            f"could wait, the first at {seconds(starved[0].op.start_ns)}"
        ),
        at_ns=starved[0].op.start_ns,
        ops=tuple(each.op.index for each in starved)[:OPS_SHOWN_MAX],
    )


def _is_short(each: Round) -> bool:
    waits = each.became.get(Became.WAITS, _NONE)
    return bool(_refused(each) or waits.total)


def _refused(each: Round) -> int:
    return each.became.get(Became.REFUSED, _NONE).sync


def _could_wait(each: Round) -> int:
    served = each.became.get(Became.SERVED, _NONE)
    return served.asynchronous + served.event_source
