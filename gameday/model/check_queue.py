"""Which checks does a health checker carry out next, and how late are they?

First in, first out, and as much in a round as its capacity allows. Every target is due
once a round. A change of a target's state is work too: it stands in the same queue and
takes as many checks as it costs. So flapping delays the checks behind it, and a late
check may make the next target flap.

The queue is not bounded, as it was not built to be: what was asked of it is done, at
some time. `model.health.after_round` counts the same queue without its order.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.model.health import Checker

__all__ = ["CheckQueue", "Served"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A check whose turn has come.

    Attributes:
        target: what is to be checked.
        is_late: whether its deadline has passed; then it says more of the checker.
    """

    target: str
    is_late: bool


@dataclass(slots=True, kw_only=True)
class _Job:
    target: str | None
    """None for carrying out a change of state."""
    since_ms: int
    checks_left: int


class CheckQueue:
    """What one health checker has to do."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._jobs: deque[_Job] = deque()

    @property
    def waiting(self) -> int:
        """Return how many checks' worth of work waits."""
        return sum(job.checks_left for job in self._jobs)

    def delay_ms(self, *, now_ms: int) -> int:
        """Return for how long the oldest job has waited; 0 when none does."""
        return now_ms - self._jobs[0].since_ms if self._jobs else 0

    def ask(self, targets: Iterable[str], *, now_ms: int) -> None:
        """Put one check of each target at the end."""
        self._jobs.extend(
            _Job(target=target, since_ms=now_ms, checks_left=1) for target in targets
        )

    def carry_out(self, transitions: int, *, now_ms: int) -> None:
        """Put what so many changes of state cost at the end."""
        cost = self._checker.transition_checks
        if cost:
            self._jobs.extend(
                _Job(target=None, since_ms=now_ms, checks_left=cost)
                for _ in range(transitions)
            )

    def serve(self, *, now_ms: int) -> tuple[Served, ...]:
        """Do a round's work; return the checks whose turn has come, in order."""
        capacity = self._checker.checks_per_round
        served: list[Served] = []
        while capacity and self._jobs:
            job = self._jobs[0]
            done = min(capacity, job.checks_left)
            capacity -= done
            job.checks_left -= done
            if job.checks_left:
                break
            self._jobs.popleft()
            if job.target is not None:
                waited_ms = now_ms - job.since_ms
                late = waited_ms > self._checker.deadline_ms
                served.append(Served(target=job.target, is_late=late))
        return tuple(served)
