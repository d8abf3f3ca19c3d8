"""How many executions there are, and how many a search goes through: by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest
from counter_programs import counters, increase_blindly, increase_safely
from counter_programs import setup as set_up_counter
from small_programs import Call, actors, client, get, put, set_up, space_of

from gameday.explore import Actor, Faults, explore
from gameday.explore.dependence import Dependence
from gameday.explore.judge import Judge
from gameday.explore.schedules import count_schedules
from gameday.explore.search import Limits, Search, SearchCounts
from gameday.explore.strategies.breadth_first import BreadthFirst
from gameday.explore.strategies.depth_first import DepthFirst
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.least import LeastPreemptions
from gameday.explore.strategies.naive import Naive
from gameday.explore.strategies.source_dpor import SourceDpor


def counts(*programs: Any) -> list[SearchCounts]:
    """Return what was counted: plain, with sleep sets, naively, with source sets."""
    found = []
    with space_of(set_up, actors(*programs)) as space:
        dependence = Dependence(space, views=())
        for strategy in (
            Exhaustive(),
            Exhaustive(dependence=dependence),
            Naive(),
            SourceDpor(dependence=dependence),
        ):
            search = Search(space, Judge(space), limits=Limits())
            assert strategy.explore(search).exhausted
            search.counts.schedules = count_schedules(search)
            found.append(search.counts)
    return found


def test_two_times_two_independent_writes():
    """Two actors write two items each, all different.

    Orders: 4! / (2! * 2!) = 6, and none of them shows: 1 is enough. States: each actor
    has written 0, 1 or 2, so 3 * 3 = 9. Steps: in each row of this grid 2, in each
    column 2, so 3 * 2 + 3 * 2 = 12. Eight of them find a new state, four do not; one
    execution comes to the end: 5 followed. Every state but the first has to be come by
    once, which takes the 8 steps that sleep sets leave; of 3 executions two end early,
    because the rest is asleep.
    """
    plain, reduced, naive, source = counts(put("a", "b"), put("c", "d"))

    assert (plain.states, plain.transitions, plain.schedules) == (9, 12, 6)
    assert (plain.executions, plain.cut_short) == (1, 4)
    assert plain.reduction == 6 / 5
    assert (reduced.states, reduced.transitions, reduced.schedules) == (9, 8, 6)
    assert (reduced.executions, reduced.cut_short) == (1, 2)
    assert reduced.reduction == 2
    assert (naive.executions, naive.cut_short, naive.reduction) == (6, 0, 1)
    assert (source.executions, source.cut_short, source.reduction) == (1, 0, 6)


def test_three_times_one_write_of_the_same_item():
    """Three actors write one item: all 3! = 6 orders differ.

    States: who has written, and who did last: 1 + 3 * 1 + 3 * 2 + 1 * 3 = 13. Steps:
    3 from the first, 2 from each of 3, 1 from each of 6: 15. Nothing is independent, so
    nothing is left out.
    """
    plain, reduced, naive, source = counts(put("a"), put("a"), put("a"))

    for each in (plain, reduced):
        assert (each.states, each.transitions, each.schedules) == (13, 15, 6)
        assert (each.executions, each.cut_short) == (3, 3)
    for each in (naive, source):
        assert (each.executions, each.cut_short) == (6, 0)


def test_one_writer_and_two_readers():
    """One actor writes what two others read: 3! = 6 orders.

    What shows is which readers read before the write: 2 * 2 = 4. Where both read on the
    same side of it, one of their two orders is left out: 6 - 2 = 4.
    """
    _, _, naive, source = counts(put("a"), get("a"), get("a"))

    assert (naive.executions, naive.schedules) == (6, 6)
    assert (source.executions, source.cut_short) == (4, 0)


def test_readers_of_something_else_as_well():
    """One writes a; two others read something of their own, and then a.

    Orders: 5! / (1! * 2! * 2!) = 30. What shows is which of the two reads a before it
    is written: 2 * 2 = 4. The example of Flanagan and Godefroid, and of Abdulla et al.,
    who count 4 executions with source sets, none of them cut short.
    """
    _, _, naive, source = counts(put("a"), get("b", "a"), get("c", "a"))

    assert (naive.executions, naive.schedules) == (30, 30)
    assert (source.executions, source.cut_short, source.reduction) == (4, 0, 7.5)


def test_a_blind_increase_by_two():
    """Two read one item and write it: 4! / (2! * 2!) = 6 orders.

    Both read before either writes in 2 * 2 of them, of which the order of the reads
    does not show: 2. One is through before the other begins in 2. So 4 differ.
    """
    _, _, naive, source = counts(
        get("a") + put("a"),
        get("a") + put("a"),
    )

    assert naive.executions == 6
    assert source.executions == 4


def test_the_second_write_of_a_batch_is_a_write():
    """One writes a and b in one call, another reads b: both orders differ."""
    batch = (Call("put_batch", ("a", "b")),)
    _, _, naive, source = counts(batch, get("b"))

    assert naive.executions == source.executions == 2


def test_a_batch_of_record_sets_and_a_write_elsewhere():
    """A batch of two record sets and one of a third: the order does not show.

    Each has to be free of conflict with its own name only, and there are 2 orders.
    """
    _, _, naive, source = counts(
        (Call("upsert", ("x", "y")),),
        (Call("upsert", ("z",)),),
    )

    assert (naive.executions, source.executions) == (2, 1)


def test_a_crash_at_any_point_of_one_of_two():
    """Two actors make one call each, on different items; one may crash, before it.

    Without a crash: 2 orders. First of the two crashes before anything: the other goes
    on, 1 way each; or the other has gone before: 1 way each. So 2 + 2 + 2 = 6. The two
    orders without a crash are one to see, so 5.
    """
    with space_of(set_up, actors(put("a"), put("b")), Faults(crashes=1)) as space:
        dependence = Dependence(space, views=())
        ran = []
        for strategy in (Naive(), SourceDpor(dependence=dependence)):
            search = Search(space, Judge(space), limits=Limits())
            assert strategy.explore(search).exhausted
            assert count_schedules(search) == 6
            ran.append((search.counts.executions, search.counts.cut_short))

    assert ran == [(6, 0), (5, 0)]


def test_four_actors_of_five_writes_each_are_counted_to_the_last_digit():
    """Orders: 20! / 5! ** 4 = 11,732,745,024; states: 6 ** 4 = 1,296."""
    programs = (put(*letters) for letters in ("abcde", "fghij", "klmno", "pqrst"))
    with space_of(set_up, actors(*programs)) as space:
        search = Search(space, Judge(space), limits=Limits())
        Exhaustive().explore(search)

        assert search.counts.states == 1_296
        assert count_schedules(search) == 11_732_745_024


def test_without_reduction_waiting_in_vain_is_not_taken_for_everything():
    waiter = Actor(name="waiter", program=wait_for_flag)
    with space_of(set_up, [*actors(put("flag")), waiter]) as space:
        dependence = Dependence(space, views=())
        for strategy in (Naive(), SourceDpor(dependence=dependence)):
            search = Search(space, Judge(space), limits=Limits())
            ending = strategy.explore(search)

            assert (ending.exhausted, ending.broken) == (False, None)


@pytest.mark.parametrize(
    "strategy",
    [BreadthFirst(), DepthFirst(preemptions_max=9), LeastPreemptions(), Exhaustive()],
    ids=lambda each: each.name,
)
def test_every_strategy_that_exhausts_claims_the_same_number(strategy):
    """Read, write by two: 4! / (2! * 2!) = 6 orders."""
    found = explore(
        setup=set_up_counter,
        actors=counters(increase_blindly, 2),
        strategies=lambda _space, _dependence: [strategy],
    )

    assert found.coverage.schedules == 6
    assert found.coverage.reduction


def test_who_tries_again_is_counted_with_every_try():
    """Two actors read and write on condition, and start over when it failed.

    One after the other: 2 ways. Else both read first (2 ways), one of them writes
    (2 ways) and ends, and the other fails (1 way), reads and writes: 4 ways. So 6.
    """
    found = explore(setup=set_up_counter, actors=counters(increase_safely, 2))

    assert found.coverage.schedules == 6


def test_a_fault_makes_executions_of_its_own():
    """One actor makes two calls and may crash once: before each, or never: 3."""
    with space_of(set_up, actors(put("a", "b")), Faults(crashes=1)) as space:
        search = Search(space, Judge(space), limits=Limits())

        assert count_schedules(search) == 3


def wait_for_flag() -> None:
    dynamodb = client("dynamodb")
    key = {"kind": {"S": "thing"}, "name": {"S": "flag"}}
    while "Item" not in dynamodb.get_item(TableName="things", Key=key):
        time.sleep(5)


def test_waiting_that_leads_nowhere_is_not_counted():
    """A waiter looks and sleeps until another has written a and then the flag.

    Of k looks in vain before the flag, each may be before a or after: k + 1 orders. The
    look after the flag ends it. A sleeper is followed for 3 rounds that say the same
    (`rounds`), then one more makes no difference: k is 0 to 3, and 1 + 2 + 3 + 4 = 10.
    """
    programs = actors(put("a", "flag"))
    waiter = Actor(name="waiter", program=wait_for_flag)
    with space_of(set_up, [*programs, waiter]) as space:
        search = Search(space, Judge(space), limits=Limits())

        assert count_schedules(search) == 10


def test_programs_that_go_round_in_circles_have_no_number():
    def write_for_ever() -> None:
        dynamodb = client("dynamodb")
        while True:
            for by in ("me", "myself"):
                item = {"kind": {"S": "thing"}, "name": {"S": "a"}, "by": {"S": by}}
                dynamodb.put_item(TableName="things", Item=item)

    writer = Actor(name="writer", program=write_for_ever, forever=True)
    with space_of(set_up, [writer]) as space:
        search = Search(space, Judge(space), limits=Limits())

        assert Exhaustive().explore(search).exhausted
        assert count_schedules(search) is None
        assert search.counts.reduction is None


def test_a_graph_that_is_too_large_is_not_counted():
    with space_of(set_up, actors(put("a", "b"), put("c", "d"))) as space:
        search = Search(space, Judge(space), limits=Limits())

        assert count_schedules(search, states_max=8) is None
        assert count_schedules(search, states_max=9) == 6
