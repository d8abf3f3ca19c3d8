"""How does a scenario play, without waiting for it?

One host at a time, as hosts do not know each other: the same `DropletWorkflow` that
a program with threads drives, here by a calendar. What takes a constant time (the
time-out, the renewal interval) stands in a lane, where the next is at the front;
only calls under way and odd waits need the heap, which has about as many entries as
the host has workers.

Two runs of one seed give each droplet the same draws, whatever else differs. At one
instant the order is: what the operator does, calls and odd waits that end, time-outs,
droplets that are due, droplets let in.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from gameday.model.draws import Draws, Stream
from gameday.model.droplet_workflow import HELD, DropletWorkflow, Work
from gameday.model.fleet_check import raise_if_meaningless
from gameday.model.lease import Answer
from gameday.model.token_bucket import NEVER_MS
from gameday.simulate.recording import Recorder
from gameday.simulate.scenario import Pull, Restart
from gameday.simulate.series import HostSeries, Series

if TYPE_CHECKING:
    from gameday.simulate.scenario import Scenario

__all__ = ["play"]


def play(scenario: Scenario, *, seed: int) -> Series:
    """Return the series of a run; the same scenario and seed give the same.

    Raises InvalidInput, with every inequality that fails, for a fleet of which the
    model says nothing.
    """
    raise_if_meaningless(scenario.fleet)
    hosts = range(scenario.hosts)
    return Series(
        hosts=tuple(_Host(scenario, host=host, seed=seed).play() for host in hosts)
    )


class _Host:
    """One manager and the calendar that drives it."""

    def __init__(self, scenario: Scenario, *, host: int, seed: int) -> None:
        self._scenario = scenario
        self._host = host
        self._seed = seed
        self._fleet = fleet = scenario.fleet
        self._manager = DropletWorkflow(
            fleet=fleet,
            levers=scenario.levers,
            backoff_draws=self._draws(Stream.BACKOFF),
        )
        self._service = self._draws(Stream.SERVICE)
        self._services = [0] * fleet.droplets
        self._idle = fleet.workers
        self._calendar: list[tuple[int, int, Work | int, Answer]] = []
        self._entries = 0
        self._timeouts: deque[tuple[int, int, int]] = deque()
        self._dues: deque[tuple[int, int]] = deque()
        self._unreached_ms = self._outage()
        self._events = 0
        self._start_in_mid_life()

    def play(self) -> HostSeries:
        """Play to the horizon."""
        recorder = Recorder(self._manager, self._fleet)
        now_ms = 0
        for at_ms, act in self._acts():
            self._advance(now_ms, at_ms)
            now_ms = at_ms
            if isinstance(act, Pull):
                self._manager.pull(act.levers, now_ms=at_ms)
                self._feed(at_ms)
            elif isinstance(act, Restart):
                self._restart(act, at_ms)
            else:
                recorder.sample(at_ms)
        return recorder.series(events=self._events)

    def _acts(self) -> list[tuple[int, Pull | Restart | None]]:
        """Return what the operator does and when a row is taken (None), in order."""
        scenario = self._scenario
        acts: list[tuple[int, int, Pull | Restart | None]] = [
            (pull.at_ms, 0, pull) for pull in scenario.pulls
        ]
        acts += [
            (restart.turn_ms(self._host, scenario.hosts), 1, restart)
            for restart in scenario.restarts
        ]
        acts += [
            (at_ms, 2, None)
            for at_ms in range(0, scenario.horizon_ms + 1, scenario.sample_every_ms)
        ]
        acts.sort(key=lambda entry: entry[:2])
        return [(at_ms, act) for at_ms, _, act in acts if at_ms <= scenario.horizon_ms]

    def _start_in_mid_life(self) -> None:
        """Hold every lease, with renewals spread evenly over the interval."""
        fleet, phase = self._fleet, self._draws(Stream.PHASE)
        dues = sorted(
            (int(phase.uniform(droplet, 0) * fleet.renew_every_ms), droplet)
            for droplet in range(fleet.droplets)
        )
        for due_ms, droplet in dues:
            renewed_ms = due_ms - fleet.renew_every_ms
            self._manager.held_until_ms[droplet] = renewed_ms + fleet.lease_ms
        self._dues.extend(dues)

    def _advance(self, now_ms: int, end_ms: int) -> None:
        """Play every event from `now_ms` on and before `end_ms`."""
        calendar, timeouts, dues = self._calendar, self._timeouts, self._dues
        manager, admission = self._manager, self._manager.admission
        while True:
            call_ms = calendar[0][0] if calendar else NEVER_MS
            timeout_ms = timeouts[0][0] if timeouts else NEVER_MS
            due_ms = dues[0][0] if dues else NEVER_MS
            at_ms = min(call_ms, timeout_ms, due_ms)
            if admission.waiting:
                at_ms = min(at_ms, manager.release_at_ms(now_ms=now_ms))
            if at_ms >= end_ms:
                return
            now_ms = at_ms
            self._events += 1
            if at_ms == call_ms:
                self._next_on_calendar()
            elif at_ms == timeout_ms:
                _, droplet, attempt = timeouts.popleft()
                wait_ms = manager.timed_out(droplet, attempt, now_ms=at_ms)
                if wait_ms is not None:
                    self._wait(droplet, wait_ms, at_ms)
            elif at_ms == due_ms:
                self._due(dues.popleft()[1], at_ms)
            else:
                self._release(at_ms)

    def _next_on_calendar(self) -> None:
        now_ms, _, entry, answer = heappop(self._calendar)
        if isinstance(entry, Work):
            self._idle += 1
            wait_ms = self._manager.done(entry, answer, now_ms=now_ms)
            if wait_ms is not None:
                self._wait(entry.droplet, wait_ms, now_ms)
            self._feed(now_ms)
        else:
            self._due(entry, now_ms)

    def _due(self, droplet: int, now_ms: int) -> None:
        attempt = self._manager.due(droplet, now_ms=now_ms)
        if attempt != HELD:
            self._timeouts.append((now_ms + self._fleet.timeout_ms, droplet, attempt))
            if self._idle:
                self._feed(now_ms)

    def _wait(self, droplet: int, wait_ms: int, now_ms: int) -> None:
        """Let the droplet be due again after a wait."""
        if wait_ms == 0:
            self._due(droplet, now_ms)
        elif wait_ms == self._fleet.renew_every_ms:
            self._dues.append((now_ms + wait_ms, droplet))
        else:
            self._enter(now_ms + wait_ms, droplet, Answer.UNKNOWN)

    def _release(self, now_ms: int) -> None:
        while (released := self._manager.release(now_ms=now_ms)) is not None:
            droplet, attempt = released
            self._timeouts.append((now_ms + self._fleet.timeout_ms, droplet, attempt))
        self._feed(now_ms)

    def _feed(self, now_ms: int) -> None:
        """Give every idle worker the next job, as long as there are jobs."""
        manager = self._manager
        while self._idle:
            work = manager.take(now_ms=now_ms)
            if work is None:
                return
            self._idle -= 1
            self._call(work, now_ms)

    def _call(self, work: Work, now_ms: int) -> None:
        scenario, fleet, droplet = self._scenario, self._fleet, work.droplet
        answer = Answer.WRITTEN
        mean_ms: float = (
            fleet.establish_cost_ms if work.establishing else fleet.renew_cost_ms
        )
        lost_ms, back_ms = self._unreached_ms
        if lost_ms <= now_ms < back_ms and scenario.outage:
            answer = scenario.outage.answer
            mean_ms = fleet.fail_cost_ms
        if scenario.slow_at_queue:
            mean_ms *= 1 + self._manager.queued / scenario.slow_at_queue
        if scenario.load:
            mean_ms *= scenario.load.factor(now_ms)
        number = self._services[droplet]
        self._services[droplet] = number + 1
        takes_ms = int(mean_ms * self._service.exponential(droplet, number)) + 1
        self._enter(now_ms + takes_ms, work, answer)

    def _enter(self, at_ms: int, entry: Work | int, answer: Answer) -> None:
        self._entries += 1
        heappush(self._calendar, (at_ms, self._entries, entry, answer))

    def _restart(self, restart: Restart, now_ms: int) -> None:
        self._calendar.clear()
        self._timeouts.clear()
        self._dues.clear()
        self._idle = self._fleet.workers
        waits = self._manager.restart(
            rediscovery_ms=restart.rediscovery_ms, now_ms=now_ms
        )
        for droplet, wait_ms in enumerate(waits):
            self._enter(now_ms + wait_ms, droplet, Answer.UNKNOWN)

    def _outage(self) -> tuple[int, int]:
        """Return when this host loses the table and when it has it back."""
        outage = self._scenario.outage
        if outage is None:
            return NEVER_MS, NEVER_MS
        draws = Draws(
            seed=self._seed, stream=Stream.REACHABILITY, entities=1, first=self._host
        )
        return (
            outage.from_ms + int(outage.lost_over_ms * draws.uniform(0, 0)),
            outage.to_ms + int(outage.back_over_ms * draws.uniform(0, 1)),
        )

    def _draws(self, stream: Stream) -> Draws:
        droplets = self._fleet.droplets
        return Draws(
            seed=self._seed,
            stream=stream,
            entities=droplets,
            first=self._host * droplets,
        )
