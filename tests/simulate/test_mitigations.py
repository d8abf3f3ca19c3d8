"""What helps: each mitigation beside the run without it, same seed, same draws.

A mitigation works if it brings the host back while it is pulled, the host stays well
for three leases after it was let go, the area of lost lease minutes shrinks, renewals
do not starve, it costs nothing without an outage, and all of that also where a long
queue slows every call. `proof.mitigation_gaps` is the judge.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import (
    FLEET,
    QUICK,
    SLOWED,
    control,
    pulled,
    treated,
    treated_control,
    untouched,
)

from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation
from gameday.model.work_queue import Order, QueueRule
from gameday.simulate.drill import Drill
from gameday.simulate.proof import mitigation_gaps
from gameday.simulate.scenario import Pull
from gameday.simulate.virtual import play

MINUTE_MS = 60_000

WORK = {
    Mitigation.RESTART_SLOWLY,
    Mitigation.THROTTLE_AND_RESTART,
    Mitigation.DROP,
    Mitigation.BOUND_AND_DROP,
    Mitigation.BREAKER_AND_DROP,
    Mitigation.SLOW_BREAKER_AND_DROP,
    Mitigation.SLOW_BREAKER_AND_RESTART,
}

WORK_WHILE_THE_QUEUE_SLOWS_NOTHING = {
    Mitigation.BOUND,
    Mitigation.ONE_PER_DROPLET,
    Mitigation.LIFO,
    Mitigation.SLOW_BREAKER,
}

DO_NOT_WORK = set(Mitigation) - WORK - WORK_WHILE_THE_QUEUE_SLOWS_NOTHING


def gaps(drill: Drill, which: Mitigation, seed: int) -> tuple[str, ...]:
    return mitigation_gaps(
        drill,
        null=untouched(drill, seed),
        treated=treated(drill, which, seed),
        control=control(drill, seed),
        treated_control=treated_control(drill, which, seed),
    )


@pytest.mark.parametrize("which", sorted(WORK))
def test_these_work(which: Mitigation):
    assert gaps(QUICK, which, 0) == ()
    assert gaps(SLOWED, which, 1) == ()


@pytest.mark.parametrize("which", sorted(WORK_WHILE_THE_QUEUE_SLOWS_NOTHING))
def test_these_work_as_long_as_the_queue_slows_nothing(which: Mitigation):
    assert gaps(QUICK, which, 0) == ()
    assert gaps(SLOWED, which, 1) != ()


@pytest.mark.parametrize("which", sorted(DO_NOT_WORK))
def test_these_do_not_work(which: Mitigation):
    for drill, seed in ((QUICK, 0), (SLOWED, 1)):
        assert any("held while it lasts" in gap for gap in gaps(drill, which, seed))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(8))
def test_the_table_is_the_same_for_more_seeds(seed: int):
    quick = {which for which in Mitigation if not gaps(QUICK, which, seed)}
    slowed = {which for which in Mitigation if not gaps(SLOWED, which, seed)}

    assert quick == WORK | WORK_WHILE_THE_QUEUE_SLOWS_NOTHING
    assert slowed == WORK


@pytest.mark.parametrize("drill", [QUICK, SLOWED])
def test_throttle_alone_fails_restart_alone_fails_together_they_work(drill: Drill):
    def held(which: Mitigation) -> float:
        seed = 0 if drill is QUICK else 1
        return treated(drill, which, seed).held_at(drill.horizon_ms)

    assert held(Mitigation.THROTTLE) == 0
    assert held(Mitigation.RESTART) == 0
    assert held(Mitigation.THROTTLE_AND_RESTART) == 1


def test_a_throttle_without_a_purge_only_drains_dead_work():
    """What it leaves of the workers' time, a fifth, goes through the old queue."""
    run = treated(QUICK, Mitigation.THROTTLE, 0)
    dead, left = run.queued_at(QUICK.pulled_ms), run.queued_at(QUICK.let_go_ms)
    held_s = (QUICK.let_go_ms - QUICK.pulled_ms) / 1000

    assert (dead - left) / held_s == pytest.approx(0.2 * FLEET.establish_per_s, rel=0.2)
    assert run.total("useful", from_ms=QUICK.pulled_ms) == 0


