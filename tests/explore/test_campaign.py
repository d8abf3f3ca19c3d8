"""Whole explorations of small boto3 programs."""

from __future__ import annotations

import os
import time
from itertools import pairwise

import boto3
import pytest
from counter_programs import (
    KEY,
    TABLE,
    counters,
    counts_to,
    dynamodb,
    increase_blindly,
    increase_safely,
    setup,
)

from gameday.explore import (
    Actor,
    Exploration,
    Faults,
    Limits,
    Moment,
    StepKind,
    explore,
    render_story,
)
from gameday.explore.strategies.breadth_first import BreadthFirst
from gameday.explore.strategies.depth_first import DepthFirst
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.partial_order_sampling import PartialOrderSampling
from gameday.explore.strategies.pct import Pct
from gameday.explore.strategies.random_walk import RandomWalk
from gameday.model.verdict import Validity


def test_a_lost_update_is_found_shrunk_and_confirmed():
    found = explore(
        setup=setup,
        actors=counters(increase_blindly, 3),
        eventually=[counts_to(3)],
    )

    assert found.validity is Validity.INVALID
    assert found.counterexample is not None
    assert found.counterexample.broken.name == "all_counted"
    actors = [step.actor for step in found.counterexample.schedule]
    # One is interrupted between its read and its write; all have to end.
    assert len(actors) == 6
    assert sum(one != other for one, other in pairwise(actors)) == 3
    story = render_story(found.counterexample.execution)
    assert "dynamodb GetItem" in story
    assert "dynamodb PutItem" in story


def test_the_safe_counter_is_exhausted_without_a_bound():
    found = explore(
        setup=setup,
        actors=counters(increase_safely, 3),
        eventually=[counts_to(3)],
        sometimes=[counts_to(1)],
    )

    assert found.reasons == ()
    assert found.validity is Validity.VALID
    assert found.coverage.exhausted
    assert found.coverage.preemptions is None


def test_two_readers_and_writers_have_the_states_that_one_can_count_by_hand():
    found = explore(
        setup=setup,
        actors=counters(increase_blindly, 2),
        strategies=lambda _space, _dependence: [Exhaustive()],
    )

    # Each is before its read, before its write or done: 9 states, and those in
    # which a value can have come about in two ways: (read 0, done) twice over,
    # and the end with 1 or with 2.
    assert found.coverage.states == 12
    assert found.coverage.transitions == 14
    # 4! / (2! * 2!) orders of the four calls end with one of these two.
    assert found.coverage.executions == 2


def test_sleep_sets_leave_out_ways_and_no_states():
    plain, reduced = (
        explore(
            setup=setup,
            actors=counters(increase_safely, 3),
            strategies=lambda _space, dependence, use=use: [
                Exhaustive(dependence=dependence if use else None)
            ],
        ).coverage
        for use in (False, True)
    )

    assert plain.exhausted
    assert reduced.exhausted
    assert reduced.states == plain.states
    assert reduced.transitions < plain.transitions


@pytest.mark.parametrize(
    "strategy",
    [
        lambda _: BreadthFirst(),
        lambda _: DepthFirst(preemptions_max=1),
        lambda dependence: Exhaustive(dependence=dependence),
        lambda _: RandomWalk(seed=3),
        lambda _: Pct(depth=3, seed=3),
        lambda dependence: PartialOrderSampling(dependence=dependence, seed=3),
    ],
    ids=["breadth", "depth", "exhaustive", "random", "pct", "partial-order"],
)
def test_every_strategy_finds_the_lost_update(strategy):
    found = explore(
        setup=setup,
        actors=counters(increase_blindly, 2),
        eventually=[counts_to(2)],
        strategies=lambda _space, dependence: [strategy(dependence)],
        limits=Limits(executions=500),
    )

    assert found.validity is Validity.INVALID


def test_without_an_interruption_the_lost_update_does_not_show():
    found = explore(
        setup=setup,
        actors=counters(increase_blindly, 2),
        eventually=[counts_to(2)],
        strategies=lambda _space, _dependence: [DepthFirst(preemptions_max=0)],
    )

    assert found.validity is Validity.UNKNOWN
    assert found.coverage.exhausted
    assert found.coverage.preemptions == 0


