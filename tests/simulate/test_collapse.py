"""The collapse is real: the criteria of the model notes, one test each.

One host of 300 droplets and 2 workers (a job takes 0.019 of a time-out), played
without an operator: ten minutes well, twenty without the table, two hours with it.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest
from runs import FLEET, QUICK, control, untouched, wilson

from gameday.model.backoff import FixedWait, FullJitter, Wait
from gameday.model.fleet_check import collapse_problems
from gameday.model.free_parameters import reference_fleet
from gameday.model.lease import Answer
from gameday.model.lease_fleet import FleetState, LeaseFleet
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.work_queue import Order, QueueRule
from gameday.simulate.drill import Drill
from gameday.simulate.proof import collapse_gaps
from gameday.simulate.scenario import LoadCurve, Outage, Pull, Scenario
from gameday.simulate.series import Series
from gameday.simulate.virtual import play

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SEEDS = range(20)
DROP = QueueRule(drop_within_ms=FLEET.timeout_ms // 10)


def is_back(scenario: Scenario, seed: int) -> bool:
    return play(scenario, seed=seed).back_at_ms() is not None


def test_the_fleet_is_one_that_can_collapse():
    lasts_ms = QUICK.outage.to_ms - QUICK.outage.from_ms

    assert collapse_problems(FLEET, outage_ms=lasts_ms) == ()


@pytest.mark.parametrize("seed", range(4))
def test_every_criterion_of_a_collapse_holds(seed: int):
    """Trigger gone, two fates of one host, busy and useless, amplified, growing."""
    assert (
        collapse_gaps(QUICK, stuck=untouched(QUICK, seed), control=control(QUICK, seed))
        == ()
    )


def test_the_same_parameters_have_two_lives():
    """Bistability: the last hour of one host, with and without an outage long ago."""
    from_ms = QUICK.horizon_ms - HOUR_MS
    stuck, well = untouched(QUICK, 0), control(QUICK, 0)

    def life(run: Series, name: str) -> int:
        return run.total(name, from_ms=from_ms)

    assert [run.held_at(QUICK.horizon_ms) for run in (stuck, well)] == [0, 1]
    assert life(stuck, "useful") == 0
    assert life(well, "late") == life(well, "timed_out") == 0
    assert life(stuck, "busy_ms") > 2 * life(well, "busy_ms")


def test_the_queue_grows_by_what_is_offered_less_what_is_done():
    from_ms = QUICK.outage.to_ms + HOUR_MS
    seconds = (QUICK.horizon_ms - from_ms) / 1000
    slopes = [
        (run.queued_at(QUICK.horizon_ms) - run.queued_at(from_ms)) / seconds
        for run in (untouched(QUICK, seed) for seed in range(4))
    ]

    assert fmean(slopes) == pytest.approx(FLEET.queue_growth_per_s, rel=0.1)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_every_criterion_of_a_collapse_holds_in_a_larger_host(seed: int):
    drill = Drill(fleet=reference_fleet(droplets=2000, workers=8))

    stuck, alone = (
        play(scenario, seed=seed)
        for scenario in (drill.untouched(), drill.without_outage())
    )

    assert collapse_gaps(drill, stuck=stuck, control=alone) == ()


def test_the_collapse_is_no_matter_of_chance():
    an_hour_later = replace(QUICK.untouched(), horizon_ms=QUICK.outage.to_ms + HOUR_MS)
    stuck = sum(not is_back(an_hour_later, seed) for seed in SEEDS)

    low, _ = wilson(stuck, len(SEEDS))

    assert low > 0.8


@pytest.mark.parametrize(
    "without_the_loop",
    [
        Levers(queue=DROP),
        Levers(queue=QueueRule(one_per_droplet=True)),
    ],
)
def test_without_dead_work_the_same_outage_passes(without_the_loop: Levers):
    """Paired with the collapse: same fleet, seed, outage and draws."""
    back_ms = [
        play(
            replace(QUICK.untouched(), levers=without_the_loop), seed=seed
        ).back_at_ms()
        for seed in range(4)
    ]

    assert all(ms and ms < QUICK.outage.to_ms + 20 * MINUTE_MS for ms in back_ms)


def test_with_a_timeout_longer_than_a_pass_the_same_outage_passes():
    patient = replace(FLEET, timeout_ms=round(FLEET.fleet_time_ms) + MINUTE_MS)
    scenario = replace(QUICK.untouched(), fleet=patient)

    assert patient.state() is FleetState.STABLE
    assert all(is_back(scenario, seed) for seed in range(4))


def threshold_runs(
    fleet: LeaseFleet, outage_ms: float, seeds: range
) -> tuple[int, int]:
    """How many of how many runs stay stuck after an outage of this length."""
    from_ms = 10 * MINUTE_MS
    scenario = Scenario(
        fleet=fleet,
        horizon_ms=80 * MINUTE_MS,
        outage=Outage(from_ms=from_ms, to_ms=from_ms + round(outage_ms)),
    )
    return sum(not is_back(scenario, seed) for seed in seeds), len(seeds)


@pytest.mark.parametrize("rho", [0.35, 0.6, 0.8])
def test_the_critical_outage_is_the_equations(rho: float):
    """Half of the runs stay stuck at a length within 15 % of D*."""
    fleet = fleet_of(rho)
    critical_ms = fleet.critical_outage_ms()

    below, runs = threshold_runs(fleet, 0.85 * critical_ms, range(6))
    above, _ = threshold_runs(fleet, 1.15 * critical_ms, range(6))

    assert below < runs / 2 < above


@pytest.mark.thorough
@pytest.mark.parametrize("rho", [0.35, 0.6, 0.8])
def test_the_critical_outage_is_the_equations_beyond_doubt(rho: float):
    fleet = fleet_of(rho, droplets=1000)
    critical_ms = fleet.critical_outage_ms()

    below = threshold_runs(fleet, 0.85 * critical_ms, range(20))
    above = threshold_runs(fleet, 1.15 * critical_ms, range(20))

    assert wilson(*below)[1] < 0.5 < wilson(*above)[0]


def fleet_of(rho: float, *, droplets: int = 300) -> LeaseFleet:
    """A fleet of this load whose jobs are small against a time-out."""
    return LeaseFleet.of_passes(
        droplets=droplets,
        workers=max(1, droplets // 300),
        renewal_pass_ms=rho * 240_000,
        fleet_time_ms=8 * rho * 240_000,
    )


def turning_points(
    levers: Levers, *, hours: int, seed: int
) -> tuple[float | None, float | None]:
    """The loads at which a host collapses on the way up and recovers on the way down.

    The load rises from a tenth to seven times the reference and falls back.
    """
    low, high = 0.1, 2.5 / FLEET.rho
    top_ms = hours * HOUR_MS
    load = LoadCurve(((0, low), (top_ms, high), (2 * top_ms, low)))
    run = play(
        Scenario(
            fleet=FLEET, horizon_ms=2 * top_ms + HOUR_MS, levers=levers, load=load
        ),
        seed=seed,
    )
    collapsed_at = recovered_at = None
    for at_ms, held in zip(run.times_ms, run.held_share(), strict=True):
        rho = FLEET.rho * load.factor(at_ms)
        if collapsed_at is None and held < 0.5:
            collapsed_at = rho
        if at_ms > top_ms:
            recovered_at = (recovered_at or rho) if held >= 0.9 else None
    return collapsed_at, recovered_at


@pytest.mark.parametrize(
    ("queue", "recovers_below"),
    [
        (QueueRule(jobs_max=2 * FLEET.droplets), 0.15),
        (DROP, 0.9),
        (QueueRule(order=Order.LIFO), 0.9),
    ],
)
def test_the_way_down_is_not_the_way_up(queue: QueueRule, recovers_below: float):
    """Hysteresis. The theory's marks: up at rho 2, FIFO down where A is 1, .125."""
    up, down = turning_points(Levers(queue=queue), hours=8, seed=1)

    assert up is not None
    assert down is not None
    assert up > 1.2
    assert down < recovers_below
    assert up - down > 0.3


