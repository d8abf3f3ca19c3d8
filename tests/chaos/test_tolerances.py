from __future__ import annotations

import math

import pytest

from gameday.chaos.tolerances import (
    at_least,
    at_most,
    equal_to,
    non_empty,
    one_of,
    within,
)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (0.9, True),
        (1, True),
        (0.89, False),
        (True, False),
        ("1", False),
        (None, False),
        (math.nan, False),
    ],
)
def test_at_least_accepts_numbers_from_the_bound_up(answer: object, accepted: bool):  # noqa: FBT001 - a parameter
    assert at_least(0.9, answer) is accepted


def test_at_most_and_within_include_their_bounds():
    assert at_most(5, 5)
    assert not at_most(5, 5.01)
    assert within(-1, 1, 1)
    assert not within(-1, 1, -1.01)
    assert not within(0, 1, None)


@pytest.mark.parametrize("answer", [[], {}, "", None, 0, 1, False])
def test_what_has_nothing_in_it_is_empty(answer: object):
    assert not non_empty(answer)


def test_a_bool_equals_no_number():
    assert equal_to(0.5, 0.5)
    assert equal_to([1, 2], [1, 2])
    assert not equal_to(1, True)
    assert not equal_to(False, 0)
    assert one_of([1, "a"], "a")
    assert not one_of([1, "a"], True)