def test_a_blind_throttle_caps_the_leases_at_its_rate():
    """At .8 mu the fleet's turn comes each 837 s, and a lease lasts 720: .86."""
    run = treated(QUICK, Mitigation.THROTTLE_ALL_AND_RESTART, 0)
    cap = 0.8 * FLEET.establish_per_s * FLEET.lease_ms / 1000 / FLEET.droplets

    assert run.held_at(QUICK.let_go_ms) == pytest.approx(cap, abs=0.02)
    starved = gaps(QUICK, Mitigation.THROTTLE_ALL_AND_RESTART, 0)
    assert any("it costs renewals" in gap for gap in starved)
    assert any("leases get older" in gap for gap in starved)


def test_a_bound_refuses_but_does_not_purge():
    """It is back only when the dead jobs of before have been done, one by one."""
    bound, both = (
        treated(QUICK, which, 0).back_at_ms()
        for which in (Mitigation.BOUND, Mitigation.BOUND_AND_DROP)
    )

    assert bound is not None
    assert both is not None
    assert bound > both + 30 * MINUTE_MS


def test_a_breaker_that_closes_fully_lets_the_herd_back_each_time():
    run = treated(QUICK, Mitigation.BREAKER, 0)

    assert run.total("openings") > 5
    assert 0.1 < run.held_at(QUICK.let_go_ms) < 0.6


def test_last_in_first_out_leaves_its_dead_jobs_for_the_day_it_is_let_go():
    """After two hours there are 19 a droplet, 27 min of work even for renewals."""
    lifo = Levers(queue=QueueRule(order=Order.LIFO))
    pulled_ms = QUICK.outage.to_ms + 120 * MINUTE_MS
    let_go_ms = pulled_ms + 34 * MINUTE_MS
    scenario = replace(
        QUICK.untouched(),
        horizon_ms=let_go_ms + 3 * FLEET.lease_ms,
        pulls=(
            Pull(at_ms=pulled_ms, levers=lifo),
            Pull(at_ms=let_go_ms, levers=AS_BUILT),
        ),
    )

    run = play(scenario, seed=0)

    assert run.held_at(let_go_ms) > 0.98
    assert run.held_at(scenario.horizon_ms) == 0


@pytest.mark.parametrize("which", [Mitigation.DROP, Mitigation.LIFO])
def test_what_rejects_work_counts_what_it_rejects(which: Mitigation):
    """Every attempt ends in exactly one count; nothing is swept under the queue."""
    run = treated(QUICK, which, 0)
    ended = sum(run.total(name) for name in ("renewed", "established", "failed"))
    pending = run.total("attempts") - ended - run.total("timed_out")
    jobs = ended + sum(run.total(name) for name in ("late", "dropped", "refused"))

    assert 0 <= pending <= FLEET.droplets
    unserved = run.total("attempts") - jobs - run.queued_at(QUICK.horizon_ms)
    assert 0 <= unserved <= FLEET.workers
    assert (run.total("dropped") > FLEET.droplets) == (which is Mitigation.DROP)


@pytest.mark.parametrize(
    "which",
    [
        Mitigation.DROP,
        Mitigation.LIFO,
        Mitigation.THROTTLE,
        Mitigation.BOUND_AND_DROP,
        Mitigation.ONE_PER_DROPLET,
        Mitigation.SLOW_BREAKER,
    ],
)
def test_always_on_the_host_is_back_within_twenty_minutes_by_itself(which: Mitigation):
    """Nobody acts: the switch was on before the outage began."""
    scenario = replace(QUICK.untouched(), levers=pulled(which).levers)

    back_ms = play(scenario, seed=0).back_at_ms()

    assert back_ms is not None
    assert back_ms < QUICK.outage.to_ms + 20 * MINUTE_MS


def test_the_judge_refuses_a_mitigation_that_does_nothing():
    """A recovered run beside a null that also recovers proves nothing."""
    well = control(QUICK, 0)

    nothing = mitigation_gaps(
        QUICK, null=well, treated=well, control=well, treated_control=well
    )

    assert "the host recovers without it" in nothing
    assert "as many lease minutes are lost as without it" in nothing
