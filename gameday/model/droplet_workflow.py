"""What does a droplet workflow manager do next, on one host?

It owns `droplets` droplets and renews the lease of each. A droplet that is due starts
an attempt: a job in the work queue, with a time-out that counts from there. A worker
takes the job and calls the table; whether it renews or has to establish shows only
then. An attempt that failed or timed out is tried again. Nothing takes the job of a
given-up attempt out of the queue: a worker still does that work, and nobody wants it.

How it collapses: after an outage all droplets are queued at once, establishing all
of them takes longer than the time-out, so the later ones are given up and queued
again behind their own dead jobs. From then on every job is dead when it is served.
The workers are busy, the table is healthy, and no lease is kept.

Invariants:

* Every droplet is in one place: due at some time, in the line of admission, or with
  one attempt awaited. Its driver holds at most one timer that still counts.
* A lease is counted from before the call. What a worker brings back for an attempt
  that is not awaited any more changes nothing.

The object decides and does nothing: no clock, no thread, no call. Each method takes
the time and returns what its driver must do. With threads, call it under one lock,
and make the AWS call between `take` and `done` outside of it:

    due        -> attempt    if not HELD: time it out after `timeout_ms`
    timed_out  -> wait       if not None: due again after it
    take       -> work       a free worker carries it out, then `done`
    done       -> wait       if not None: due again after it
    release    -> (droplet, attempt) or None; ask again until None
    restart    -> waits      forget every timer and every call; due after these

It changes in place, as a host has 10^5 jobs and 10^3 leases; see `work_queue`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gameday.model.admission import Admission
from gameday.model.backoff import AT_ONCE, RetryQuota
from gameday.model.lease import Answer, held_until_ms
from gameday.model.token_bucket import NEVER_MS
from gameday.model.work_queue import Job, WorkQueue

if TYPE_CHECKING:
    from gameday.model.draws import Draws
    from gameday.model.lease_fleet import LeaseFleet
    from gameday.model.levers import Levers

__all__ = ["HELD", "DropletWorkflow", "Tally", "Work"]

HELD: Final = 0
"""Returned instead of an attempt: the droplet waits to be let in."""


class Work(NamedTuple):
    """One job in the hands of a worker.

    Attributes:
        droplet: whose lease.
        attempt: which of its attempts.
        establishing: the lease was lost when the worker took the job.
        called_at_ms: when it did, which is where a lease counts from.
        deadline_ms: when the attempt is given up.
    """

    droplet: int
    attempt: int
    establishing: bool
    called_at_ms: int
    deadline_ms: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a manager did since it was made; every count only grows.

    Attributes:
        attempts: started, whatever became of them.
        renewed: held leases that were renewed.
        established: lost leases that were established.
        late: jobs done for an attempt that nobody awaited any more.
        failed: calls that brought back no lease, of awaited attempts.
        timed_out: attempts that were given up.
        refused: jobs that the bounded queue did not take.
        denied: retries that the quota did not allow.
        openings: of the breaker.
        busy_ms: time of the workers.
        late_ms: the part of it that went into late jobs.
        failed_ms: the part of it that went into failed calls.
    """

    attempts: int = 0
    renewed: int = 0
    established: int = 0
    late: int = 0
    failed: int = 0
    timed_out: int = 0
    refused: int = 0
    denied: int = 0
    openings: int = 0
    busy_ms: int = 0
    late_ms: int = 0
    failed_ms: int = 0


