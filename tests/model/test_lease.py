from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.errors import LeaseHeld
from gameday.model.lease import (
    Lease,
    is_due,
    may_acquire,
    next_lease,
    raise_if_held_elsewhere,
    share_kept,
)

times = st.integers(min_value=0, max_value=2**45)


def lease(*, holder: str = "a", version: int = 1, expires_at_ms: int = 100) -> Lease:
    return Lease(
        droplet="d", holder=holder, version=version, expires_at_ms=expires_at_ms
    )


def test_a_free_an_own_and_an_expired_lease_may_be_acquired():
    assert may_acquire(None, holder="a", now_ms=0)
    assert may_acquire(lease(holder="a"), holder="a", now_ms=0)
    assert may_acquire(lease(holder="b"), holder="a", now_ms=100)


def test_a_live_lease_of_another_holder_may_not():
    with pytest.raises(LeaseHeld, match="held by b"):
        raise_if_held_elsewhere(lease(holder="b"), holder="a", now_ms=99)


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
