from __future__ import annotations

from itertools import pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model import draws
from gameday.model.draws import Draws, Stream

entities = st.integers(0, 99)
numbers = st.integers(0, 2**40)


def service(*, seed: int = 1, first: int = 0) -> Draws:
    return Draws(seed=seed, stream=Stream.SERVICE, entities=100, first=first)


def test_the_mixing_is_splitmix64():
    """The first outputs of the published generator from the state 1234567."""
    outputs = [draws._mixed(1234567 + n * draws._GAMMA) for n in (1, 2, 3)]

    assert outputs == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@given(entity=entities, number=numbers, others=st.lists(st.tuples(entities, numbers)))
def test_a_draw_does_not_depend_on_what_was_drawn_before(entity, number, others):
    fresh, used = service(), service()
    for other in others:
        used.uniform(*other)

    assert used.uniform(entity, number) == fresh.uniform(entity, number)


@given(seed=st.integers(-(2**70), 2**70), entity=entities, number=numbers)
def test_a_draw_lies_in_the_unit_interval(seed, entity, number):
    assert 0 <= service(seed=seed).uniform(entity, number) < 1


def test_entities_are_numbered_across_hosts():
    assert service().uniform(70, 5) == service(first=50).uniform(20, 5)


@pytest.mark.parametrize("stream", Stream)
def test_draws_are_spread_evenly_over_entities_and_numbers(stream: Stream):
    source = Draws(seed=3, stream=stream, entities=200)
    drawn = [source.uniform(entity, n) for entity in range(200) for n in range(50)]
    tenths = [sum(int(draw * 10) == tenth for draw in drawn) for tenth in range(10)]

    # Chi-square with 9 degrees of freedom: 27.9 is exceeded once in a thousand.
    assert sum((count - 1000) ** 2 / 1000 for count in tenths) < 27.9


def test_neighbours_are_not_correlated():
    def correlation(row: list[float]) -> float:
        mean, variance = fmean(row), pvariance(row)
        lagged = fmean((a - mean) * (b - mean) for a, b in pairwise(row))
        return lagged / variance

    source = Draws(seed=4, stream=Stream.SERVICE, entities=5000)

    assert abs(correlation([source.uniform(0, n) for n in range(5000)])) < 0.05
    assert abs(correlation([source.uniform(e, 0) for e in range(5000)])) < 0.05


def test_exponential_draws_have_mean_one_and_spread_one():
    drawn = [
        service().exponential(entity, n) for entity in range(100) for n in range(99)
    ]

    assert fmean(drawn) == pytest.approx(1, abs=0.03)
    assert pvariance(drawn) == pytest.approx(1, abs=0.08)
