"""Which of the waiting jobs does the next free worker get?

The as-built queue is first in, first out, without a bound, and keeps a job whose
attempt has long been given up. Each lever changes one of these: the order, a bound,
a deadline drop, one place a droplet.

The queue is an object that changes, not a value: a collapsed manager holds 10^5
jobs, and a value would be copied for every one of them. It is pure all the same: it
reads no clock, and the same calls give the same answers.

A deadline drop must subtract the service time. A job taken just before its deadline
is dead on arrival: FIFO then serves nothing but jobs that are about to die.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PLAIN_FIFO", "Job", "Order", "QueueRule", "WorkQueue"]


class Order(StrEnum):
    """Who is served first."""

    FIFO = "fifo"
    LIFO = "lifo"
    EARLIEST_DEADLINE = "earliest-deadline"
    """Differs from FIFO only where deadlines do not grow with arrival: after a
    change of the timeout, or when a droplet's place is kept (`one_per_droplet`)."""


class Job(NamedTuple):
    """One attempt that waits for a worker.

    Attributes:
        droplet: whose lease.
        attempt: the droplet's own count of attempts.
        deadline_ms: when the attempt is given up by whoever asked for it.
    """

    droplet: int
    attempt: int
    deadline_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """How a queue treats its jobs; the defaults are the queue as it was built.

    Attributes:
        order: who is served first.
        jobs_max: a job that would be one more is refused; None has no bound.
        drop_within_ms: drop a job this close to its deadline or past it; None
            drops nothing. Use at least the time that one service takes.
        one_per_droplet: a droplet has one place; a newer attempt takes the
            place of the one that waits, with its own deadline.
    """

    order: Order = Order.FIFO
    jobs_max: int | None = None
    drop_within_ms: int | None = None
    one_per_droplet: bool = False

    def __post_init__(self) -> None:
        """Refuse a queue that can hold nothing and a margin that cannot be one."""
        if self.jobs_max is not None and self.jobs_max < 1:
            raise ValueError(f"need jobs_max >= 1, not {self.jobs_max}")
        if self.drop_within_ms is not None and self.drop_within_ms < 0:
            raise ValueError(f"need drop_within_ms >= 0, not {self.drop_within_ms}")


PLAIN_FIFO = QueueRule()


class WorkQueue:
    """The jobs that wait for a worker.

    Attributes:
        rule: how they are treated; change it by `obey`.
        dropped: how many were dropped for their deadline so far.
    """

    __slots__ = (
        "_arrivals",
        "_heap",
        "_is_plain",
        "_lane",
        "_newest",
        "_next",
        "dropped",
        "rule",
    )

    def __init__(self, rule: QueueRule = PLAIN_FIFO) -> None:
        self.dropped = 0
        self._lane: deque[Job] = deque()
        self._heap: list[tuple[int, int, Job]] = []
        self._newest: dict[int, Job] = {}
        self._arrivals = count()
        self._set(rule)

    def __len__(self) -> int:
        return len(self._lane) + len(self._heap)

    def put(self, job: Job) -> bool:
        """Let the job wait; return whether the queue took it.

        A job that is refused is nowhere: its attempt runs into its deadline.
        """
        if self._is_plain:
            self._lane.append(job)
            return True
        rule = self.rule
        if rule.one_per_droplet:
            waits_already = job.droplet in self._newest
            if not waits_already and self._is_full():
                return False
            self._newest[job.droplet] = job
            if waits_already:
                return True
        elif self._is_full():
            return False
        if rule.order is Order.EARLIEST_DEADLINE:
            heapq.heappush(self._heap, (job.deadline_ms, next(self._arrivals), job))
        else:
            self._lane.append(job)
        return True

    def take(self, *, now_ms: int) -> Job | None:
        """Return the next job, None when none waits; drop what is too late."""
        rule = self.rule
        while self._lane or self._heap:
            job = self._next()
            if rule.one_per_droplet:
                job = self._newest.pop(job.droplet)
            if (
                rule.drop_within_ms is None
                or now_ms + rule.drop_within_ms < job.deadline_ms
            ):
                return job
            self.dropped += 1
        return None

    def obey(self, rule: QueueRule) -> None:
        """Treat the waiting jobs by another rule from now on.

        What is over a new bound stays: a bound refuses, it does not purge. With
        `one_per_droplet` every droplet keeps its first place and its last attempt.
        """
        waiting = list(self._in_arrival_order())
        self.clear()
        self._set(replace(rule, jobs_max=None))
        for job in waiting:
            self.put(job)
        self._set(rule)

    def clear(self) -> None:
        """Forget every waiting job."""
        self._lane.clear()
        self._heap.clear()
        self._newest.clear()

    def _is_full(self) -> bool:
        return self.rule.jobs_max is not None and len(self) >= self.rule.jobs_max

    def _set(self, rule: QueueRule) -> None:
        self.rule = rule
        self._is_plain = (
            rule.jobs_max is None
            and not rule.one_per_droplet
            and rule.order is not Order.EARLIEST_DEADLINE
        )
        self._next: Callable[[], Job]
        match rule.order:
            case Order.FIFO:
                self._next = self._lane.popleft
            case Order.LIFO:
                self._next = self._lane.pop
            case Order.EARLIEST_DEADLINE:
                self._next = self._earliest

    def _earliest(self) -> Job:
        return heapq.heappop(self._heap)[2]

    def _in_arrival_order(self) -> Iterator[Job]:
        """Yield each place with the attempt that holds it now."""
        yield from (self._newest.get(job.droplet, job) for job in self._lane)
        by_arrival = sorted(self._heap, key=lambda entry: entry[1])
        yield from (self._newest.get(job.droplet, job) for _, _, job in by_arrival)