def test_an_unbounded_queue_never_comes_back():
    up, down = turning_points(AS_BUILT, hours=8, seed=1)

    assert up == pytest.approx(2, rel=0.15)
    assert down is None


@pytest.mark.parametrize(
    ("wait", "state"),
    [
        (FixedWait(period_ms=2 * FLEET.renew_every_ms), FleetState.STABLE),
        (FixedWait(period_ms=4 * FLEET.renew_every_ms), FleetState.STABLE),
        (FullJitter(first_ms=30_000, last_ms=1_800_000), FleetState.STABLE),
        (FullJitter(first_ms=1_000, last_ms=60_000), FleetState.VULNERABLE),
    ],
)
def test_backoff_from_the_start_decides_by_its_mean(wait: Wait, state: FleetState):
    scenario = replace(QUICK.untouched(), levers=Levers(wait=wait))

    recovered = {is_back(scenario, seed) for seed in range(3)}

    assert FLEET.state(backoff_mean_ms=wait.settled_mean_ms) is state
    assert recovered == {state is FleetState.STABLE}


def test_keeping_leases_on_503_helps_against_503_and_not_against_a_dead_name():
    keep = Levers(keep_on_unavailable=True)

    def ends_with(answer: Answer, levers: Levers) -> float:
        outage = replace(QUICK.outage, answer=answer)
        scenario = replace(QUICK.untouched(), outage=outage, levers=levers)
        return play(scenario, seed=1).held_at(QUICK.horizon_ms)

    assert ends_with(Answer.UNAVAILABLE, keep) == 1
    assert ends_with(Answer.UNAVAILABLE, AS_BUILT) == 0
    assert ends_with(Answer.UNREACHABLE, keep) == 0


