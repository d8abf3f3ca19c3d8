from __future__ import annotations

import pytest

from gameday.model.breaker import Breaker, BreakerRule, BreakerState
from gameday.model.token_bucket import NEVER_MS

RULE = BreakerRule(window_ms=100, open_ms=50, outcomes_min=4)


def opened(*, slow_start_per_s: float | None = None) -> Breaker:
    """A breaker that opened at 10, on four failures of attempts begun at 5."""
    breaker = Breaker(
        BreakerRule(
            window_ms=100,
            open_ms=50,
            outcomes_min=4,
            slow_start_per_s=slow_start_per_s,
        )
    )
    for _ in range(4):
        breaker.record(succeeded=False, began_at_ms=5, now_ms=10)
    assert breaker.state is BreakerState.OPEN
    return breaker


def ready_ms(breaker: Breaker, now_ms: int, *, establishing: bool = True) -> int:
    return breaker.ready_at_ms(establishing=establishing, now_ms=now_ms)


def let_in(breaker: Breaker, now_ms: int, *, establishing: bool = True) -> None:
    assert ready_ms(breaker, now_ms, establishing=establishing) == now_ms
    breaker.let_in(establishing=establishing, now_ms=now_ms)


def test_a_few_failures_decide_nothing():
    breaker = Breaker(RULE)

    for _ in range(3):
        assert not breaker.record(succeeded=False, began_at_ms=0, now_ms=1)

    assert breaker.state is BreakerState.CLOSED


def test_failures_count_by_their_share_in_a_window():
    breaker = Breaker(RULE)
    for _ in range(9):
        breaker.record(succeeded=True, began_at_ms=0, now_ms=1)
    for _ in range(8):
        breaker.record(succeeded=False, began_at_ms=0, now_ms=2)
    assert breaker.state is BreakerState.CLOSED

    assert breaker.record(succeeded=False, began_at_ms=0, now_ms=3)
    assert breaker.state is BreakerState.OPEN


def test_a_new_window_forgets_the_old_one():
    breaker = Breaker(RULE)
    for now_ms in (0, 1, 2, 200, 201, 202):
        breaker.record(succeeded=False, began_at_ms=0, now_ms=now_ms)

    assert breaker.state is BreakerState.CLOSED


def test_open_nothing_starts_until_its_time_is_over_then_one_probe():
    breaker = opened()

    assert ready_ms(breaker, 20) == 60
    let_in(breaker, 60)

    assert breaker.state is BreakerState.HALF_OPEN
    assert ready_ms(breaker, 61) == NEVER_MS


def test_a_probe_that_fails_opens_it_again():
    breaker = opened()
    let_in(breaker, 60)

    assert breaker.record(succeeded=False, began_at_ms=60, now_ms=70)
    assert ready_ms(breaker, 70) == 120


def test_without_a_slow_start_one_success_lets_the_herd_in():
    breaker = opened()
    let_in(breaker, 60)

    breaker.record(succeeded=True, began_at_ms=60, now_ms=70)

    assert breaker.state is BreakerState.CLOSED
    for _ in range(1000):
        let_in(breaker, 70)


def test_a_slow_start_paces_establishing_and_lets_renewals_pass():
    breaker = opened(slow_start_per_s=100)
    let_in(breaker, 60)
    breaker.record(succeeded=True, began_at_ms=60, now_ms=70)
    assert breaker.state is BreakerState.SLOW_START

    let_in(breaker, 70)

    assert ready_ms(breaker, 70) == 80
    assert ready_ms(breaker, 70, establishing=False) == 70
    let_in(breaker, 80)
    assert ready_ms(breaker, 80) == 90


def test_a_slow_start_ends_when_nobody_waits():
    breaker = opened(slow_start_per_s=1)
    let_in(breaker, 60)
    breaker.record(succeeded=True, began_at_ms=60, now_ms=70)

    breaker.nobody_waits(75)

    assert breaker.state is BreakerState.CLOSED


def test_the_timeouts_of_an_earlier_herd_say_nothing():
    breaker = opened(slow_start_per_s=1)
    let_in(breaker, 60)
    breaker.record(succeeded=False, began_at_ms=5, now_ms=65)
    assert breaker.state is BreakerState.HALF_OPEN

    breaker.record(succeeded=True, began_at_ms=60, now_ms=70)
    for _ in range(100):
        breaker.record(succeeded=False, began_at_ms=8, now_ms=71)

    assert breaker.state is BreakerState.SLOW_START


@pytest.mark.parametrize(
    "wrong", [{"open_ms": 0}, {"probes": 0}, {"failure_share": 0.0}]
)
def test_a_breaker_that_cannot_work_is_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="not"):
        BreakerRule(**{"window_ms": 100, "open_ms": 50} | wrong)
