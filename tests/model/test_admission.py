from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.admission import ALL_IN, Admission, AdmissionRule, Throttle
from gameday.model.breaker import BreakerRule
from gameday.model.token_bucket import NEVER_MS, TokenBucket

HELD_MS = 10_000
"""Until when every held lease of these tests lasts."""


def throttled(*, per_s: float = 10, renewals_too: bool = False) -> Admission:
    throttle = Throttle(per_s=per_s, renewals_too=renewals_too)
    return Admission(AdmissionRule(throttle=throttle), now_ms=0)


def with_breaker(*, slow_start_per_s: float | None) -> Admission:
    """Admission behind a breaker that opened at 0, for 1 s."""
    rule = BreakerRule(
        window_ms=100,
        open_ms=1000,
        outcomes_min=1,
        slow_start_per_s=slow_start_per_s,
    )
    admission = Admission(AdmissionRule(breaker=rule), now_ms=0)
    assert admission.record(succeeded=False, began_at_ms=0, now_ms=0)
    return admission


def released(admission: Admission, held_until_ms: list[int], now_ms: int) -> list[int]:
    droplets = []
    while (droplet := admission.release(held_until_ms, now_ms=now_ms)) is not None:
        droplets.append(droplet)
    return droplets


def test_as_built_everybody_is_let_in_without_being_asked():
    assert Admission(ALL_IN, now_ms=0).is_open


def test_a_throttle_paces_establishing_only():
    admission = throttled()

    assert admission.admit(0, establishing=True, now_ms=0)
    assert not admission.admit(1, establishing=True, now_ms=0)
    assert admission.admit(2, establishing=False, now_ms=0)
    assert admission.waiting == 1


def test_the_next_in_line_starts_when_a_token_is_there():
    admission = throttled()
    for droplet in range(3):
        admission.admit(droplet, establishing=True, now_ms=0)
    lost = [0, 0, 0]

    assert admission.release_at_ms(0) == 100
    assert released(admission, lost, 99) == []
    assert released(admission, lost, 100) == [1]
    assert admission.release_at_ms(100) == 200


def test_nothing_is_booked_ahead():
    """A pause earns one start, whatever the line was promised in the meantime."""
    admission = throttled()
    for droplet in range(5):
        admission.admit(droplet, establishing=True, now_ms=0)

    assert released(admission, [0] * 5, 60_000) == [1]


def test_a_newcomer_does_not_pass_the_line():
    admission = throttled()
    admission.admit(0, establishing=True, now_ms=0)
    admission.admit(1, establishing=True, now_ms=0)

    assert not admission.admit(2, establishing=True, now_ms=100)
    assert released(admission, [0, 0, 0], 100) == [1]


def test_a_blind_throttle_lets_renewals_wait_behind_the_flood():
    admission = throttled(renewals_too=True)
    held = [0, 0, HELD_MS]
    admission.admit(0, establishing=True, now_ms=0)
    admission.admit(1, establishing=True, now_ms=0)

    assert not admission.admit(2, establishing=False, now_ms=0)
    assert released(admission, held, 100) == [1]
    assert released(admission, held, 200) == [2]


def test_a_lease_that_runs_out_in_the_line_is_one_to_establish():
    admission = with_breaker(slow_start_per_s=1)
    held = [HELD_MS, 50]
    admission.admit(0, establishing=False, now_ms=0)
    admission.admit(1, establishing=False, now_ms=0)
    assert released(admission, held, 1000) == [0]
    admission.record(succeeded=True, began_at_ms=1000, now_ms=1010)

    assert released(admission, held, 1010) == [1]
    admission.admit(1, establishing=True, now_ms=1010)

    assert admission.waiting == 0, "the slow start ended with the line"


def test_an_open_breaker_holds_both_classes_and_the_clock_alone_opens_it():
    admission = with_breaker(slow_start_per_s=None)

    assert not admission.admit(0, establishing=False, now_ms=10)
    assert not admission.admit(1, establishing=True, now_ms=10)
    assert admission.release_at_ms(10) == 1000
    assert released(admission, [HELD_MS, 0], 1000) == [0]
    assert admission.release_at_ms(1001) == NEVER_MS


def test_a_breaker_that_closes_fully_releases_by_arrival():
    admission = with_breaker(slow_start_per_s=None)
    held = [0, 0, HELD_MS, 0]
    for droplet in range(4):
        admission.admit(droplet, establishing=not held[droplet], now_ms=1)
    assert released(admission, held, 1000) == [0]

    admission.record(succeeded=True, began_at_ms=1000, now_ms=1010)

    assert released(admission, held, 1010) == [1, 2, 3]


def test_a_slow_start_releases_renewals_first_and_paces_the_rest():
    admission = with_breaker(slow_start_per_s=10)
    held = [0, 0, HELD_MS, 0]
    for droplet in range(4):
        admission.admit(droplet, establishing=not held[droplet], now_ms=1)
    assert released(admission, held, 1000) == [2]
    admission.record(succeeded=True, began_at_ms=1000, now_ms=1010)

    assert released(admission, held, 1010) == [0]
    assert released(admission, held, 1110) == [1]


def test_a_rule_that_is_taken_back_lets_all_who_waited_in():
    admission = throttled()
    for droplet in range(4):
        admission.admit(droplet, establishing=True, now_ms=0)

    admission.obey(ALL_IN, now_ms=5)

    assert admission.release_at_ms(5) == 5
    assert released(admission, [0] * 4, 5) == [1, 2, 3]
    assert admission.is_open


@given(
    per_s=st.floats(0.01, 2000),
    burst=st.integers(1, 10),
    steps=st.lists(st.integers(0, 5000), max_size=50),
)
def test_a_bucket_never_gives_more_than_its_rate_and_burst(per_s, burst, steps):
    bucket = TokenBucket(per_s=per_s, burst=burst, now_ms=0)
    now_ms = given_out = 0
    for step_ms in steps:
        now_ms += step_ms
        while bucket.ready_at_ms(now_ms) == now_ms:
            bucket.take(now_ms)
            given_out += 1
        assert bucket.ready_at_ms(now_ms) > now_ms

    assert given_out <= burst + now_ms * per_s / 1000 + 1e-6


@given(per_s=st.floats(0.01, 2000), now_ms=st.integers(0, 10**9))
def test_a_bucket_keeps_its_word(per_s, now_ms):
    bucket = TokenBucket(per_s=per_s, now_ms=now_ms)
    bucket.take(now_ms)

    for _ in range(3):
        promised_ms = bucket.ready_at_ms(now_ms)
        assert promised_ms > now_ms
        now_ms = promised_ms
        # Rounding of floats may take a millisecond more, never for ever.
        if bucket.ready_at_ms(now_ms) == now_ms:
            bucket.take(now_ms)
            return
    pytest.fail("the token never came")


@pytest.mark.parametrize("wrong", [{"per_s": 0}, {"per_s": 1, "burst": 0}])
def test_a_throttle_that_lets_nobody_in_is_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="need"):
        Throttle(**wrong)
