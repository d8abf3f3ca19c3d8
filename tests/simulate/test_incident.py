"""The day itself: no operator, and the operators of 04:14, against the record.

The record: leases ran out slowly until 02:24 (minute 156), nothing moved from 02:25
to 04:14 (266), all leases were held by 05:28 (340). `free_parameters` says which
numbers were chosen to get there.
"""

from __future__ import annotations

import pytest

from gameday.model.free_parameters import reference_fleet
from gameday.simulate.incident import MINUTE_MS, incident
from gameday.simulate.virtual import play

FLEET = reference_fleet()


def held_at(minutes: tuple[int, ...], *, hosts: int, end: int, act: int | None):
    run = play(incident(FLEET, hosts=hosts, operators_act_at=act, end=end), seed=1)
    return [run.held_at(minute * MINUTE_MS) for minute in minutes]


def test_nobody_acts_and_nothing_moves():
    held = held_at((0, 157, 200, 266, 340), hosts=4, end=340, act=None)

    assert held == [1, pytest.approx(0, abs=0.01), 0, 0, 0]


def test_the_operators_bring_all_leases_back_by_the_minute_of_the_record():
    held = held_at((266, 290, 320, 331, 340), hosts=6, end=340, act=266)

    assert held == [
        0,
        pytest.approx(0.29, abs=0.1),
        pytest.approx(0.88, abs=0.1),
        pytest.approx(0.99, abs=0.02),
        1,
    ]


@pytest.mark.thorough
def test_the_whole_day_follows_the_fitted_curve():
    fit = {20: 0.93, 60: 0.7, 100: 0.4, 157: 0, 180: 0.18, 200: 0, 266: 0, 290: 0.29}
    fit |= {320: 0.88, 331: 0.99, 340: 1, 700: 1, 860: 1}

    held = held_at(tuple(fit), hosts=100, end=872, act=266)

    assert held == [pytest.approx(share, abs=0.1) for share in fit.values()]


@pytest.mark.thorough
def test_acting_at_once_would_have_saved_86_minutes():
    run = play(incident(FLEET, hosts=20, operators_act_at=180, end=340), seed=1)

    back_ms = run.back_at_ms()
    assert back_ms is not None
    assert back_ms / MINUTE_MS == pytest.approx(245, abs=5)
