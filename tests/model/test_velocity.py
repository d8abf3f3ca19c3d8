"""The limit on removals by itself; what it does to zones is in test_zonal_failover."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gameday.model.velocity import Removal, Velocity, velocity_problems

VELOCITY = Velocity(window_ms=600_000, removed_percent_max=34, floor_percent=66)


def test_a_removal_counts_until_its_window_has_passed():
    removals = (Removal(at_ms=0, targets=6), Removal(at_ms=1, targets=3))

    assert VELOCITY.counted(removals, now_ms=599_999) == removals
    assert VELOCITY.counted(removals, now_ms=600_000) == removals[1:]


@pytest.mark.parametrize(
    ("targets", "removed", "may"),
    [(6, 0, True), (7, 0, False), (3, 3, True), (3, 4, False), (0, 6, True)],
)
def test_removals_add_up_to_the_share(*, targets: int, removed: int, may: bool):
    removals = (Removal(at_ms=0, targets=removed),)

    assert VELOCITY.may_remove(targets, removals, total=18) is may


def test_the_floor_is_reached_and_not_passed():
    assert VELOCITY.keeps_floor(12, total=18)
    assert not VELOCITY.keeps_floor(11, total=18)


def test_a_limit_under_which_failover_does_nothing_says_which_inequality_fails():
    assert velocity_problems(VELOCITY, smallest=6, total=18) == ()
    tight = Velocity(window_ms=1, removed_percent_max=33, floor_percent=67)
    assert velocity_problems(tight, smallest=6, total=18) == (
        (
            "need removed_percent_max >= the smallest zone's share, not 33 and 6 of 18 "
            "targets: no zone can ever leave DNS"
        ),
        (
            "need floor_percent <= what is left without the smallest zone, not 67 and "
            "12 of 18 targets: no zone can ever leave DNS"
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"window_ms": 0}, "at least 1 ms"),
        ({"floor_percent": 101}, "from 0 to 100"),
        ({"removed_percent_max": -1}, "from 0 to 100"),
    ],
)
def test_a_limit_that_is_none_is_refused(wrong: dict[str, int], message: str):
    with pytest.raises(ValueError, match=message):
        replace(VELOCITY, **wrong)
