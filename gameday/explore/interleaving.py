"""What is a schedule made of, and how is one written down?

A step names the actor that goes on and how: it makes the call it is about to make,
its reply is lost, or it crashes where it stands. One step belongs to nobody: time
passes for everybody, long enough for every lock and lease to expire.

An actor that crashes before a call has crashed after the one before: between two
scheduling points nothing of an actor can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

__all__ = ["Faults", "Schedule", "Step", "StepKind", "context_switches"]


class StepKind(StrEnum):
    """How an actor goes on."""

    GO = "goes on"
    LOSE_REPLY = "loses the reply"
    CRASH = "crashes"
    TIME_PASSES = "time passes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One choice of a schedule; `actor` is "" when time passes."""

    actor: str
    kind: StepKind = StepKind.GO

    def __str__(self) -> str:
        if self.kind is StepKind.GO:
            return self.actor
        return f"{self.actor} {self.kind.value}".strip()


Schedule = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often the search may let something go wrong, and how time goes.

    Attributes:
        crashes: actors that stop for good.
        lost_replies: calls that take effect and whose reply never comes.
        expiries: times at which all locks and leases expire.
        expiry_ms: how much time passes then.
        tick_ms: sleeps move a clock by whole ticks only, so that many short ones do
            not make as many different times; 0 counts every millisecond.
    """

    crashes: int = 0
    lost_replies: int = 0
    expiries: int = 0
    expiry_ms: int = 3_600_000
    tick_ms: int = 0

    def __post_init__(self) -> None:
        """Refuse budgets that the search cannot keep count of."""
        for name in ("crashes", "lost_replies", "expiries"):
            given = getattr(self, name)
            if not 0 <= given <= BUDGET_MAX:
                raise ValueError(f"{name} is {given}; write 0 to {BUDGET_MAX}")


BUDGET_MAX = 15
"""Faults of one kind in one execution; beyond this nothing new is found."""


def context_switches(schedule: Schedule) -> int:
    """Return how often another actor goes on than the one before."""
    actors = [step.actor for step in schedule if step.actor]
    return sum(one != other for one, other in pairwise(actors))