class DropletWorkflow:
    """The decisions of one manager.

    Attributes:
        held_until_ms: for each droplet, until when the host holds its lease.
        tally: what it did so far.
        admission: who waits to be let in.
    """

    __slots__ = (
        "_attempts",
        "_awaited",
        "_began_at_ms",
        "_draw_numbers",
        "_draws",
        "_fleet",
        "_levers",
        "_losses",
        "_queue",
        "_quota",
        "admission",
        "held_until_ms",
        "tally",
    )

    def __init__(
        self, *, fleet: LeaseFleet, levers: Levers, backoff_draws: Draws
    ) -> None:
        self._fleet = fleet
        self._draws = backoff_draws
        self.tally = Tally()
        self.held_until_ms = [0] * fleet.droplets
        self._attempts = [0] * fleet.droplets
        self._awaited = [0] * fleet.droplets
        self._began_at_ms = [0] * fleet.droplets
        self._losses = [0] * fleet.droplets
        self._draw_numbers = [0] * fleet.droplets
        self._levers = levers
        self._queue = WorkQueue(levers.queue)
        self._quota = _quota(levers)
        self.admission = Admission(levers.admission, now_ms=0)

    @property
    def queued(self) -> int:
        """How many jobs wait for a worker."""
        return len(self._queue)

    @property
    def dropped(self) -> int:
        """How many jobs were dropped for their deadline."""
        return self._queue.dropped

    def due(self, droplet: int, *, now_ms: int) -> int:
        """Start an attempt for the droplet; return its number, or HELD."""
        admission = self.admission
        if not admission.is_open and not admission.admit(
            droplet,
            establishing=self.held_until_ms[droplet] <= now_ms,
            now_ms=now_ms,
        ):
            return HELD
        return self._start(droplet, now_ms)

    def timed_out(self, droplet: int, attempt: int, *, now_ms: int) -> int | None:
        """Give the attempt up; return the wait until the droplet is due again.

        None: the attempt had ended before.
        """
        if self._awaited[droplet] != attempt:
            return None
        self._awaited[droplet] = 0
        self.tally.timed_out += 1
        return self._wait_after_loss(droplet, now_ms)

    def take(self, *, now_ms: int) -> Work | None:
        """Return the work of a free worker, None when there is none."""
        job = self._queue.take(now_ms=now_ms)
        if job is None:
            return None
        droplet, attempt, deadline_ms = job
        establishing = self.held_until_ms[droplet] <= now_ms
        return Work(droplet, attempt, establishing, now_ms, deadline_ms)

    def done(self, work: Work, answer: Answer, *, now_ms: int) -> int | None:
        """Take in what a worker brought back; return the wait until due again.

        None: nobody awaited it any more, or its time-out is due this moment. An
        unknown answer counts as no lease: the record is not known to be ours.
        """
        tally, droplet = self.tally, work.droplet
        spent_ms = now_ms - work.called_at_ms
        tally.busy_ms += spent_ms
        if self._awaited[droplet] != work.attempt or now_ms > work.deadline_ms:
            tally.late += 1
            tally.late_ms += spent_ms
            return None
        self._awaited[droplet] = 0
        self.held_until_ms[droplet] = held_until_ms(
            self.held_until_ms[droplet],
            answer,
            called_at_ms=work.called_at_ms,
            ttl_ms=self._fleet.lease_ms,
            keep_on_unavailable=self._levers.keep_on_unavailable,
        )
        if answer is not Answer.WRITTEN:
            tally.failed += 1
            tally.failed_ms += spent_ms
            return self._wait_after_loss(droplet, now_ms)
        if work.establishing:
            tally.established += 1
        else:
            tally.renewed += 1
        self._losses[droplet] = 0
        if self._quota:
            self._quota.refund()
        if not self.admission.is_open:
            tally.openings += self.admission.record(
                succeeded=True, began_at_ms=self._began_at_ms[droplet], now_ms=now_ms
            )
        return self._fleet.renew_every_ms

    def release(self, *, now_ms: int) -> tuple[int, int] | None:
        """Let the next droplet in that may start; return it and its attempt."""
        droplet = self.admission.release(self.held_until_ms, now_ms=now_ms)
        return None if droplet is None else (droplet, self._start(droplet, now_ms))

    def release_at_ms(self, *, now_ms: int) -> int:
        """Return when to call `release`, NEVER_MS if not by the clock alone."""
        if not self.admission.waiting:
            return NEVER_MS
        return self.admission.release_at_ms(now_ms)

    def pull(self, levers: Levers, *, now_ms: int) -> None:
        """Work by other levers from now on; call `release` after it."""
        before, self._levers = self._levers, levers
        if levers.queue != before.queue:
            self._queue.obey(levers.queue)
        if levers.admission != before.admission:
            self.admission.obey(levers.admission, now_ms=now_ms)
        if levers.quota != before.quota:
            self._quota = _quota(levers)

    def restart(self, *, rediscovery_ms: int, now_ms: int) -> tuple[int, ...]:
        """Start again with nothing in hand; return when each droplet is due.

        The queue, the line and every call under way are gone. The records in the
        table outlive the process, so a lease that is held stays held. The host
        finds its droplets again one by one over `rediscovery_ms`.
        """
        self._queue.clear()
        self.admission = Admission(self._levers.admission, now_ms=now_ms)
        self._quota = _quota(self._levers)
        droplets = self._fleet.droplets
        self._awaited = [0] * droplets
        self._losses = [0] * droplets
        return tuple(
            droplet * rediscovery_ms // droplets for droplet in range(droplets)
        )

    def _start(self, droplet: int, now_ms: int) -> int:
        attempt = self._attempts[droplet] + 1
        self._attempts[droplet] = self._awaited[droplet] = attempt
        self._began_at_ms[droplet] = now_ms
        self.tally.attempts += 1
        if not self._queue.put(Job(droplet, attempt, now_ms + self._fleet.timeout_ms)):
            self.tally.refused += 1
        return attempt

    def _wait_after_loss(self, droplet: int, now_ms: int) -> int:
        if not self.admission.is_open:
            self.tally.openings += self.admission.record(
                succeeded=False, began_at_ms=self._began_at_ms[droplet], now_ms=now_ms
            )
        self._losses[droplet] += 1
        if self._quota and not self._quota.take():
            self.tally.denied += 1
            return self._fleet.renew_every_ms
        if self._levers.wait is AT_ONCE:
            return 0
        number = self._draw_numbers[droplet]
        self._draw_numbers[droplet] = number + 1
        draw = self._draws.uniform(droplet, number)
        return round(self._levers.wait.wait_ms(self._losses[droplet], draw=draw))


def _quota(levers: Levers) -> RetryQuota | None:
    return RetryQuota(levers.quota) if levers.quota else None
