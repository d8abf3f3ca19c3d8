"""What does a run say, and may the answer be trusted?

Two scales. A checker judges a *history*: valid, invalid or unknown, merged by
worst. A run gets one *verdict* with an exit code, because Chaos Toolkit exits 0
when the baseline was already bad, when the fault was never applied, and when a
rollback failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

__all__ = ["Finding", "Judgement", "Validity", "Verdict"]


class Validity(StrEnum):
    """A checker's answer about one property."""

    VALID = "valid"
    UNKNOWN = "unknown"
    INVALID = "invalid"


class Verdict(Enum):
    """The outcome of a run; the value is the word, `exit_code` the status."""

    PASSED = "passed"
    DEVIATED = "deviated"
    INVALID_INPUT = "invalid input"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """The process exit status that stands for this verdict."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.PASSED: 0,
    Verdict.DEVIATED: 1,
    Verdict.INVALID_INPUT: 2,
    Verdict.INCONCLUSIVE: 3,
    Verdict.ERROR: 4,
    Verdict.INTERRUPTED: 130,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one checker reports about one hazard.

    Attributes:
        hazard: the checker's name, e.g. "empty-endpoint".
        validity: valid, invalid or unknown.
        summary: one sentence with the values.
        at_ns: when the property first broke, None when it did not.
        ops: indexes of the ops that show it.
    """

    hazard: str
    validity: Validity
    summary: str
    at_ns: int | None = None
    ops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with every reason for it.

    Attributes:
        verdict: the word and exit code.
        reasons: sentences, the decisive one first.
        findings: what the checkers reported, all of them.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
