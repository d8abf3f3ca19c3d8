"""Versions, the bound on the queue, and what the relaunch loop does to an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.propagation import (
    REPLACEMENT_CHANGES,
    EntersService,
    Offer,
    PropagationQueue,
    Waiting,
    acknowledge,
    is_replaced,
    may_enter_service,
    offer,
    propagate,
    rate_problems,
)

MINUTE_MS = 60_000
CHANGE_MS = 60
CHANGES_PER_MINUTE = MINUTE_MS // CHANGE_MS


def test_a_launch_has_network_when_everything_before_it_is_propagated():
    first = offer(PropagationQueue(), changes=2, now_ms=0)
    second = offer(first.queue, now_ms=5)
    assert (list(first.versions), list(second.versions)) == ([1, 2], [3])

    queue = propagate(second.queue, change_ms=10, now_ms=20)

    assert [queue.has_network(version) for version in (1, 2, 3)] == [True, True, False]
    assert queue == PropagationQueue(
        propagated=2, waiting=(Waiting(changes=1, since_ms=5),), free_at_ms=20
    )
    assert queue.latency_ms(20) == 15
    assert propagate(queue, change_ms=10, now_ms=30).latency_ms(30) == 0


def test_an_idle_manager_saves_nothing_up():
    """A change that comes after an idle hour still takes its time."""
    queue = propagate(PropagationQueue(), change_ms=10, now_ms=3_600_000)
    queue = offer(queue, now_ms=3_600_000).queue

    assert propagate(queue, change_ms=10, now_ms=3_600_009).backlog == 1
    assert propagate(queue, change_ms=10, now_ms=3_600_010).backlog == 0


def test_what_has_no_room_is_refused_and_gets_no_version():
    queue = offer(PropagationQueue(), changes=3, backlog_max=5, now_ms=0).queue

    full = offer(queue, changes=4, backlog_max=5, now_ms=1)
    over = offer(full.queue, backlog_max=4, now_ms=2)

    assert (list(full.versions), full.refused) == ([4, 5], 2)
    assert (list(over.versions), over.refused) == ([], 1)
    assert over.queue == full.queue


def test_more_than_waits_cannot_be_confirmed():
    queue = offer(PropagationQueue(), changes=2, now_ms=0).queue

    with pytest.raises(ValueError, match="3 confirmed, only 2 wait"):
        acknowledge(queue, changes=3)
    with pytest.raises(ValueError, match="at least 1 ms"):
        propagate(queue, change_ms=0, now_ms=1)


def test_rates_with_which_a_queue_means_nothing_say_which_inequality_fails():
    assert rate_problems(change_ms=60, arrival_ms=61, backlog_max=None) == ()
    assert rate_problems(change_ms=60, arrival_ms=60, backlog_max=0) == (
        (
            "need change_ms < arrival_ms, not 60 and 60: the backlog grows without any "
            "outage"
        ),
        "need backlog_max >= 1, not 0: every change is refused",
    )


def test_as_built_an_instance_enters_service_before_the_network_knows_it():
    queue = offer(PropagationQueue(), now_ms=0).queue

    assert may_enter_service(queue, 1, enters=EntersService.AT_LAUNCH)
    assert not may_enter_service(queue, 1, enters=EntersService.WHEN_PROPAGATED)
    confirmed = acknowledge(queue)
    assert may_enter_service(confirmed, 1, enters=EntersService.WHEN_PROPAGATED)


def test_an_owner_gives_up_on_an_instance_without_network_only():
    queue = acknowledge(offer(PropagationQueue(), changes=2, now_ms=0).queue)
    late = {"launched_at_ms": 0, "patience_ms": 300, "now_ms": 300}

    assert not is_replaced(queue, 1, **late)
    assert is_replaced(queue, 2, **late)
    assert not is_replaced(queue, 2, **{**late, "now_ms": 299})


lives = st.lists(
    st.tuples(
        st.sampled_from(["offer", "propagate"]), st.integers(1, 30), st.integers(0, 500)
    ),
    max_size=40,
)


@given(life=lives, bound=st.none() | st.integers(0, 60))
def test_changes_are_propagated_once_each_in_order_and_never_beyond_the_bound(
    life: list[tuple[str, int, int]], bound: int | None
):
    queue, now_ms, versions = PropagationQueue(), 0, []
    for what, number, wait_ms in life:
        now_ms += wait_ms
        before = queue
        if what == "offer":
            offered = offer(queue, changes=number, backlog_max=bound, now_ms=now_ms)
            queue = offered.queue
            versions += offered.versions
            assert len(offered.versions) + offered.refused == number
            assert bound is None or queue.backlog <= max(bound, before.backlog)
        else:
            queue = propagate(queue, change_ms=number, now_ms=now_ms)
        assert before.propagated <= queue.propagated <= queue.accepted

    assert versions == list(range(1, queue.accepted + 1))
    assert queue.backlog == queue.accepted - queue.propagated


@given(
    changes=st.lists(
        st.tuples(st.integers(1, 20), st.integers(0, 300)), min_size=1, max_size=20
    ),
    looks=st.lists(st.integers(1, 400), max_size=20),
)
def test_looking_more_often_changes_nothing(
    changes: list[tuple[int, int]], looks: list[int]
):
    """The queue of a driver with short ticks and of one with long ones are the same."""
    queue, now_ms = PropagationQueue(), 0
    for number, wait_ms in changes:
        now_ms += wait_ms
        queue = offer(queue, changes=number, now_ms=now_ms).queue
    often, end_ms = queue, now_ms
    for wait_ms in looks:
        end_ms += wait_ms
        often = propagate(often, change_ms=7, now_ms=end_ms)

    once = propagate(queue, change_ms=7, now_ms=end_ms)
    assert propagate(often, change_ms=7, now_ms=end_ms).propagated == once.propagated


# --- the morning of 20 October ---------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Morning:
    latency_min: dict[int, float]
    refused_min: float

    @property
    def peak(self) -> float:
        return max(self.latency_min.values())

    @property
    def over_five(self) -> list[int]:
        return [minute for minute, worth in self.latency_min.items() if worth > 5]


def morning(
    *,
    backlog_max: int | None = None,
    replaced: float = 0.0,
    patience_ms: int = 5 * MINUTE_MS,
) -> Morning:
    """Play minutes 340 to 720: two minutes of deferred work, then 5.7 % too much.

    From 520 on the load is cut. `replaced` is the share of owners who replace an
    instance that has no network after `patience_ms`.
    """
    queue = PropagationQueue(free_at_ms=340 * MINUTE_MS)
    queue = offer(queue, changes=2 * CHANGES_PER_MINUTE, now_ms=340 * MINUTE_MS).queue
    launched: list[tuple[int, range]] = []
    latency, refused, owed = {}, 0, 0.0
    for second in range(340 * 60, 720 * 60, 5):
        now_ms = second * 1000
        queue = propagate(queue, change_ms=CHANGE_MS, now_ms=now_ms)
        owed += (1.057 if second < 520 * 60 else 0.944) * CHANGES_PER_MINUTE / 12
        fresh, owed = int(owed), owed % 1.0
        while launched and now_ms - launched[0][0] >= patience_ms:
            at_ms, versions = launched.pop(0)
            given_up = sum(
                is_replaced(
                    queue,
                    version,
                    launched_at_ms=at_ms,
                    patience_ms=patience_ms,
                    now_ms=now_ms,
                )
                for version in versions
            )
            fresh += round(given_up * replaced) * REPLACEMENT_CHANGES
        offered = offer(queue, changes=fresh, backlog_max=backlog_max, now_ms=now_ms)
        queue = offered.queue
        refused += offered.refused
        if replaced:
            launched.append((now_ms, offered.versions))
        if second % 60 == 0:
            latency[second // 60] = queue.latency_ms(now_ms) / MINUTE_MS
    return Morning(latency_min=latency, refused_min=refused / CHANGES_PER_MINUTE)


BOUND = 4 * CHANGES_PER_MINUTE


def test_as_built_latency_is_over_five_minutes_from_393_to_648():
    found = morning()

    assert found.over_five[0] == pytest.approx(393, abs=6)
    assert found.over_five[-1] == pytest.approx(648, abs=7)
    assert found.peak == pytest.approx(12, abs=0.5)
    assert found.refused_min == 0


def test_owners_who_replace_what_has_no_network_make_it_never_end():
    """Even one in twenty; the cut in load at minute 520 is not enough any more."""
    found = morning(replaced=0.05)

    assert found.peak > 2.5 * morning().peak
    assert found.over_five[-1] == 719


@pytest.mark.parametrize("replaced", [0.0, 0.05])
def test_admission_by_queue_size_bounds_the_latency(replaced: float):
    found = morning(backlog_max=BOUND, replaced=replaced)

    assert found.peak <= 4.0
    assert found.refused_min == pytest.approx(8, abs=1)


# --- mutants -------------------------------------------------------------------

# A life is (offered, at), or (None, at) for a look; each change takes 10 ms, at most
# 5 wait. Then what is propagated, how many wait, and for how long the oldest has.
LIVES = [
    ([(2, 0), (None, 20)], (2, 0, 0)),
    ([(2, 0), (None, 19)], (1, 1, 19)),
    ([(1, 0), (1, 5), (None, 15)], (1, 1, 10)),
    ([(None, 500), (1, 500), (None, 509)], (0, 1, 9)),
    ([(1, 0), (None, 300), (2, 300), (None, 310)], (2, 1, 10)),
    ([(9, 0), (None, 0)], (0, 5, 0)),
    ([(5, 0), (None, 20), (5, 20), (None, 20)], (2, 5, 20)),
]

Life = list[tuple[int | None, int]]
Steps = Callable[..., Any]


def lived(life: Life, *, offer: Steps, propagate: Steps) -> tuple[int, int, int]:
    queue, now_ms = PropagationQueue(), 0
    for changes, now_ms in life:
        if changes is None:
            queue = propagate(queue, change_ms=10, now_ms=now_ms)
        else:
            queue = offer(queue, changes=changes, backlog_max=5, now_ms=now_ms).queue
    return queue.propagated, queue.backlog, queue.latency_ms(now_ms)


@pytest.mark.parametrize(("life", "expected"), LIVES)
def test_a_queue_lives_as_it_should(life: Life, expected: tuple[int, int, int]):
    assert lived(life, offer=offer, propagate=propagate) == expected


def _unbounded(queue: PropagationQueue, **options: int) -> Offer:
    return offer(queue, **{**options, "backlog_max": None})


def _all_or_nothing(queue: PropagationQueue, **options: int) -> Offer:
    offered = offer(queue, **options)
    return offer(queue, **{**options, "changes": 0}) if offered.refused else offered


def _newest_first(queue: PropagationQueue, **options: int) -> PropagationQueue:
    done = propagate(queue, **options)
    return replace(done, waiting=queue.waiting[: len(done.waiting)])


def _saves_idle_time_up(queue: PropagationQueue, **options: int) -> PropagationQueue:
    started = replace(queue.waiting[0], since_ms=0) if queue.waiting else None
    saved = (started, *queue.waiting[1:]) if started else ()
    return propagate(replace(queue, waiting=saved), **options)


def _rounds_up(queue: PropagationQueue, **options: int) -> PropagationQueue:
    return propagate(queue, **{**options, "now_ms": options["now_ms"] + 9})


MUTANTS = {
    "the bound is not looked at": {"offer": _unbounded},
    "what does not fit whole is refused whole": {"offer": _all_or_nothing},
    "the newest goes first": {"propagate": _newest_first},
    "idle time is saved up": {"propagate": _saves_idle_time_up},
    "a change begun is a change done": {"propagate": _rounds_up},
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_of_the_queue_is_caught(mutant: str):
    steps = {"offer": offer, "propagate": propagate, **MUTANTS[mutant]}

    assert any(lived(life, **steps) != expected for life, expected in LIVES)
