"""A search that is watched, bounded and stopped."""

from __future__ import annotations

from counter_programs import KEY, TABLE, counters, dynamodb, increase_safely
from counter_programs import setup as set_up

from gameday.explore import Exploration, Limits, explore
from gameday.explore.strategy_names import STRATEGIES, strategies_named
from gameday.explore.watching import Watch
from gameday.model.verdict import Validity


def search(watch: Watch, name: str = "thorough") -> Exploration:
    return explore(
        setup=set_up,
        actors=counters(increase_safely, 3),
        strategies=watch.watching(strategies_named(name, preemptions=1, seed=0)),
    )


def test_the_stages_say_what_the_coverage_says():
    watch = Watch(budget_s=60)

    found = search(watch)

    assert found.validity is Validity.VALID
    assert [stage.strategy for stage in watch.stages] == [
        "random",
        "depth-first",
        "exhaustive",
    ]
    last = watch.stages[-1]
    assert last.exhausted
    assert last.counts.states == found.coverage.states
    assert all(stage.ended_s is not None for stage in watch.stages)


def test_all_strategies_share_one_budget():
    seconds = iter(range(100))
    watch = Watch(budget_s=3, clock=lambda: next(seconds))

    found = search(watch)

    assert found.validity is Validity.UNKNOWN
    assert len(watch.stages) < 3
    assert watch.left_s == 0


def test_an_execution_without_an_end_ends_with_the_budget():
    def counts_for_ever() -> None:
        client, value = dynamodb(), 0
        while True:
            value += 1
            client.put_item(TableName=TABLE, Item={**KEY, "value": {"N": str(value)}})

    found = explore(
        setup=set_up,
        actors=counters(counts_for_ever, 2),
        strategies=strategies_named("random", preemptions=1, seed=0),
        limits=Limits(seconds=0.2),
    )

    assert found.validity is Validity.UNKNOWN


def test_what_was_stopped_before_it_began_is_unknown_and_looked_at_nothing():
    watch = Watch(budget_s=60)
    watch.stop()

    found = search(watch)

    assert found.validity is Validity.UNKNOWN
    assert found.coverage.states == 0
    assert watch.stages == []


def test_every_strategy_has_a_name_that_works():
    for name in STRATEGIES:
        watch = Watch(budget_s=0.2)

        assert search(watch, name).counterexample is None
        assert watch.stages, name
