"""What is one line of a story?

Values and the few phrases that all narrators share.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["StoryKind", "StoryLine", "ago", "clock", "counted", "short_message"]

MESSAGE_LENGTH_MAX = 180


class StoryKind(StrEnum):
    """What a line is about; a terminal colours by it."""

    NOTE = "note"
    FAULT = "fault"
    PLAN = "plan"
    LOCK = "lock"
    FLIP = "flip"
    CLEANUP = "clean-up"
    STALE = "stale"
    REFUSED = "refused"
    LOSS = "loss"
    EMPTY = "empty"
    WEDGE = "wedge"
    LEASES = "leases"
    DETECTION = "detection"
    REPAIR = "repair"
    RECOVERY = "recovery"

    @property
    def order(self) -> int:
        """Return the rank among lines of the same moment: causes come first."""
        return list(StoryKind).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One thing that happened.

    Attributes:
        at_ns: when, nanoseconds on the history's own scale.
        actor: who did it, or to whom it was shown.
        text: the sentence without its subject, present tense.
        kind: what it is about.
        weight: 1 to 9; the lightest lines go first when there are too many.
    """

    at_ns: int
    actor: str
    text: str
    kind: StoryKind
    weight: int = 5


def clock(at_ns: int) -> str:
    """Return a moment as "12.3 s"."""
    return f"{at_ns / 1e9:.1f} s"


def ago(later_ns: int, earlier_ns: int) -> str:
    """Return the time between two moments, in ms below a second."""
    gap_ns = max(0, later_ns - earlier_ns)
    if gap_ns < 1_000_000_000:
        return f"{gap_ns // 1_000_000} ms"
    return clock(gap_ns)


def counted(count: int, thing: str) -> str:
    """Return "1 flip", "3 flips"."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def short_message(message: str) -> str:
    """Return AWS's words without the brackets, cut when they are very long."""
    text = message.strip().removeprefix("[").removesuffix("]")
    if len(text) > MESSAGE_LENGTH_MAX:
        return f"{text[:MESSAGE_LENGTH_MAX]}..."
    return text
