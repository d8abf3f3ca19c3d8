"""Was somebody locked out because of an answer that could not be right?

Support may lock out an account that is suspended. It may not do so on an answer that is
about nobody, about somebody else, or names no status: such an answer says nothing about
who asked, and is worse than none because no fallback fires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.decisions_seen import decisions
from gameday.model.fallback import Access, problems_of
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.decisions_seen import DecisionSeen
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD: Final = "blocked-by-invalid-answer"


def check(history: History, world: World) -> Finding:  # noqa: ARG001 - every checker's
    """Return invalid when an invalid answer locked somebody out."""
    seen = list(decisions(history))
    if not seen:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="nobody was seen to ask for support",
        )
    wronged = [each for each in seen if _is_wronged(each)]
    if not wronged:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"none of {len(seen)} decisions locked out on an invalid answer",
        )
    first = wronged[0]
    answer = first.answer
    why = "; ".join(problems_of(answer, asked=first.asked)) if answer else ""
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{len(wronged)} of {len(seen)} decisions locked out on an answer that "
            f"cannot be right, the first at {seconds(first.op.start_ns)}: {why}"
        ),
        at_ns=first.op.start_ns,
        ops=tuple(each.op.index for each in wronged)[:OPS_SHOWN_MAX],
    )


def _is_wronged(decision: DecisionSeen) -> bool:
    return (
        decision.access is Access.BLOCKED
        and decision.answer is not None
        and bool(problems_of(decision.answer, asked=decision.asked))
    )
