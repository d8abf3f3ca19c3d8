"""How does one host keep the leases of its droplets, with a few workers?

The decisions are `DropletWorkflow`'s, the attempts `DropletLeases`'s. Here is what
the simulator does by a calendar and a program must do by threads: wait until a
droplet is due or an attempt has run out of time, and hand out jobs.

Every decision is made under one lock; an attempt is carried out outside of it, so a
droplet that answers late, or a name without an address, holds up one worker and no
decision. A worker goes from job to job and ends when there is none; `turn`, which is
short and never waits, starts the next. A driver that steps a program by hand lets a
worker end after each job.

The dangerous order is to write what was given up; see `droplet_leases`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.model.droplet_workflow import HELD
from gameday.model.lease import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from gameday.aws.lever_store import LeverStore
    from gameday.model.droplet_workflow import DropletWorkflow
    from gameday.model.lease_fleet import LeaseFleet
    from gameday.model.levers import Levers
    from gameday.region.droplets.leases import DropletLeases

__all__ = ["DropletWorkflowManager", "told_levers"]

logger = logging.getLogger(__name__)


class DropletWorkflowManager:
    """The threads and timers around one host's decisions.

    Args:
        workflow: what to do next.
        fleet: how many workers there are, and how long an attempt may take.
        leases: what a worker does; its time is the host's.
        start: starts a worker and returns its future; it is given what carries
            out the next job, to be called until that answers False.
    """

    def __init__(
        self,
        *,
        workflow: DropletWorkflow,
        fleet: LeaseFleet,
        leases: DropletLeases,
        start: Callable[[Callable[[], bool]], Future[None]],
    ) -> None:
        self._workflow = workflow
        self._fleet = fleet
        self._leases = leases
        self._start = start
        self._lock = threading.Lock()
        self._timers: list[tuple[int, int, int, int]] = []
        self._timers_set = 0
        self._to_commission: deque[tuple[int, int]] = deque()
        self._workers: list[Future[None]] = []
        self._stopped = False
        self._renewed = 0
        self._levers: Levers | None = None

    def begin(self, *, rediscovery_ms: int, commission_ms: int) -> bool:
        """Find the droplets and their leases; return whether the table was read.

        A host that held leases in an earlier life finds its droplets again over
        `rediscovery_ms`; one that never did takes them on over `commission_ms`, or
        over longer: the next one only while no job waits, because a host that takes
        on droplets faster than it can lease them never gets out of it again.
        """
        held_until_ms = self._leases.load()
        if held_until_ms is None:
            return False
        over_ms = rediscovery_ms if self._leases.was_ever_held() else commission_ms
        with self._lock:
            now_ms = self._leases.now_ms()
            waits = self._workflow.restart(rediscovery_ms=over_ms, now_ms=now_ms)
            self._workflow.held_until_ms[:] = held_until_ms
            timers = [(now_ms + wait_ms, n) for n, wait_ms in enumerate(waits)]
            if self._leases.was_ever_held():
                for at_ms, droplet in timers:
                    self._set_timer(at_ms, droplet, HELD)
            else:
                self._to_commission.extend(timers)
        return True

    def turn(self) -> None:
        """Do all that is due by now, and put idle workers to work.

        Raises what a worker ended with, if it was no error of AWS.
        """
        finished = [each for each in self._workers if each.done()]
        self._workers = [each for each in self._workers if each not in finished]
        for each in finished:
            each.result()
        with self._lock:
            self._catch_up(self._leases.now_ms())
            idle = self._fleet.workers - len(self._workers)
            wanted = min(idle, self._workflow.queued)
        self._workers += [self._start(self._serve_next) for _ in range(wanted)]

    def pull(self, levers: Levers) -> None:
        """Work by these levers from now on."""
        with self._lock:
            if levers == self._levers:
                return
            logger.info("levers: %s", levers)
            self._levers = levers
            now_ms = self._leases.now_ms()
            self._workflow.pull(levers, now_ms=now_ms)
            self._let_in(now_ms)

    def renewed(self) -> int:
        """Return how many leases were written since the program began."""
        with self._lock:
            return self._renewed

    def stop(self) -> None:
        """Let every worker end with the job that it has."""
        self._stopped = True

    def _serve_next(self) -> bool:
        """Carry out the next job; return whether there may be another."""
        with self._lock:
            now_ms = self._leases.now_ms()
            self._catch_up(now_ms)
            work = self._workflow.take(now_ms=now_ms)
        if work is None:
            return False
        answer = self._leases.attempt(work)
        with self._lock:
            now_ms = self._leases.now_ms()
            self._renewed += answer is Answer.WRITTEN
            wait_ms = self._workflow.done(work, answer, now_ms=now_ms)
            self._wait(work.droplet, wait_ms, now_ms)
        return not self._stopped

    def _catch_up(self, now_ms: int) -> None:
        """Let every timer go off that is due, and everybody in who may start."""
        while self._timers and self._timers[0][0] <= now_ms:
            _, _, droplet, attempt = heappop(self._timers)
            if attempt == HELD:
                self._due(droplet, now_ms)
            else:
                wait_ms = self._workflow.timed_out(droplet, attempt, now_ms=now_ms)
                self._wait(droplet, wait_ms, now_ms)
        self._let_in(now_ms)
        to_commission = self._to_commission
        if (
            to_commission
            and to_commission[0][0] <= now_ms
            and not self._workflow.queued
        ):
            self._due(to_commission.popleft()[1], now_ms)

    def _due(self, droplet: int, now_ms: int) -> None:
        attempt = self._workflow.due(droplet, now_ms=now_ms)
        if attempt != HELD:
            self._set_timer(now_ms + self._fleet.timeout_ms, droplet, attempt)

    def _wait(self, droplet: int, wait_ms: int | None, now_ms: int) -> None:
        if wait_ms == 0:
            self._due(droplet, now_ms)
        elif wait_ms is not None:
            self._set_timer(now_ms + wait_ms, droplet, HELD)

    def _let_in(self, now_ms: int) -> None:
        while (released := self._workflow.release(now_ms=now_ms)) is not None:
            droplet, attempt = released
            self._set_timer(now_ms + self._fleet.timeout_ms, droplet, attempt)

    def _set_timer(self, at_ms: int, droplet: int, attempt: int) -> None:
        """Note when the droplet is due (HELD), or its attempt is out of time."""
        self._timers_set += 1
        heappush(self._timers, (at_ms, self._timers_set, droplet, attempt))


def told_levers(store: LeverStore) -> Levers | None:
    """Return the operators' levers, None when they cannot be told."""
    try:
        return store.read()
    except (BotoCoreError, ClientError, ValueError) as error:
        logger.warning("the levers stay as they are: %s", error)
        return None
