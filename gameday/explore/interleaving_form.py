"""Which form does a saved interleaving have?

The models that a file is held to, see `interleaving_file`: unknown keys, wrong types
and unknown choices are all mistakes.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from gameday.documents import STRICT
from gameday.explore.interleaving import BUDGET_MAX, Faults, Step, StepKind
from gameday.explore.rounds import PATIENCE

__all__ = ["InterleavingFile", "SavedFaults", "SavedStep", "SavedTarget"]

STEPS_MAX = 5_000

_Budget = Annotated[int, Field(ge=0, le=BUDGET_MAX)]
_Count = Annotated[int, Field(ge=1)]
_Seed = Annotated[int, Field(ge=0)]


class SavedFaults(BaseModel):
    """What may go wrong."""

    model_config = STRICT

    crashes: _Budget = 0
    lost_replies: _Budget = 0
    expiries: _Budget = 0
    expiry_ms: _Count = Faults().expiry_ms
    tick_ms: Annotated[int, Field(ge=0)] = Faults().tick_ms


class SavedTarget(BaseModel):
    """What was explored: a region, or what a function makes."""

    model_config = STRICT

    problem: str | None = None
    region: str | None = None
    design: str = "as-built"
    safeguards: dict[str, str] = {}
    settings: dict[str, Any] = {}
    plans: _Count = 4
    enactors: _Count | None = None
    endpoints: _Count | None = None
    seed: _Seed = 0
    faults: SavedFaults = SavedFaults()
    patience: _Count = PATIENCE


class SavedStep(BaseModel):
    """One step.

    Attributes:
        actor: who, "" when time passes for everybody.
        call: service.Operation, None for a step without one.
        digest: of the whole request.
        how: how the actor goes on.
        means: what it read or changed, for readers.
    """

    model_config = STRICT

    actor: str = ""
    call: str | None = None
    digest: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    how: StepKind = StepKind.GO
    means: str = ""

    @property
    def step(self) -> Step:
        """Return the step of the schedule."""
        return Step(actor=self.actor, kind=self.how)

    @property
    def shown(self) -> str:
        """Return what `AwsCall.shown` says of its call, "" for none."""
        return f"{self.call} {self.digest}" if self.call else ""


class InterleavingFile(BaseModel):
    """One file.

    Attributes:
        version: of this form.
        breaks: the property.
        says: what the property says.
        explored: what to explore to find it again.
        strategy: which found it.
        seed: of the search.
        claim: what was covered when it was found.
        schedule: one attempt a step; none where a program fails before its first.
    """

    model_config = STRICT

    version: Annotated[int, Field(ge=1, le=1)] = 1
    breaks: str
    says: str
    explored: SavedTarget
    strategy: str = ""
    seed: _Seed = 0
    claim: str = ""
    schedule: Annotated[tuple[SavedStep, ...], Field(max_length=STEPS_MAX)]
