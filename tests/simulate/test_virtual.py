"""The driver: the same run twice, and runs that differ only where they should."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gameday.model.droplet_workflow import DropletWorkflow
from gameday.model.free_parameters import reference_fleet
from gameday.model.lease_fleet import LeaseFleet
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.work_queue import Order, QueueRule
from gameday.simulate import virtual
from gameday.simulate.drill import Drill
from gameday.simulate.scenario import LoadCurve, Outage, Pull, Restart, Scenario
from gameday.simulate.virtual import play

MINUTE_MS = 60_000
FLEET = reference_fleet()
SHORT = Scenario(
    fleet=FLEET,
    horizon_ms=50 * MINUTE_MS,
    outage=Outage(from_ms=10 * MINUTE_MS, to_ms=25 * MINUTE_MS),
)


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    assert play(SHORT, seed=1) == play(SHORT, seed=1)
    assert play(SHORT, seed=1) != play(SHORT, seed=2)


def test_two_runs_are_one_until_the_operator_acts():
    lifo = Levers(queue=QueueRule(order=Order.LIFO))
    pulled = replace(SHORT, pulls=(Pull(at_ms=40 * MINUTE_MS, levers=lifo),))

    null, treated = (play(scenario, seed=3).hosts[0] for scenario in (SHORT, pulled))

    assert null.rows[:41] == treated.rows[:41]
    assert null.rows[41:] != treated.rows[41:]


def test_a_host_does_not_know_the_others():
    restart = Restart(at_ms=30 * MINUTE_MS, rediscovery_ms=5000)
    scattered = replace(
        SHORT,
        outage=Outage(
            from_ms=0,
            to_ms=20 * MINUTE_MS,
            lost_over_ms=10 * MINUTE_MS,
            back_over_ms=5 * MINUTE_MS,
        ),
        restarts=(restart,),
    )

    three = play(replace(scattered, hosts=3), seed=1).hosts

    assert three[:2] == play(replace(scattered, hosts=2), seed=1).hosts


def test_each_host_and_droplet_has_draws_of_its_own():
    same_outage = play(replace(SHORT, hosts=2), seed=1).hosts

    assert same_outage[0].rows != same_outage[1].rows


def test_the_earliest_deadline_is_the_first_in_while_one_timeout_holds_for_all():
    earliest = Levers(queue=QueueRule(order=Order.EARLIEST_DEADLINE))

    assert play(replace(SHORT, levers=earliest), seed=1) == play(SHORT, seed=1)


def test_a_healthy_host_renews_every_interval_and_nothing_else():
    control = play(replace(SHORT, outage=None), seed=1)

    assert set(control.held_share()) == {1.0}
    renewals = control.total("renewed", from_ms=0)
    assert renewals == pytest.approx(300 * 50 / 4, rel=0.01)
    assert control.total("attempts") == pytest.approx(renewals, abs=2)
    busy = control.total("busy_ms") / (FLEET.workers * SHORT.horizon_ms)
    assert busy == pytest.approx(FLEET.rho, abs=0.02)


def test_leases_run_out_one_by_one_in_an_outage_each_at_its_time():
    """The last renewal before minute 10 was 0 to 4 minutes old; leases last 12."""
    held = play(SHORT, seed=1).held_share()

    assert held[18] == 1
    assert held[20] == pytest.approx(0.5, abs=0.1)
    assert held[22] <= 0.02
    assert held[23] == 0


def test_time_may_be_compressed():
    """A run of the fleet in a quarter of the time, but for rounding, is the run."""

    def compressed(fleet: LeaseFleet, by: int) -> LeaseFleet:
        lengths = {
            name: getattr(fleet, name) // by
            for name in LeaseFleet.__dataclass_fields__
            if name.endswith("_ms")
        }
        return replace(fleet, **lengths)

    runs = [
        play(Drill(fleet=fleet).untouched(), seed=1)
        for fleet in (FLEET, compressed(FLEET, 4))
    ]

    full, quarter = (run.held_share() for run in runs)
    assert max(abs(a - b) for a, b in zip(full, quarter, strict=True)) < 0.1
    assert runs[0].queued_at(runs[0].times_ms[-1]) == pytest.approx(
        runs[1].queued_at(runs[1].times_ms[-1]), rel=0.05
    )


def test_load_makes_every_call_heavier():
    single = replace(SHORT, outage=None)
    double = replace(single, load=LoadCurve(((0, 2.0),)))

    busy_ms, busy_single_ms = (
        play(scenario, seed=1).total("busy_ms") for scenario in (double, single)
    )

    assert busy_ms == pytest.approx(2 * busy_single_ms, rel=0.01)


def test_a_full_queue_slows_every_call():
    slow = play(replace(SHORT, slow_at_queue=300), seed=1)
    quick = play(SHORT, seed=1)

    late_ms = [
        run.total("late_ms", from_ms=40 * MINUTE_MS)
        / run.total("late", from_ms=40 * MINUTE_MS)
        for run in (slow, quick)
    ]
    assert late_ms[0] > 2 * late_ms[1]


def test_time_never_goes_back(monkeypatch: pytest.MonkeyPatch):
    """A throttle, a breaker, restarts and samples all move one clock."""
    seen: list[int] = []

    class Watched(DropletWorkflow):
        def due(self, droplet: int, *, now_ms: int) -> int:
            seen.append(now_ms)
            return super().due(droplet, now_ms=now_ms)

        def release(self, *, now_ms: int) -> tuple[int, int] | None:
            seen.append(now_ms)
            return super().release(now_ms=now_ms)

        def release_at_ms(self, *, now_ms: int) -> int:
            seen.append(now_ms)
            return super().release_at_ms(now_ms=now_ms)

    monkeypatch.setattr(virtual, "DropletWorkflow", Watched)
    pulled = mitigations(FLEET)[Mitigation.THROTTLE_AND_RESTART]
    slow = mitigations(FLEET)[Mitigation.SLOW_BREAKER]
    play(
        replace(
            SHORT,
            pulls=(
                Pull(at_ms=30 * MINUTE_MS, levers=pulled.levers),
                Pull(at_ms=35 * MINUTE_MS, levers=slow.levers),
                Pull(at_ms=45 * MINUTE_MS, levers=AS_BUILT),
            ),
            restarts=(Restart(at_ms=30 * MINUTE_MS, rediscovery_ms=5000),),
        ),
        seed=1,
    )

    assert seen == sorted(seen)
    assert len(seen) > 1000
