"""A checker's queue in its order, and its length as `after_round` counts it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gameday.model.check_queue import CheckQueue, Served
from gameday.model.health import Checker, after_round

CHECKER = Checker(
    round_ms=500, checks_per_round=4, transition_checks=4, deadline_ms=500
)
TARGETS = ("i-1", "i-2", "i-3")


def served(queue: CheckQueue, now_ms: int) -> list[tuple[str, bool]]:
    return [(each.target, each.is_late) for each in queue.serve(now_ms=now_ms)]


def test_checks_come_in_the_order_in_which_they_were_due():
    queue = CheckQueue(CHECKER)
    queue.ask(TARGETS, now_ms=0)

    assert served(queue, 0) == [("i-1", False), ("i-2", False), ("i-3", False)]
    assert queue.waiting == 0


def test_what_a_change_of_state_costs_delays_the_checks_behind_it():
    queue = CheckQueue(CHECKER)
    queue.carry_out(2, now_ms=0)
    queue.ask(TARGETS, now_ms=0)

    assert served(queue, 0) == []
    assert (queue.waiting, queue.delay_ms(now_ms=500)) == (7, 500)
    assert served(queue, 500) == []
    assert served(queue, 1_000) == [(name, True) for name in TARGETS]


def test_a_check_on_its_deadline_is_not_late_yet():
    queue = CheckQueue(CHECKER)
    queue.ask(TARGETS[:1], now_ms=0)

    assert queue.serve(now_ms=500) == (Served(target="i-1", is_late=False),)


def test_a_costly_change_may_take_more_than_one_round():
    dear = Checker(round_ms=500, checks_per_round=4, transition_checks=6, deadline_ms=1)
    queue = CheckQueue(dear)
    queue.carry_out(1, now_ms=0)
    queue.ask(TARGETS, now_ms=0)

    assert served(queue, 0) == []
    assert [name for name, _ in served(queue, 500)] == ["i-1", "i-2"]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=20))
def test_its_length_is_the_models(rounds: list[tuple[int, int]]):
    queue, waiting = CheckQueue(CHECKER), 0
    for number, (due, transitions) in enumerate(rounds):
        now_ms = number * CHECKER.round_ms
        queue.ask((f"i-{n}" for n in range(due)), now_ms=now_ms)
        queue.carry_out(transitions, now_ms=now_ms)
        queue.serve(now_ms=now_ms)
        waiting = after_round(
            CHECKER, waiting=waiting, due=due, transitions=transitions
        )
        assert queue.waiting == waiting
