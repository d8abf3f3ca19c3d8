"""The law of fault rules, on literals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.edge.call import Call
from gameday.edge.fault_kinds import (
    Delay,
    Error,
    Fault,
    RejectSkew,
    StaleRead,
    Throttle,
)
from gameday.edge.rules import ArmedRule, Match, Rule, Ruling, decide

ERROR = Error(code="Throttling")


def call(**changes: Any) -> Call:
    fields: dict[str, Any] = {
        "actor": "enactor-az1",
        "region": "us-east-1",
        "service": "dynamodb",
        "operation": "PutItem",
        "via": "gateway",
        "writes": ("dynamodb:plans/a",),
    }
    return Call(**{**fields, **changes})


def armed(
    rule_id: str = "r1", fault: Fault = ERROR, match: Match | None = None, **limits: Any
) -> ArmedRule:
    rule = Rule(id=rule_id, fault=fault, match=match or Match(), **limits)
    return ArmedRule(rule=rule, set_at_ms=0)


def play(
    rules: tuple[ArmedRule, ...], calls: int, every_ms: float = 1
) -> tuple[list[str | None], tuple[ArmedRule, ...]]:
    """The ids of the rules that ruled on equal calls, and the counters."""
    ruled: list[str | None] = []
    for at in range(calls):
        ruling, rules = decide(rules, call(), now_ms=at * every_ms)
        ruled.append(ruling.rule_id if ruling else None)
    return ruled, rules


def test_a_call_that_no_rule_fits_passes_and_nothing_is_counted():
    rules = (armed(match=Match(actors=("planner",))),)
    assert decide(rules, call(), now_ms=0) == (None, rules)


def test_the_first_ruling_wins_and_later_rules_do_not_see_the_call():
    ruled, rules = play((armed("a"), armed("b")), calls=2)
    assert ruled == ["a", "a"]
    assert [one.seen for one in rules] == [2, 0]


def test_a_rule_that_lets_a_call_go_lets_the_next_rule_see_it():
    ruled, rules = play((armed("a", nth=2), armed("b")), calls=3)
    assert ruled == ["b", "a", "b"]
    assert [(one.seen, one.fired) for one in rules] == [(3, 1), (2, 2)]


def test_only_the_nth_call_is_ruled_on():
    assert play((armed(nth=3),), calls=5)[0] == [None, None, "r1", None, None]


def test_a_count_limits_how_often_a_rule_fires_not_what_it_sees():
    ruled, rules = play((armed(count=2),), calls=4)
    assert ruled == ["r1", "r1", None, None]
    assert (rules[0].seen, rules[0].fired) == (4, 2)


def test_a_window_counts_from_when_the_rule_was_set():
    ruled, rules = play((armed(after_ms=2, until_ms=4),), calls=6)
    assert ruled == [None, None, "r1", "r1", None, None]
    assert rules[0].seen == 2


def test_chance_repeats_with_its_seed_and_differs_with_another():
    first, _ = play((armed(probability=0.3, seed=1),), calls=300)
    again, _ = play((armed(probability=0.3, seed=1),), calls=300)
    other, _ = play((armed(probability=0.3, seed=2),), calls=300)
    assert first == again != other
    assert 60 <= first.count("r1") <= 120


def test_a_bucket_lets_its_burst_and_then_its_rate_through():
    bucket = Throttle(rate_per_s=10, burst=5)
    ruled, _ = play((armed(fault=bucket),), calls=60, every_ms=1000 / 60)
    assert ruled[:5] == [None] * 5
    assert 14 <= ruled.count(None) <= 15


def test_a_bucket_with_a_rate_of_nothing_stays_empty():
    ruled, _ = play((armed(fault=Throttle(rate_per_s=0, burst=1)),), calls=3)
    assert ruled == [None, "r1", "r1"]


@pytest.mark.parametrize(
    ("skew_ms", "fires"),
    [(None, 0), (0, 0), (1000, 0), (-1000, 0), (1001, 1), (-1001, 1)],
)
def test_a_signature_of_the_wrong_time_is_ruled_on_either_way(skew_ms, fires):
    rules = (armed(fault=RejectSkew(skew_ms_max=1000)),)
    ruling, (after,) = decide(rules, call(), now_ms=0, skew_ms=skew_ms)
    assert (after.seen, after.fired) == (1, fires)
    assert (ruling is not None) == bool(fires)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "seen"),
    [
        ("dynamodb", "GetItem", {}, 1),
        ("dynamodb", "GetItem", {"ConsistentRead": False}, 1),
        ("dynamodb", "GetItem", {"ConsistentRead": True}, 0),
        ("dynamodb", "Query", {}, 1),
        ("dynamodb", "Scan", {"ConsistentRead": True}, 0),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"a": {}, "b": {}}}, 1),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"a": {"ConsistentRead": True}, "b": {}}},
            1,
        ),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"a": {"ConsistentRead": True}}},
            0,
        ),
        ("dynamodb", "TransactGetItems", {}, 0),
        ("dynamodb", "PutItem", {}, 0),
        ("route53", "ListResourceRecordSets", {}, 1),
        ("route53", "GetHostedZone", {}, 0),
        ("sqs", "GetItem", {}, 0),
    ],
)
def test_only_a_read_that_may_be_behind_is_seen(service, operation, parameters, seen):
    rules = (armed(fault=StaleRead(staleness_ms=1)),)
    asked = call(service=service, operation=operation, parameters=parameters)
    ruling, (after,) = decide(rules, asked, now_ms=0)
    assert (after.seen, after.fired, ruling is not None) == (seen, seen, bool(seen))


def test_a_consistent_read_is_seen_if_the_rule_says_so():
    rules = (armed(fault=StaleRead(staleness_ms=1, consistent_too=True)),)
    asked = call(operation="GetItem", parameters={"ConsistentRead": True})
    assert decide(rules, asked, now_ms=0)[0] is not None


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(actors=("enactor-*",)), True),
        (Match(actors=("planner", "enactor-az1")), True),
        (Match(actors=("planner",)), False),
        (Match(callers=frozenset({"enactor-az1"})), True),
        (Match(callers=frozenset({"enactor-az2"})), False),
        (Match(callers=frozenset()), False),
        (Match(actors=("planner",), callers=frozenset({"enactor-az1"})), False),
        (Match(services=("dynamodb",), operations=("PutItem",)), True),
        (Match(services=("route53",), operations=("PutItem",)), False),
        (Match(operations=("Put*",)), True),
        (Match(regions=("eu-west-1",)), False),
        (Match(resources=("dynamodb:plans/*",)), True),
        (Match(resources=("dynamodb:leases/*",)), False),
        (Match(vias=("lb-1",)), False),
        (Match(parameters=lambda parameters: "TableName" in parameters), False),
    ],
)
def test_every_condition_of_a_match_must_hold(match, fits):
    assert match.fits(call()) is fits


def test_a_resource_may_be_read_or_written():
    match = Match(resources=("dynamodb:plans/a",))
    assert match.fits(call(writes=(), reads=("dynamodb:plans/a",)))


@given(
    st.sampled_from(["uniform", "normal", "exponential"]),
    st.floats(0, 500),
    st.floats(0, 500),
    st.integers(0, 1000),
)
def test_a_drawn_delay_is_never_negative_and_repeats(
    distribution, delay_ms, jitter_ms, seed
):
    fault = Delay(delay_ms=delay_ms, jitter_ms=jitter_ms, distribution=distribution)
    rules = (armed(fault=fault, seed=seed),)
    ruling, _ = decide(rules, call(), now_ms=0)
    assert ruling is not None
    assert ruling.delay_ms >= 0
    assert decide(rules, call(), now_ms=0)[0] == ruling
    if distribution == "uniform":
        assert abs(ruling.delay_ms - delay_ms) <= jitter_ms + 1e-6
    if distribution == "exponential":
        assert ruling.delay_ms >= delay_ms


def test_without_jitter_the_delay_is_exact():
    ruling, _ = decide((armed(fault=Delay(delay_ms=7)),), call(), now_ms=0)
    assert ruling == Ruling(rule_id="r1", fault=Delay(delay_ms=7), delay_ms=7)


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(1, 30))
def test_no_rule_fires_more_often_than_it_sees(limits, calls):
    rules = tuple(
        armed(f"r{at}", count=limit or None, probability=0.5)
        for at, limit in enumerate(limits)
    )
    ruled, after = play(rules, calls)
    for one in after:
        assert one.fired <= one.seen <= calls
        assert one.fired == ruled.count(one.rule.id)
