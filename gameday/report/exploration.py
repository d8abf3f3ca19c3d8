"""How does an exploration read: verdict, story and drawing?

Plain lines of a given width, the same on a terminal and in a log. What was exhausted
and what was not stands before the story, because a green answer means no more than
that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.explore.interleaving import context_switches
from gameday.explore.meaning import narrated
from gameday.explore.space_time import draw
from gameday.model.verdict import Validity
from gameday.report.exploration_claim import claim_lines, folded, left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.execution import Execution
    from gameday.explore.exploration import Counterexample, Exploration
    from gameday.explore.reduction_check import ReductionChecked
    from gameday.explore.watching import Watch

__all__ = [
    "counterexample_lines",
    "drawing_lines",
    "exploration_document",
    "exploration_lines",
    "story_lines",
]

VERDICTS = {
    Validity.VALID: "HOLDS in every interleaving",
    Validity.INVALID: "BROKEN",
    Validity.UNKNOWN: "UNKNOWN",
}

NOT_ALL = "not everything was seen"
"""How the reason begins that says that a search ended early."""

_ACTOR_WIDTH = 13
_CALL_WIDTH = 25


def exploration_lines(
    found: Exploration, watch: Watch, *, properties: Sequence[str], width: int
) -> list[str]:
    """Return everything that there is to say of an exploration."""
    names = ", ".join(properties)
    lines = [f"{names}: {VERDICTS[found.validity]}"]
    counterexample = found.counterexample
    if counterexample is not None:
        broken = counterexample.broken
        lines += folded(f"{broken.name}: {broken.message}", width, indent="  ")
    for reason in found.reasons:
        if reason.startswith(NOT_ALL):
            # The claim below says it in full.
            continue
        for text in reason.splitlines():
            lines += folded(text, width, indent="  ")
    lines += ["", *claim_lines(found, watch, width=width)]
    if counterexample is not None:
        lines += ["", *counterexample_lines(counterexample, width=width)]
    return lines


def counterexample_lines(counterexample: Counterexample, *, width: int) -> list[str]:
    """Return the story and the drawing of a counterexample."""
    schedule = counterexample.schedule
    how = (
        "nothing breaks with fewer interruptions, nor with as many and fewer steps"
        if counterexample.is_least
        else f"found in {counterexample.found_in_steps} steps and shrunk"
    )
    head = (
        f"The interleaving: {len(schedule)} calls, {context_switches(schedule)} "
        f"switches of actor, {how}; confirmed on the real programs"
    )
    return [
        *folded(head, width),
        *story_lines(counterexample.execution, width=width),
        "",
        "Time goes down:",
        *drawing_lines(
            counterexample.execution, width=width, broken=counterexample.broken.message
        ),
    ]


def story_lines(execution: Execution, *, width: int) -> list[str]:
    """Return the numbered story; > marks a step after somebody else's."""
    lines: list[str] = []
    before = ""
    for number, (done, text) in enumerate(
        zip(execution.steps, narrated(execution), strict=True), start=1
    ):
        actor = done.step.actor or "(time)"
        mark = ">" if before and actor != before else " "
        before = actor
        call = done.call.operation if done.call else ""
        head = f"{number:>3} {mark} {actor:<{_ACTOR_WIDTH}} {call:<{_CALL_WIDTH}} "
        lines += folded(head + text, width, indent=" " * 6, hang=len(head))
    return lines


def drawing_lines(execution: Execution, *, width: int, broken: str = "") -> list[str]:
    """Return the space-time diagram."""
    return draw(execution, width=width, broken=broken)


def _por(checked: ReductionChecked) -> dict[str, int | bool]:
    return {
        "pairs": checked.pairs,
        "states": checked.states,
        "exhausted": checked.exhausted,
        "calls_made_again": checked.calls,
        "calls_known": checked.calls_known,
    }


def exploration_document(
    found: Exploration, watch: Watch, *, properties: Sequence[str], exit_code: int
) -> dict[str, Any]:
    """Return an exploration as a JSON document.

    `coverage.schedules` is the number of whole executions covered, an integer of any
    size, or null where not everything was exhausted or it has no number;
    `coverage.reduction` is that number for each execution that the search began.
    """
    coverage = found.coverage
    counterexample = found.counterexample
    return {
        "exit_code": exit_code,
        "validity": found.validity.value,
        "properties": list(properties),
        "reasons": list(found.reasons),
        "coverage": {
            "actors": list(coverage.actors),
            "faults": {
                name: getattr(coverage.faults, name)
                for name in ("crashes", "lost_replies", "expiries")
            },
            "patience": coverage.patience,
            "schedules": coverage.schedules,
            "reduction": coverage.reduction,
            "por": None if found.reduction is None else _por(found.reduction),
            "points": coverage.points,
            "emulated": coverage.emulated,
            "stages": [
                {
                    "strategy": stage.strategy,
                    "exhausted": stage.exhausted,
                    "preemptions": stage.counts.preemptions,
                    "states": stage.counts.states,
                    "transitions": stage.counts.transitions,
                    "executions": stage.counts.executions,
                    "seconds": round((stage.ended_s or 0.0) - stage.began_s, 3),
                }
                for stage in watch.stages
            ],
            "not_covered": left_out(found, watch),
        },
        "counterexample": None
        if counterexample is None
        else {
            "breaks": counterexample.broken.name,
            "says": counterexample.broken.message,
            "steps": [
                {
                    "actor": done.step.actor,
                    "how": done.step.kind.value,
                    "call": f"{done.call.service}.{done.call.operation}"
                    if done.call
                    else None,
                    "means": text,
                }
                for done, text in zip(
                    counterexample.execution.steps,
                    narrated(counterexample.execution),
                    strict=True,
                )
            ],
        },
    }