def test_a_crash_leaves_the_work_undone_and_a_lost_reply_makes_it_done_twice():
    def increase_and_insist() -> None:
        client = dynamodb()
        client.update_item(
            TableName=TABLE,
            Key=KEY,
            UpdateExpression="SET #v = #v + :one",
            ExpressionAttributeNames={"#v": "value"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    actors = counters(increase_and_insist, 2)
    crashed = explore(
        setup=setup,
        actors=actors,
        eventually=[counts_to(2)],
        faults=Faults(crashes=1),
    )
    lost = explore(
        setup=setup,
        actors=actors,
        eventually=[counts_to(2)],
        faults=Faults(lost_replies=1),
    )

    assert crashed.counterexample is not None
    kinds = [step.kind for step in crashed.counterexample.schedule]
    assert kinds.count(StepKind.CRASH) == 1
    # botocore itself sends the update again when no reply comes.
    assert lost.counterexample is not None
    assert "it is" in lost.counterexample.broken.message
    kinds = [step.kind for step in lost.counterexample.schedule]
    assert kinds.count(StepKind.LOSE_REPLY) == 1


def wait_for_flag() -> None:
    client = dynamodb()
    while "Item" not in client.get_item(TableName=TABLE, Key={"name": {"S": "flag"}}):
        time.sleep(5)


def raise_flag() -> None:
    dynamodb().put_item(TableName=TABLE, Item={"name": {"S": "flag"}})


def test_whoever_waits_goes_on_when_what_it_waits_for_has_come():
    found = explore(
        setup=setup,
        actors=[
            Actor(name="waiter", program=wait_for_flag),
            Actor(name="raiser", program=raise_flag),
        ],
    )

    assert found.validity is Validity.VALID


def test_whoever_waits_in_vain_is_stuck():
    found = explore(setup=setup, actors=[Actor(name="waiter", program=wait_for_flag)])

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "not-stuck"


def test_whoever_gives_up_waiting_is_followed_beyond_that():
    def wait_twice_then_write() -> None:
        client = dynamodb()
        for _ in range(3):
            if "Item" in client.get_item(TableName=TABLE, Key={"name": {"S": "flag"}}):
                return
            time.sleep(5)
        client.put_item(TableName=TABLE, Item={"name": {"S": "gave-up"}})

    def nobody_gave_up(moment: Moment) -> bool:
        return not any("gave-up" in item for item in moment.items(TABLE))

    found = explore(
        setup=setup,
        actors=[
            Actor(name="waiter", program=wait_twice_then_write),
            Actor(name="raiser", program=raise_flag),
        ],
        always=[nobody_gave_up],
    )

    assert found.counterexample is not None
    calls = [done.call for done in found.counterexample.execution.steps]
    assert [call.operation for call in calls if call] == ["GetItem"] * 3 + ["PutItem"]


def test_a_witness_that_is_never_seen_makes_the_answer_unknown():
    found = explore(
        setup=setup,
        actors=counters(increase_safely, 2),
        sometimes=[counts_to(7)],
    )

    assert found.validity is Validity.UNKNOWN
    assert found.reasons == ("the witness all_counted was never seen",)


def test_a_property_that_raises_makes_the_answer_unknown_with_its_traceback():
    def broken_property(moment: Moment) -> bool:
        raise LookupError(f"nothing at {moment.made}")

    found = explore(
        setup=setup, actors=counters(increase_safely, 1), always=[broken_property]
    )

    assert found.validity is Validity.UNKNOWN
    assert "LookupError" in found.reasons[0]


def test_the_same_exploration_twice_is_the_same():
    first, second = (
        explore(
            setup=setup,
            actors=counters(increase_blindly, 3),
            eventually=[counts_to(3)],
            strategies=lambda _space, _dependence: [RandomWalk(seed=7)],
            limits=Limits(executions=200),
        )
        for _ in range(2)
    )

    assert first.counterexample is not None
    assert second.counterexample is not None
    assert first.counterexample.schedule == second.counterexample.schedule
    assert first.coverage == second.coverage


def test_who_waits_for_a_lock_to_expire_is_not_stuck_while_time_may_pass():
    lock = {"name": {"S": "lock"}}

    def lock_for_ever() -> None:
        until = int(time.time()) + 600
        dynamodb().put_item(TableName=TABLE, Item={**lock, "until": {"N": str(until)}})

    def wait_for_lock() -> None:
        client = dynamodb()
        while True:
            item = client.get_item(TableName=TABLE, Key=lock).get("Item")
            if item is None or int(item["until"]["N"]) < time.time():
                return
            time.sleep(5)

    def explored(expiries: int) -> Exploration:
        return explore(
            setup=setup,
            actors=[
                Actor(name="holder", program=lock_for_ever),
                Actor(name="waiter", program=wait_for_lock),
            ],
            faults=Faults(expiries=expiries),
        )

    without, with_one = explored(0), explored(1)

    assert without.counterexample is not None
    assert without.counterexample.broken.message == "waiter can never go on"
    assert with_one.validity is Validity.VALID


def test_a_lease_expires_only_where_the_search_lets_time_pass():
    def use_lease() -> None:
        client = dynamodb()
        taken_s = time.time()
        client.get_item(TableName=TABLE, Key=KEY)
        if time.time() - taken_s > 60:
            client.put_item(TableName=TABLE, Item={"name": {"S": "expired"}})

    def never_expired(moment: Moment) -> bool:
        return not any("expired" in item for item in moment.items(TABLE))

    actors = [Actor(name="holder", program=use_lease)]
    without = explore(setup=setup, actors=actors, always=[never_expired])
    with_one = explore(
        setup=setup,
        actors=actors,
        always=[never_expired],
        faults=Faults(expiries=1),
    )

    assert without.validity is Validity.VALID
    assert with_one.counterexample is not None
    kinds = [step.kind for step in with_one.counterexample.schedule]
    assert kinds == [StepKind.TIME_PASSES, StepKind.GO, StepKind.GO]


def test_a_program_needs_no_credentials(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)

    def look_up() -> None:
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.get_item(TableName=TABLE, Key=KEY)

    found = explore(setup=setup, actors=[Actor(name="reader", program=look_up)])

    assert found.validity is Validity.VALID
    assert "AWS_ACCESS_KEY_ID" not in os.environ
