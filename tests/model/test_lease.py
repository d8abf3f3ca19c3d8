from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.errors import LeaseHeld
from gameday.model.lease import (
    Answer,
    Lease,
    Sighting,
    held_until_ms,
    is_due,
    may_steal,
    next_lease,
    raise_if_held_elsewhere,
    share_kept,
    sighting,
)

times = st.integers(min_value=0, max_value=2**45)


def lease(*, holder: str = "a", version: int = 1, expires_at_ms: int = 100) -> Lease:
    return Lease(
        droplet="d", holder=holder, version=version, expires_at_ms=expires_at_ms
    )


def refuse(held: Lease | None, *, seen: Sighting | None = None, now_ms: int = 0):
    raise_if_held_elsewhere(held, holder="a", seen=seen, ttl_ms=100, now_ms=now_ms)


def test_a_free_lease_and_an_own_one_may_be_written():
    refuse(None)
    refuse(lease(holder="a"))


@pytest.mark.parametrize("expires_at_ms", [0, 2**45])
def test_another_holders_clock_says_nothing_about_its_lease(expires_at_ms: int):
    held = lease(holder="b", expires_at_ms=expires_at_ms)
    seen = Sighting(version=1, since_ms=1000)

    for early in ({"seen": None, "now_ms": 5000}, {"seen": seen, "now_ms": 1099}):
        with pytest.raises(LeaseHeld, match="held by b"):
            refuse(held, **early)
    refuse(held, seen=seen, now_ms=1100)


@given(now=times, ttl=st.integers(1, 10**6), delay=st.integers(0, 10**6))
def test_a_lease_never_outlives_its_ttl_counted_from_before_the_call(now, ttl, delay):
    written = next_lease("d", None, holder="a", called_at_ms=now, ttl_ms=ttl)

    still_held = written.expires_at_ms > now + delay

    assert still_held == (delay < ttl)


@given(version=st.integers(1, 10**6), now=times)
def test_the_version_only_grows(version, now):
    before = lease(version=version)

    after = next_lease("d", before, holder="b", called_at_ms=now, ttl_ms=10)

    assert after.version == version + 1


def test_renewal_is_due_at_half_time():
    assert not is_due(lease(expires_at_ms=100), now_ms=49, ttl_ms=100)
    assert is_due(lease(expires_at_ms=100), now_ms=50, ttl_ms=100)
    assert is_due(None, now_ms=0, ttl_ms=100)


def test_the_share_kept_counts_what_has_not_expired():
    leases = [lease(expires_at_ms=at) for at in (50, 100, 101, 200)]

    assert share_kept(leases, now_ms=100) == 0.5
    assert share_kept([], now_ms=100) == 0.0


def test_a_stealer_waits_a_whole_lease_with_an_unchanged_version():
    seen = sighting(None, version=7, now_ms=1000)

    assert not may_steal(seen, ttl_ms=500, now_ms=1499)
    assert may_steal(seen, ttl_ms=500, now_ms=1500)


def test_every_renewal_starts_the_stealers_wait_again():
    seen = sighting(None, version=7, now_ms=1000)

    again = sighting(seen, version=7, now_ms=1400)
    renewed = sighting(again, version=8, now_ms=1499)

    assert again == seen
    assert not may_steal(renewed, ttl_ms=500, now_ms=1998)


@given(
    holder_clock=st.integers(-(10**9), 10**9),
    renewals=st.lists(st.integers(1, 499), max_size=20),
    read_every=st.integers(1, 200),
)
def test_no_clock_error_lets_a_stealer_take_a_lease_that_is_renewed(
    holder_clock, renewals, read_every
):
    """The holder renews in time by its own clock, wherever that clock stands."""
    ttl_ms = 500
    writes = [0]
    for gap_ms in renewals:
        writes.append(writes[-1] + gap_ms)
    held = [
        next_lease("d", None, holder="a", called_at_ms=at + holder_clock, ttl_ms=ttl_ms)
        for at in writes
    ]
    seen = None
    for now_ms in range(0, writes[-1] + 1, read_every):
        version = sum(at <= now_ms for at in writes)
        seen = sighting(seen, version=version, now_ms=now_ms)
        expires_ms = held[version - 1].expires_at_ms - holder_clock

        assert not may_steal(seen, ttl_ms=ttl_ms, now_ms=now_ms) or (
            now_ms >= expires_ms
        )


@given(before=times, called=times, answer=st.sampled_from(Answer))
def test_only_a_written_lease_lengthens_the_holders_belief(before, called, answer):
    after = held_until_ms(before, answer, called_at_ms=called, ttl_ms=100)

    assert after == called + 100 if answer is Answer.WRITTEN else after <= before


def test_a_lost_lease_is_not_believed_in_from_the_call_on():
    assert held_until_ms(900, Answer.LOST, called_at_ms=500, ttl_ms=100) == 500


def test_keeping_a_lease_on_503_does_not_keep_it_on_a_name_without_an_address():
    kept, unreachable, already_lost = (
        held_until_ms(
            before_ms,
            answer,
            called_at_ms=500,
            ttl_ms=100,
            keep_on_unavailable=True,
        )
        for before_ms, answer in (
            (550, Answer.UNAVAILABLE),
            (550, Answer.UNREACHABLE),
            (500, Answer.UNAVAILABLE),
        )
    )

    assert (kept, unreachable, already_lost) == (600, 550, 500)
