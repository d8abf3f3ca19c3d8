"""X2: whom a shortage of capacity spares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.shortage import Invocations, Protects, share_out

ASKED = Invocations(sync=50, asynchronous=30, event_source=20)

# (capacity, whom it protects, served of each kind)
ROWS = [
    (100, Protects.NOBODY, (50, 30, 20)),
    (500, Protects.SYNC, (50, 30, 20)),
    (60, Protects.NOBODY, (30, 18, 12)),
    (60, Protects.SYNC, (50, 10, 0)),
    (40, Protects.SYNC, (40, 0, 0)),
    (1, Protects.NOBODY, (1, 0, 0)),
    (0, Protects.NOBODY, (0, 0, 0)),
    (-5, Protects.SYNC, (0, 0, 0)),
]


@pytest.mark.parametrize(("capacity", "protects", "served"), ROWS)
def test_a_shortage_is_shared_or_spares_those_who_wait_for_a_reply(
    capacity: int, protects: Protects, served: tuple[int, int, int]
):
    found = share_out(ASKED, capacity=capacity, protects=protects)

    assert (found.sync, found.asynchronous, found.event_source) == served


def _protects_nobody(asked: Invocations, **how: object) -> Invocations:
    return share_out(asked, **{**how, "protects": Protects.NOBODY})


def _rounds_down(asked: Invocations, **how: Any) -> Invocations:
    total, capacity = asked.total, max(0, min(how["capacity"], asked.total))
    return Invocations(
        sync=asked.sync * capacity // total,
        asynchronous=asked.asynchronous * capacity // total,
        event_source=asked.event_source * capacity // total,
    )


def _starves_all_but_sync(asked: Invocations, **how: Any) -> Invocations:
    if how["protects"] is Protects.NOBODY:
        return share_out(asked, **how)
    return Invocations(sync=max(0, min(asked.sync, how["capacity"])))


@pytest.mark.parametrize(
    "mutant", [_protects_nobody, _rounds_down, _starves_all_but_sync]
)
def test_a_mutant_of_the_sharing_is_caught(mutant: Callable[..., Invocations]):
    outcomes = [
        mutant(ASKED, capacity=capacity, protects=protects)
        for capacity, protects, _ in ROWS
    ]

    assert [(e.sync, e.asynchronous, e.event_source) for e in outcomes] != [
        served for _, _, served in ROWS
    ]


counts = st.integers(0, 200)


@given(
    asked=st.builds(Invocations, sync=counts, asynchronous=counts, event_source=counts),
    capacity=st.integers(-10, 700),
    protects=st.sampled_from(Protects),
)
def test_capacity_is_used_up_and_nobody_gets_more_than_was_asked(
    asked: Invocations, capacity: int, protects: Protects
):
    served = share_out(asked, capacity=capacity, protects=protects)

    assert served.total == max(0, min(capacity, asked.total))
    assert served.sync <= asked.sync
    assert served.asynchronous <= asked.asynchronous
    assert served.event_source <= asked.event_source
    if protects is Protects.SYNC and served.sync < asked.sync:
        assert served.asynchronous == served.event_source == 0


def test_fewer_than_no_invocations_cannot_be_asked_for():
    with pytest.raises(ValueError, match="from 0 up"):
        Invocations(sync=-1)
