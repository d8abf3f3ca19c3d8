"""What happens to the hosts, and who does what when?

A scenario is a value: the fleet, the outage, and the acts of an operator at their
times. Nothing in it says how it ends.

All times are integer milliseconds since the run began.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.lease import Answer
from gameday.model.levers import AS_BUILT, Levers

if TYPE_CHECKING:
    from gameday.model.lease_fleet import LeaseFleet

__all__ = ["LoadCurve", "Outage", "Pull", "Restart", "Scenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The time in which hosts do not reach the table.

    Attributes:
        from_ms: when the first host loses it.
        to_ms: when the first host has it back.
        lost_over_ms: hosts lose it one by one over this time, as their pooled
            connections end; 0: all at once.
        back_over_ms: hosts have it back one by one over this time, as cached
            answers run out; 0: all at once.
        answer: what a call brings back meanwhile.
    """

    from_ms: int
    to_ms: int
    lost_over_ms: int = 0
    back_over_ms: int = 0
    answer: Answer = Answer.UNREACHABLE

    def __post_init__(self) -> None:
        """Refuse an outage that ends before it begins, or that writes leases."""
        if not 0 <= self.from_ms <= self.to_ms:
            raise ValueError(f"need 0 <= from_ms <= to_ms, not {self}")
        if min(self.lost_over_ms, self.back_over_ms) < 0:
            raise ValueError(f"need lost_over_ms, back_over_ms >= 0, not {self}")
        if self.answer is Answer.WRITTEN:
            raise ValueError("an outage in which leases are written is none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """The operator sets the levers of every host."""

    at_ms: int
    levers: Levers


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The operator restarts the hosts.

    Attributes:
        at_ms: when the first host's turn begins.
        over_ms: turns are spread evenly over this time; 0: all at once.
        rediscovery_ms: how long a host takes to find its droplets again.
    """

    at_ms: int
    rediscovery_ms: int
    over_ms: int = 0

    def turn_ms(self, host: int, hosts: int) -> int:
        """Return when this host restarts: in the middle of its turn."""
        return self.at_ms + self.over_ms * (2 * host + 1) // (2 * hosts)


@dataclass(frozen=True, slots=True)
class LoadCurve:
    """How heavy every call is over time, as a factor; linear between points.

    Attributes:
        points: (time, factor) in order of time; before the first and after the
            last the factor stands still.
    """

    points: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        """Refuse a curve without points or one that goes back in time."""
        times = [at_ms for at_ms, _ in self.points]
        if not times or times != sorted(set(times)):
            raise ValueError(f"need points in order of time, not {self.points}")

    def factor(self, at_ms: int) -> float:
        """Return the factor at a time."""
        after = bisect_right(self.points, at_ms, key=lambda point: point[0])
        if after == 0:
            return self.points[0][1]
        left_ms, left = self.points[after - 1]
        if after == len(self.points):
            return left
        right_ms, right = self.points[after]
        return left + (right - left) * (at_ms - left_ms) / (right_ms - left_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run: the same for every host but for its draws and its turn.

    Attributes:
        fleet: what one host owns and what it costs.
        horizon_ms: when the run ends.
        hosts: how many; they are independent, given when each reaches the table.
        levers: how the managers work from the start.
        outage: None for a control run.
        pulls: changes of the levers; those after the horizon never come.
        restarts: likewise.
        slow_at_queue: with this many jobs queued a call takes twice as long,
            linearly; None: the queue slows nothing (see `free_parameters`).
        load: factor on every call's cost over time; None: 1.
        sample_every_ms: from one row of the series to the next.
    """

    fleet: LeaseFleet
    horizon_ms: int
    hosts: int = 1
    levers: Levers = AS_BUILT
    outage: Outage | None = None
    pulls: tuple[Pull, ...] = ()
    restarts: tuple[Restart, ...] = ()
    slow_at_queue: int | None = None
    load: LoadCurve | None = None
    sample_every_ms: int = 60_000

    def __post_init__(self) -> None:
        """Refuse a run without hosts, rows or an end."""
        if min(self.hosts, self.horizon_ms, self.sample_every_ms) < 1:
            raise ValueError(
                f"need hosts, horizon_ms, sample_every_ms >= 1, not {self.hosts}, "
                f"{self.horizon_ms}, {self.sample_every_ms}"
            )
        if self.slow_at_queue is not None and self.slow_at_queue < 1:
            raise ValueError(f"need slow_at_queue >= 1, not {self.slow_at_queue}")
