"""What came of a schedule that processes played on an edge?

Reproduced means two things: every step was made as it was explored, and the zones
ended the same. Whether that breaks something is for the checkers to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.verdict import Validity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.explore.replay_on_edge_call import Asked
    from gameday.model.history import History
    from gameday.model.verdict import Finding

__all__ = ["Difference", "ReplayedOnEdge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first step at which the processes did something else.

    Attributes:
        place: the step's number, from 1.
        actor: whose step it is.
        expected: what the exploration saw.
        found: what the process did instead.
    """

    place: int
    actor: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"step {self.place}, {self.actor}: expected {self.expected}; "
            f"found {self.found}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedOnEdge:
    """What came of a schedule on a stage.

    Attributes:
        emulator: what stood behind the edge.
        steps: how many were carried out.
        difference: the first step that differed, None when none did.
        end_differences: how the zones differ from those of the exploration.
        stands: what each actor asks that was not let go any more, None for one that
            has ended, sleeps or was killed.
        findings: what the checkers say of the history.
        history: everything that passed the edge.
        opened_s: how long the stage took to open, seconds.
        played_s: how long the steps took, seconds.
    """

    emulator: str
    steps: int
    difference: Difference | None
    end_differences: tuple[str, ...]
    stands: Mapping[str, Asked | None]
    findings: tuple[Finding, ...]
    history: History
    opened_s: float
    played_s: float

    @property
    def reproduced(self) -> bool:
        """Whether every step was made as explored and ended the same."""
        return self.difference is None and not self.end_differences

    @property
    def hazards(self) -> tuple[str, ...]:
        """The hazards that the checkers found."""
        return tuple(
            each.hazard for each in self.findings if each.validity is Validity.INVALID
        )

    def __str__(self) -> str:
        if self.reproduced:
            said = f"reproduced on {self.emulator} in {self.steps} steps"
        else:
            said = f"not reproduced on {self.emulator}: "
            said += str(self.difference or "; ".join(self.end_differences))
        hazards = ", ".join(self.hazards) or "none"
        return f"{said}; hazards in the history: {hazards}"