def test_more_time_without_the_trigger_heals_nothing():
    """Eight hours after the outage the host is as stuck as after two."""
    long = replace(QUICK.untouched(), horizon_ms=9 * HOUR_MS)

    run = play(long, seed=1)

    assert run.held_at(long.horizon_ms) == 0
    assert run.total("useful", from_ms=HOUR_MS * 2) == 0


class TestWhatIsNoCollapse:
    """The criteria tell a collapse from what looks like one."""

    def test_a_healthy_host(self):
        gaps = collapse_gaps(QUICK, stuck=control(QUICK, 0), control=control(QUICK, 0))

        assert any("the host is well: 1.000 held" in gap for gap in gaps)
        assert any("workers are idle" in gap for gap in gaps)

    def test_a_host_that_is_recovering(self):
        """Cut off in the middle of a recovery: rising, and some of it useful."""
        late = Pull(at_ms=QUICK.horizon_ms - 8 * MINUTE_MS, levers=Levers(queue=DROP))
        run = play(replace(QUICK.untouched(), pulls=(late,)), seed=0)

        gaps = collapse_gaps(QUICK, stuck=run, control=control(QUICK, 0))

        assert any("leases are coming back" in gap for gap in gaps)
        assert any("goodput" in gap for gap in gaps)

    def test_an_overloaded_host(self):
        six_times = LoadCurve(((0, 6.0),))
        alone = play(replace(QUICK.without_outage(), load=six_times), seed=0)

        gaps = collapse_gaps(QUICK, stuck=alone, control=alone)

        assert any(
            "without an outage the same host loses leases" in gap for gap in gaps
        )

    def test_a_host_that_is_still_in_its_outage(self):
        outage = replace(QUICK.outage, to_ms=QUICK.horizon_ms)
        dark = play(replace(QUICK.untouched(), outage=outage), seed=0)

        gaps = collapse_gaps(QUICK, stuck=dark, control=control(QUICK, 0))

        assert any("work is useful: only 0.000 of it comes too late" in g for g in gaps)
        assert any("the queue grew by 0" in gap for gap in gaps)
