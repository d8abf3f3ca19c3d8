"""What exactly did a search look at, and what did it leave out?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.interleaving import Faults
    from gameday.explore.search import Ending, Search
    from gameday.explore.space import Space

__all__ = ["Coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The claim of one strategy.

    Attributes:
        strategy: which.
        actors: whose interleavings.
        faults: what could go wrong.
        preemptions: the bound under which all was seen, None for no bound.
        exhausted: whether all was seen under that bound.
        states: distinct states.
        transitions: steps taken.
        executions: executions followed to their end.
        schedules: whole executions that all of this stands for, see `schedules`;
            None when not everything was seen or they have no number.
        reduction: of them, for each execution that was begun.
        points: scheduling points that real programs were run to.
        emulated: calls that the emulator answered; the rest was looked up.
        patience: rounds ahead that a waiting actor was looked at, see `space`.
    """

    strategy: str
    actors: tuple[str, ...]
    faults: Faults
    preemptions: int | None
    exhausted: bool
    states: int
    transitions: int
    executions: int
    schedules: int | None
    reduction: float | None
    points: int
    emulated: int
    patience: int

    @classmethod
    def of(
        cls, space: Space, search: Search, *, strategy: str, ending: Ending
    ) -> Coverage:
        """Return what a search covered."""
        return cls(
            strategy=strategy,
            actors=tuple(actor.name for actor in space.actors),
            faults=space.faults,
            preemptions=search.counts.preemptions,
            exhausted=ending.exhausted,
            states=search.counts.states,
            transitions=search.counts.transitions,
            executions=search.counts.executions,
            schedules=search.counts.schedules,
            reduction=search.counts.reduction,
            points=space.memory.points,
            emulated=space.world.counts.emulated,
            patience=space.patience,
        )

    def __str__(self) -> str:
        if not self.exhausted:
            extent = "stopped early"
            if self.preemptions is not None:
                extent += f", complete up to {self.preemptions} preemptions"
        elif self.preemptions is None:
            extent = "exhaustive without a bound"
        else:
            extent = f"exhaustive up to {self.preemptions} preemptions"
        faults = (
            f"{self.faults.crashes} crashes, {self.faults.lost_replies} lost replies, "
            f"{self.faults.expiries} expiries"
        )
        return (
            f"{self.strategy}, {extent}: {', '.join(self.actors)}; {faults}; "
            f"{self.states:,} states, {self.transitions:,} transitions, "
            f"{self.executions:,} final states; {self.points:,} scheduling points and "
            f"{self.emulated:,} AWS calls run for real; waiting was followed for "
            f"{self.patience} rounds"
        )
