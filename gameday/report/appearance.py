"""What does each kind of news look like on a terminal?

Colour never carries the meaning alone: every kind of line has a mark, every
answer of a checker a word.
"""

from __future__ import annotations

from gameday.model.story_line import StoryKind
from gameday.model.verdict import Finding, Validity, Verdict

__all__ = ["LINE_STYLES", "VERDICT_STYLES", "answer_of", "mark_of"]

LINE_STYLES = {
    StoryKind.NOTE: "",
    StoryKind.FAULT: "magenta",
    StoryKind.PLAN: "bright_black",
    StoryKind.LOCK: "yellow",
    StoryKind.FLIP: "cyan",
    StoryKind.CLEANUP: "blue",
    StoryKind.STALE: "bold yellow",
    StoryKind.REFUSED: "green",
    StoryKind.LOSS: "bold red",
    StoryKind.EMPTY: "bold red",
    StoryKind.WEDGE: "red",
    StoryKind.LEASES: "red",
    StoryKind.DETECTION: "yellow",
    StoryKind.REPAIR: "bold green",
    StoryKind.RECOVERY: "green",
}

VERDICT_STYLES = {
    Verdict.PASSED: "green",
    Verdict.DEVIATED: "red",
    Verdict.INVALID_INPUT: "yellow",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "magenta",
    Verdict.INTERRUPTED: "magenta",
}

_MARKS = {
    StoryKind.FAULT: "*",
    StoryKind.STALE: "!",
    StoryKind.LOSS: "!",
    StoryKind.EMPTY: "!",
    StoryKind.WEDGE: "!",
    StoryKind.LEASES: "!",
    StoryKind.REFUSED: "+",
    StoryKind.REPAIR: "+",
    StoryKind.RECOVERY: "+",
}

_ANSWER_STYLES = {
    "did not show": "green",
    "showed": "bold red",
    "showed, as declared": "bold yellow",
    "declared, did not show": "bold red",
    "cannot tell": "yellow",
}


def mark_of(kind: StoryKind) -> str:
    """Return "!" for harm, "+" for its opposite, "*" for our doing, else " "."""
    return _MARKS.get(kind, " ")


def answer_of(finding: Finding, declared: tuple[str, ...]) -> tuple[str, str]:
    """Return a checker's answer in words, and its style."""
    expected = finding.hazard in declared
    match finding.validity:
        case Validity.INVALID:
            words = "showed, as declared" if expected else "showed"
        case Validity.VALID:
            words = "declared, did not show" if expected else "did not show"
        case Validity.UNKNOWN:
            words = "cannot tell"
    return words, _ANSWER_STYLES[words]
