"""What does an exploration come to?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.coverage import Coverage
    from gameday.explore.execution import Execution
    from gameday.explore.interleaving import Schedule
    from gameday.explore.judge import Broken
    from gameday.explore.reduction_check import ReductionChecked
    from gameday.model.verdict import Validity

__all__ = ["Counterexample", "Exploration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """An execution that breaks a property, confirmed on the faithful path.

    Attributes:
        broken: which property, and why.
        schedule: one attempt a step.
        execution: as it was carried out.
        found_in_steps: how long it was when it was found.
        is_least: whether nothing breaks a property with fewer preemptions, or with as
            many and fewer steps.
    """

    broken: Broken
    schedule: Schedule
    execution: Execution
    found_in_steps: int
    is_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What an exploration came to.

    Attributes:
        validity: invalid with a counterexample, valid when everything was exhausted
            and every witness was seen, else unknown.
        counterexample: None when nothing broke.
        coverage: what was looked at, and what was not.
        reasons: why the answer is unknown.
        reduction: what trying the independent pairs came to, None when not asked for.
        repeated_in: where executions were carried out again.
    """

    validity: Validity
    coverage: Coverage
    repeated_in: str
    counterexample: Counterexample | None = None
    reasons: tuple[str, ...] = field(default=())
    reduction: ReductionChecked | None = None
