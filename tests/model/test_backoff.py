from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.backoff import (
    AT_ONCE,
    Backoff,
    FixedWait,
    FullJitter,
    RetryQuota,
    RetryQuotaRule,
    Wait,
)

draws = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(losses=st.integers(-5, 10**6), draw=draws)
def test_a_wait_stays_inside_the_window(losses: int, draw: float):
    wait_ms = Backoff(first_ms=50, last_ms=400).wait_ms(losses, draw=draw)

    assert 25 <= wait_ms <= 400


@given(losses=st.integers(1, 50), draw=draws)
def test_the_window_never_shrinks(losses: int, draw: float):
    backoff = Backoff(first_ms=10, last_ms=10_000)

    assert backoff.wait_ms(losses, draw=draw) <= backoff.wait_ms(losses + 1, draw=draw)


@pytest.mark.parametrize("kind", [Backoff, FullJitter])
@pytest.mark.parametrize(("first_ms", "last_ms"), [(0, 10), (-1, 5), (10, 9)])
def test_an_empty_or_shrinking_window_is_refused(
    kind: type[Backoff | FullJitter], first_ms: int, last_ms: int
):
    with pytest.raises(ValueError, match="first_ms"):
        kind(first_ms=first_ms, last_ms=last_ms)


@given(losses=st.integers(1, 10**6), draw=draws)
def test_full_jitter_may_wait_any_part_of_the_window(losses: int, draw: float):
    wait = FullJitter(first_ms=50, last_ms=400)

    assert wait.wait_ms(losses, draw=0) == 0
    assert 0 <= wait.wait_ms(losses, draw=draw) < 400


@pytest.mark.parametrize(
    "wait",
    [
        AT_ONCE,
        FixedWait(period_ms=70),
        FullJitter(first_ms=50, last_ms=400),
        Backoff(first_ms=50, last_ms=400),
    ],
)
def test_the_settled_mean_is_the_mean_over_all_draws(wait: Wait):
    waits = [wait.wait_ms(100, draw=(n + 0.5) / 1000) for n in range(1000)]

    assert wait.settled_mean_ms == pytest.approx(sum(waits) / 1000)


def test_a_wait_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="period_ms"):
        FixedWait(period_ms=-1)


def test_a_quota_runs_out_and_successes_earn_retries():
    quota = RetryQuota(RetryQuotaRule(tokens_max=20, retry_cost=10, success_refund=1))
    assert [quota.take() for _ in range(3)] == [True, True, False]

    for _ in range(9):
        quota.refund()
    assert not quota.take()
    quota.refund()

    assert quota.take()


def test_successes_do_not_pile_up_more_than_the_bucket_holds():
    quota = RetryQuota(RetryQuotaRule(tokens_max=20, retry_cost=10))
    for _ in range(1000):
        quota.refund()

    assert [quota.take() for _ in range(3)] == [True, True, False]


@given(outcomes=st.lists(st.booleans(), max_size=2000))
def test_retries_never_exceed_the_bucket_and_a_share_of_the_successes(outcomes):
    quota = RetryQuota(RetryQuotaRule())
    retries = 0
    for succeeded in outcomes:
        if succeeded:
            quota.refund()
        else:
            retries += quota.take()

    assert retries <= (500 + sum(outcomes)) / 14


@pytest.mark.parametrize("wrong", [{"retry_cost": 0}, {"tokens_max": 13}])
def test_a_quota_that_never_allows_or_never_refuses_is_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="retry_cost"):
        RetryQuotaRule(**wrong)
