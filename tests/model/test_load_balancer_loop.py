"""Flapping, the overloaded checker and zonal failover together, as in October 2025.

Every arm plays the same hours with the same seed: false failures rise for half an hour,
stay, and are gone after 100 minutes. Nothing is scripted but that share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from load_balancer_loop import Design, Loop, Round

from gameday.model.alarm import Alarm, Comparison, Sample
from gameday.model.detection import Monitor, Watches, detections
from gameday.model.health import LateChecks, Thresholds
from gameday.model.velocity import Velocity
from gameday.model.zonal_failover import Failover

LAST_MINUTE = 150
TROUBLE_ENDS = 100

VELOCITY = Velocity(window_ms=600_000, removed_percent_max=34, floor_percent=66)


def failure_share(minute: float) -> float:
    rise = 0.05 + 0.27 * min(minute, 30) / 30
    fall = max(0.0, min(1.0, (TROUBLE_ENDS - minute) / 10))
    return rise * fall


@cache
def played(design: Design, seed: int = 1) -> tuple[Round, ...]:
    return tuple(Loop(design, failure_share, seed=seed).rounds(LAST_MINUTE))


def between(rounds: tuple[Round, ...], first: int, last: int) -> list[Round]:
    return [each for each in rounds if first <= each.minute < last]


def mean_served(rounds: list[Round]) -> float:
    return sum(each.served for each in rounds) / len(rounds)


def off_between(first: int, last: int) -> Callable[[int], Failover]:
    return lambda minute: Failover.OFF if first <= minute < last else Failover.ON


NULL = Design()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flapping_overloads_the_checker_and_capacity_is_lost(seed: int):
    rounds = played(NULL, seed)
    flapping = next(each.minute for each in rounds if each.flaps > 0.02)
    late = next(each.minute for each in rounds if each.delay_ms > 10_000)
    loss = next(each.minute for each in rounds if each.served < 0.98)

    assert flapping < late < loss
    assert mean_served(between(rounds, 30, 90)) < 0.92
    assert min(each.served for each in rounds) < 0.6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_loop_keeps_itself_up_when_nothing_fails_any_more(seed: int):
    rounds = between(played(NULL, seed), TROUBLE_ENDS + 20, LAST_MINUTE)

    assert failure_share(TROUBLE_ENDS) == 0.0
    assert mean_served(rounds) < 0.97
    assert all(each.delay_ms > 10_000 for each in rounds)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_switching_automatic_failover_off_ends_the_errors_and_the_loop(seed: int):
    rounds = played(Design(failover=off_between(60, 120)), seed)

    assert mean_served(between(rounds, 50, 60)) < 0.92
    assert min(each.served for each in between(rounds, 60, 120)) > 0.95
    # Switched on again after the trouble, it stays healthy.
    assert all(each.served == 1.0 for each in between(rounds, 120, LAST_MINUTE))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_velocity_control_keeps_the_capacity(seed: int):
    served = [each.served for each in played(Design(velocity=VELOCITY), seed)]

    assert sum(served) / len(served) > 0.98
    assert min(served) >= 0.88


ARMS = {
    "five failures in a row": Design(thresholds=Thresholds(unhealthy=5, healthy=2)),
    "a checker twice as large": Design(capacity=2.0),
    "transitions that cost nothing": Design(transition_checks=0),
    "late checks say nothing": Design(late=LateChecks.IGNORED),
}


@pytest.mark.parametrize("arm", ARMS)
def test_without_one_half_of_the_loop_nothing_is_lost(arm: str):
    rounds = played(ARMS[arm])

    assert min(each.served for each in rounds) > 0.97
    assert rounds[-1].delay_ms == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_voting_checkers_delay_the_loss_and_do_not_end_it(seed: int):
    alone, voting = played(NULL, seed), played(Design(voters=3), seed)

    first_loss = [
        next(each.minute for each in rounds if each.served < 0.98)
        for rounds in (alone, voting)
    ]
    assert first_loss[0] < first_loss[1]
    assert mean_served(list(alone)) < mean_served(list(voting)) < 0.99


def test_which_alarm_one_chooses_decides_how_long_everybody_is_blind():
    """A component alarm on lost capacity over 20 minutes, as in the record, is last."""
    rounds = played(NULL)
    began_ms = int(next(r.minute for r in rounds if r.served < 0.98) * 60_000)
    metrics = {
        name: [Sample(at_ms=int(r.minute * 60_000), value=value(r)) for r in rounds]
        for name, value in {
            "flaps": lambda r: r.flaps,
            "served": lambda r: r.served,
        }.items()
    }
    monitors = [
        Monitor(
            name="flap rate",
            watches=Watches.COMPONENT,
            alarm=Alarm(metric="flaps", threshold=0.05),
        ),
        Monitor(
            name="capacity over 20 min",
            watches=Watches.COMPONENT,
            alarm=Alarm(
                metric="served",
                comparison=Comparison.BELOW,
                threshold=0.95,
                evaluation_periods=20,
                datapoints_to_alarm=18,
            ),
        ),
        Monitor(
            name="canary",
            watches=Watches.END_TO_END,
            alarm=Alarm(
                metric="served",
                comparison=Comparison.BELOW,
                threshold=0.95,
                evaluation_periods=2,
            ),
        ),
    ]

    found = detections(
        monitors, metrics, began_ms=began_ms, until_ms=LAST_MINUTE * 60_000
    )

    took = {each.monitor.name: each.took_ms for each in found}
    assert took["canary"] is not None
    assert took["capacity over 20 min"] is not None
    assert took["canary"] <= 5 * 60_000
    assert took["capacity over 20 min"] >= 18 * 60_000
