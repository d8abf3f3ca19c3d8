"""How does an exploration read: verdict, claim, story and drawing?

Plain lines of a given width, the same on a terminal and in a log. What was exhausted
and what was not stands before the story, because a green answer means no more than
that.
"""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gameday.explore.interleaving import context_switches
from gameday.explore.meaning import narrated
from gameday.explore.schedules import STATES_COUNTED_MAX
from gameday.explore.space_time import draw
from gameday.model.story_line import counted
from gameday.model.verdict import Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.campaign import Counterexample, Exploration
    from gameday.explore.coverage import Coverage
    from gameday.explore.execution import Execution
    from gameday.explore.watching import Stage, Watch

__all__ = [
    "claim_lines",
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

_SHOWN_WHOLE = 10**6
"""Numbers that are not shown as a power of ten."""

_ACTOR_WIDTH = 13
_CALL_WIDTH = 25


def exploration_lines(
    found: Exploration, watch: Watch, *, properties: Sequence[str], width: int
) -> list[str]:
    """Return everything that there is to say of an exploration."""
    lines = [f"{', '.join(properties)}: {VERDICTS[found.validity]}"]
    counterexample = found.counterexample
    if counterexample is not None:
        broken = counterexample.broken
        lines += _folded(f"{broken.name}: {broken.message}", width, indent="  ")
    for reason in found.reasons:
        if reason.startswith(NOT_ALL):
            # The claim below says it in full.
            continue
        for text in reason.splitlines():
            lines += _folded(text, width, indent="  ")
    lines += ["", *claim_lines(found, watch, width=width)]
    if counterexample is not None:
        lines += ["", *counterexample_lines(counterexample, width=width)]
    return lines


def counterexample_lines(counterexample: Counterexample, *, width: int) -> list[str]:
    """Return the story and the drawing of a counterexample."""
    schedule = counterexample.schedule
    head = (
        f"The interleaving: {len(schedule)} calls, {context_switches(schedule)} "
        f"switches of actor, found in {counterexample.found_in_steps} steps and "
        "shrunk; confirmed on the real programs"
    )
    return [
        *_folded(head, width),
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
        lines += _folded(head + text, width, indent=" " * 6, hang=len(head))
    return lines


def drawing_lines(execution: Execution, *, width: int, broken: str = "") -> list[str]:
    """Return the space-time diagram."""
    return draw(execution, width=width, broken=broken)


def claim_lines(found: Exploration, watch: Watch, *, width: int) -> list[str]:
    """Return what was exhausted, and what was not."""
    coverage = found.coverage
    faults = coverage.faults
    lines = [
        "What was looked at:",
        f"  actors: {', '.join(coverage.actors)}",
        (
            f"  faults in one execution: at most {faults.crashes} crashes, "
            f"{faults.lost_replies} lost replies, {faults.expiries} expiries"
        ),
        *(f"  {_stage(stage)}" for stage in watch.stages),
        *([f"  {_schedules(coverage)}"] if _is_all(found) else []),
        (
            f"  {coverage.points:,} scheduling points and {coverage.emulated:,} AWS "
            "calls were run for real, the rest was looked up; a sample of the "
            "executions was carried out again by the real programs"
        ),
        "What was not:",
        *(f"  {each}" for each in _left_out(found, watch)),
    ]
    return [part for line in lines for part in _folded(line, width, indent="    ")]


def _stage(stage: Stage) -> str:
    counts = stage.counts
    if stage.strategy in {"random", "partial-order"} or stage.strategy.startswith(
        "pct"
    ):
        extent = (
            f"{counted(counts.executions, 'execution')} drawn, which proves nothing"
        )
    elif stage.exhausted and counts.preemptions is None:
        extent = "every interleaving, without a bound"
    elif counts.preemptions is not None:
        extent = f"every interleaving of at most {_preemptions(counts.preemptions)}"
        if not stage.exhausted:
            extent += ", then stopped"
    else:
        extent = "stopped before it had seen everything"
    took_s = (stage.ended_s or stage.began_s) - stage.began_s
    return (
        f"{stage.strategy}: {extent}; {counts.states:,} states, "
        f"{counts.transitions:,} transitions in {took_s:.1f} s"
    )


def _schedules(coverage: Coverage) -> str:
    """Return how many executions were covered, where everything was exhausted."""
    if coverage.schedules is None or coverage.reduction is None:
        why = (
            "too many states to count on"
            if coverage.states > STATES_COUNTED_MAX
            else "the programs can go round in circles"
        )
        return f"EXHAUSTIVE: {coverage.states:,} states; schedules not counted: {why}"
    return (
        f"EXHAUSTIVE: {coverage.states:,} states, {_large(coverage.schedules)} "
        f"schedules, counted on their graph without rounds of waiting that lead "
        f"nowhere; {_large(round(coverage.reduction))} for each that was followed"
    )


def _large(number: int) -> str:
    return (
        f"{number:,}"
        if number < _SHOWN_WHOLE
        else f"{Decimal(number):.1e}".replace("e+", "e")
    )


def _is_all(found: Exploration) -> bool:
    """Answer whether nothing broke and nothing was left out."""
    coverage = found.coverage
    return (
        found.counterexample is None
        and coverage.exhausted
        and coverage.preemptions is None
    )


def _preemptions(count: int) -> str:
    return counted(count, "preemption")


def _left_out(found: Exploration, watch: Watch) -> list[str]:
    said = []
    if found.validity is Validity.INVALID:
        said.append("whatever else breaks: the search ended at the first it found")
    elif not any(s.exhausted and s.counts.preemptions is None for s in watch.stages):
        bounds = [
            stage.counts.preemptions
            for stage in watch.stages
            if stage.counts.preemptions is not None
        ]
        limit = (
            f"interleavings of more than {_preemptions(max(bounds))}"
            if bounds
            else "interleavings that no strategy came by"
        )
        why = (
            "it was stopped"
            if watch.stopped
            else f"the budget was {watch.budget_s:g} s"
            if not watch.left_s
            else "the strategy does not go further"
        )
        said.append(f"{limit}; {why}")
    patience = found.coverage.patience
    said.append(f"whoever gives up waiting after more than {patience} rounds")
    said.append("more actors, plans, endpoints and faults than these")
    return said


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
            "not_covered": _left_out(found, watch),
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


def _folded(
    text: str, width: int, *, indent: str = "", hang: int | None = None
) -> list[str]:
    if len(text) <= width:
        return [text]
    below = " " * hang if hang is not None and hang < width - 20 else indent
    lead = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.strip(),
        width,
        initial_indent=lead,
        subsequent_indent=below,
        drop_whitespace=True,
    )
