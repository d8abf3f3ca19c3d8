from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.backoff import Backoff

draws = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(losses=st.integers(-5, 10**6), draw=draws)
def test_a_wait_stays_inside_the_window(losses: int, draw: float):
    wait_ms = Backoff(first_ms=50, last_ms=400).wait_ms(losses, draw=draw)

    assert 25 <= wait_ms <= 400


@given(losses=st.integers(1, 50), draw=draws)
def test_the_window_never_shrinks(losses: int, draw: float):
    backoff = Backoff(first_ms=10, last_ms=10_000)

    assert backoff.wait_ms(losses, draw=draw) <= backoff.wait_ms(losses + 1, draw=draw)


@pytest.mark.parametrize(("first_ms", "last_ms"), [(0, 10), (-1, 5), (10, 9)])
def test_an_empty_or_shrinking_window_is_refused(first_ms: int, last_ms: int):
    with pytest.raises(ValueError, match="first_ms"):
        Backoff(first_ms=first_ms, last_ms=last_ms)
