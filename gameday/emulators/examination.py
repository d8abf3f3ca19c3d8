"""What came of the contract suite, bare and behind the edge?

A verdict is worth what the emulator under it is worth: it may be given where
every case that verdicts rely on holds behind the edge. What the emulator does
bare says what the edge has to make up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.emulators.contract_case import Case, Effort

__all__ = ["CaseResult", "Examination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case, tried twice.

    Attributes:
        case: the promise.
        bare: what the emulator alone does instead, "" when it keeps it.
        edge: what a caller behind the edge sees instead, "" when it is kept.
    """

    case: Case
    bare: str
    edge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The whole suite on one emulator.

    Attributes:
        emulator: as it was asked for, e.g. "moto" or a URL.
        effort: how much the cases about concurrency did.
        results: in the order in which they were played.
        duration_s: from the start of the emulator to the last case.
    """

    emulator: str
    effort: Effort
    results: tuple[CaseResult, ...]
    duration_s: float

    @property
    def bare_gaps(self) -> tuple[CaseResult, ...]:
        """What the emulator alone does not keep."""
        return tuple(each for each in self.results if each.bare)

    @property
    def edge_gaps(self) -> tuple[CaseResult, ...]:
        """What is not kept behind the edge."""
        return tuple(each for each in self.results if each.edge)

    @property
    def is_trustworthy(self) -> bool:
        """Whether a verdict may be given on this emulator behind the edge."""
        return not any(each.case.relied_on for each in self.edge_gaps)
