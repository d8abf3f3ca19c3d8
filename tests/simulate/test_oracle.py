"""An independent simulator: SimPy, a process a droplet, none of our code.

It has its own queue, its own random numbers and no manager; what the two share is
the story. They must agree on the collapse, not only on its being there.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from statistics import fmean
from typing import Any

import pytest
import simpy

from gameday.model.free_parameters import reference_fleet
from gameday.model.lease_fleet import LeaseFleet
from gameday.simulate.scenario import Outage, Scenario
from gameday.simulate.virtual import play

MINUTE_MS = 60_000
FLEET = reference_fleet()
BACK_MS = 30 * MINUTE_MS
CHECKPOINTS_MS = tuple(minute * MINUTE_MS for minute in (20, 45, 70, 90))


class SimpyHost:
    """The as-built manager, told as processes that wait for events."""

    def __init__(self, fleet: LeaseFleet, outage: Outage | None, seed: int) -> None:
        self.fleet = fleet
        self.outage = outage
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.queue = simpy.Store(self.env)
        self.held_until = [0.0] * fleet.droplets
        self.samples: dict[int, tuple[float, int]] = {}
        for droplet in range(fleet.droplets):
            self.env.process(self.droplet(droplet))
        for _ in range(fleet.workers):
            self.env.process(self.worker())
        self.env.process(self.sampler())

    def droplet(self, droplet: int) -> Generator[Any, Any, None]:
        fleet, env = self.fleet, self.env
        phase = self.random.random() * fleet.renew_every_ms
        self.held_until[droplet] = phase - fleet.renew_every_ms + fleet.lease_ms
        yield env.timeout(phase)
        while True:
            answer = env.event()
            yield self.queue.put((droplet, answer))
            yield answer | env.timeout(fleet.timeout_ms)
            if answer.triggered and answer.value:
                yield env.timeout(fleet.renew_every_ms)
            elif not answer.triggered:
                answer.given_up = True

    def worker(self) -> Generator[Any, Any, None]:
        fleet, env, outage = self.fleet, self.env, self.outage
        while True:
            droplet, answer = yield self.queue.get()
            called = env.now
            is_lost = self.held_until[droplet] <= called
            mean = fleet.establish_cost_ms if is_lost else fleet.renew_cost_ms
            is_reached = outage is None or not outage.from_ms <= called < outage.to_ms
            if not is_reached:
                mean = fleet.fail_cost_ms
            yield env.timeout(self.random.expovariate(1 / mean))
            if not getattr(answer, "given_up", False):
                if is_reached:
                    self.held_until[droplet] = called + fleet.lease_ms
                answer.succeed(is_reached)

    def sampler(self) -> Generator[Any, Any, None]:
        for at_ms in CHECKPOINTS_MS:
            yield self.env.timeout(at_ms - self.env.now)
            held = sum(until > at_ms for until in self.held_until)
            self.samples[at_ms] = held / self.fleet.droplets, len(self.queue.items)

    def run(self) -> dict[int, tuple[float, int]]:
        self.env.run(until=CHECKPOINTS_MS[-1] + 1)
        return self.samples


def both(
    outage: Outage | None, *, seeds: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Mean (share held, jobs queued) at each checkpoint: SimPy's and ours."""
    theirs = [SimpyHost(FLEET, outage, seed).run() for seed in range(seeds)]
    scenario = Scenario(fleet=FLEET, horizon_ms=CHECKPOINTS_MS[-1], outage=outage)
    ours = [play(scenario, seed=seed) for seed in range(seeds)]
    return (
        [
            (fmean(run[at][0] for run in theirs), fmean(run[at][1] for run in theirs))
            for at in CHECKPOINTS_MS
        ],
        [
            (
                fmean(run.held_at(at) for run in ours),
                fmean(run.queued_at(at) for run in ours),
            )
            for at in CHECKPOINTS_MS
        ],
    )


def test_simpy_collapses_alike():
    theirs, ours = both(Outage(from_ms=10 * MINUTE_MS, to_ms=BACK_MS), seeds=3)

    for (their_share, their_queue), (share, queue) in zip(theirs, ours, strict=True):
        assert share == pytest.approx(their_share, abs=0.06)
        assert queue == pytest.approx(their_queue, rel=0.04)
    assert ours[-1][0] == 0, "which is a collapse"


def test_simpy_stays_well_alike():
    theirs, ours = both(None, seeds=1)

    assert {share for share, _ in theirs} == {share for share, _ in ours} == {1.0}
    assert all(queue < 10 for _, queue in (*theirs, *ours))


@pytest.mark.thorough
def test_simpy_collapses_alike_over_many_seeds():
    """Within 1 % once it is stuck; the way there differs more from seed to seed."""
    theirs, ours = both(Outage(from_ms=10 * MINUTE_MS, to_ms=BACK_MS), seeds=20)

    for (their_share, their_queue), (share, queue) in zip(theirs, ours, strict=True):
        assert share == pytest.approx(their_share, abs=0.03)
        assert queue == pytest.approx(their_queue, rel=0.03)
    assert [queue for _, queue in ours[2:]] == [
        pytest.approx(queue, rel=0.01) for _, queue in theirs[2:]
    ]
