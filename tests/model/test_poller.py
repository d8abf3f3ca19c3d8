"""X1: whether a poller comes back by itself when its dependency does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.poller import (
    OnError,
    Poller,
    PollerDesign,
    Supervision,
    after_poll,
    is_restart_due,
    restart,
)

AS_BUILT = PollerDesign()
SUPERVISED = PollerDesign(supervision=Supervision.RESTART, restart_ms=5_000)
RETRYING = PollerDesign(on_error=OnError.RETRY)

POLL_MS = 1_000
HOUR_MS = 3_600_000


def polls(
    design: PollerDesign, *, dark_ms: tuple[int, int], until_ms: int
) -> tuple[Poller, list[int]]:
    """Poll once a second; return the poller and when it reached everything."""
    poller, reached_at = Poller(), []
    for now_ms in range(0, until_ms, POLL_MS):
        if is_restart_due(poller, design=design, now_ms=now_ms):
            poller = restart(poller)
        if poller.is_running:
            reached = not dark_ms[0] <= now_ms < dark_ms[1]
            poller = after_poll(poller, reached=reached, design=design, now_ms=now_ms)
            if reached:
                reached_at.append(now_ms)
    return poller, reached_at


def test_as_built_it_stays_down_until_operators_start_it():
    poller, reached_at = polls(AS_BUILT, dark_ms=(10_000, 20_000), until_ms=HOUR_MS)

    assert reached_at[-1] == 9_000
    assert poller == Poller(crashed_at_ms=10_000, crashes=1)
    assert restart(poller).is_running


@pytest.mark.parametrize("design", [SUPERVISED, RETRYING])
def test_supervised_or_retrying_it_comes_back_unaided(design: PollerDesign):
    poller, reached_at = polls(design, dark_ms=(10_000, 22_000), until_ms=60_000)

    assert poller.is_running
    after = [at_ms for at_ms in reached_at if at_ms >= 22_000]
    assert after[0] <= 22_000 + design.restart_ms


def test_a_supervisor_restarts_no_more_often_than_it_should():
    poller, _ = polls(SUPERVISED, dark_ms=(0, 60_000), until_ms=60_000)

    assert poller.crashes == 12


@given(begins=st.integers(0, 60), lasts=st.integers(1, 120), wait=st.integers(0, 30))
def test_whatever_the_outage_a_supervised_poller_is_back_within_one_restart(
    begins: int, lasts: int, wait: int
):
    design = PollerDesign(supervision=Supervision.RESTART, restart_ms=wait * POLL_MS)
    back_ms = (begins + lasts) * POLL_MS

    _, reached_at = polls(
        design,
        dark_ms=(begins * POLL_MS, back_ms),
        until_ms=back_ms + design.restart_ms + 2 * POLL_MS,
    )

    assert reached_at
    assert reached_at[-1] >= back_ms
