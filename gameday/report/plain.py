"""How does a run read in a log, one fact a line?

No colour, no frame, no wrapping: what a CI log keeps and grep finds. ASCII
only, because a log's encoding is anybody's guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.report.appearance import answer_of, mark_of
from gameday.report.comparison import comparison_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameday.model.story_line import StoryLine
    from gameday.model.verdict import Judgement
    from gameday.report.summary import RunSummary

__all__ = ["plain_comparison", "plain_line", "plain_story", "plain_verdict"]


def plain_line(line: StoryLine) -> str:
    """Return "   5.1 s ! cleaner-az1    deletes ..."."""
    at = f"{line.at_ns / 1e9:.1f} s"
    return f"{at:>8} {mark_of(line.kind)} {line.actor:<13}  {line.text}"


def plain_story(lines: Sequence[StoryLine], *, title: str) -> list[str]:
    """Return the story under its title."""
    return [f"{title}:", *(plain_line(line) for line in lines)]


def plain_verdict(
    judgement: Judgement,
    *,
    title: str,
    declared: tuple[str, ...],
    facts: Mapping[str, str],
) -> list[str]:
    """Return the verdict, its reasons, the hazards and the facts."""
    verdict = judgement.verdict
    as_declared = ", deviated as declared" if declared and not verdict.exit_code else ""
    lines = [f"{title}: {verdict.value}{as_declared} (exit {verdict.exit_code})"]
    lines += [f"  reason: {reason}" for reason in judgement.reasons]
    for finding in judgement.findings:
        words, _ = answer_of(finding, declared)
        told = any(finding.summary in reason for reason in judgement.reasons)
        why = "" if told else f": {finding.summary}"
        lines.append(f"  {finding.hazard}: {words}{why}")
    lines += [f"  {name}: {value}" for name, value in facts.items()]
    return lines


def plain_comparison(runs: Sequence[RunSummary]) -> list[str]:
    """Return the comparison as aligned columns."""
    rows = [
        ["", *(run.design for run in runs)],
        *(
            [row.name, *(text for text, _ in row.cells)]
            for row in comparison_rows(runs)
        ),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            text.ljust(width) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
