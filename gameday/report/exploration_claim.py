"""What exactly does an exploration claim, and what does it not?

A green answer means no more than what was exhausted, so the claim stands before every
story: the strategies and how far each came, how many schedules that stands for, and
what nobody looked at.
"""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING

from gameday.explore.schedules import STATES_COUNTED_MAX
from gameday.model.story_line import counted
from gameday.model.verdict import Validity

if TYPE_CHECKING:
    from gameday.explore.coverage import Coverage
    from gameday.explore.exploration import Exploration
    from gameday.explore.watching import Stage, Watch

__all__ = ["claim_lines", "folded", "left_out"]

_SHOWN_WHOLE = 10**6
"""Numbers that are not shown as a power of ten."""


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
        *([f"  {found.reduction}"] if found.reduction else []),
        (
            f"  {coverage.points:,} scheduling points and {coverage.emulated:,} AWS "
            "calls were run for real, the rest was looked up; a sample of the "
            "executions was carried out again by the real programs, in "
            f"{found.repeated_in}"
        ),
        "What was not:",
        *(f"  {each}" for each in left_out(found, watch)),
    ]
    return [part for line in lines for part in folded(line, width, indent="    ")]


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
    come_by = "points" if stage.strategy in {"naive", "source-dpor"} else "states"
    return (
        f"{stage.strategy}: {extent}; {counts.states:,} {come_by}, "
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


def left_out(found: Exploration, watch: Watch) -> list[str]:
    """Return what the search says nothing of."""
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


def folded(
    text: str, width: int, *, indent: str = "", hang: int | None = None
) -> list[str]:
    """Return a text in lines of a width, further ones indented."""
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
