"""Calls that arrive twice, reads that are behind, and signatures that are late."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gameday.bundled import fixtures_folder
from gameday.chaos import actions, probes
from gameday.chaos.argument_checks import Vocabulary, argument_problems
from gameday.chaos.safety_net import play_safety_net
from gameday.region.topology import load_region


def test_a_call_is_delivered_twice_and_both_are_in_the_history(on_stage):
    c = on_stage.configuration
    done = actions.duplicate_requests(
        actor="operator", operation="PutItem", count=1, rule="twice", configuration=c
    )
    assert json.loads(json.dumps(done)) == done
    assert done["fault"]["reply"] == "last"

    actions.freeze_automation(configuration=c)

    ops = [op for op in on_stage.running.edge.history() if op.rule == "twice"]
    assert [op.request["Delivery"] for op in ops] == [1, 2]
    assert [op.status for op in ops] == [None, 200]
    assert probes.rule_fired("twice", configuration=c) == 1


def test_a_read_is_behind_until_the_rule_is_cleared(on_stage):
    c = on_stage.configuration
    actions.serve_stale_reads(
        3_600_000,
        actor="operator",
        operation="GetItem",
        consistent_too=True,
        rule="behind",
        configuration=c,
    )
    actions.freeze_automation(configuration=c)

    assert probes.automation_frozen(configuration=c) is False
    assert actions.clear("behind", configuration=c)["removed"][0]["fired"] == 1
    assert probes.automation_frozen(configuration=c) is True


def test_a_signature_of_the_wrong_time_is_refused(on_stage):
    c = on_stage.configuration
    actions.reject_skewed_signatures(
        skew_ms_max=0, actor="operator", service="dynamodb", configuration=c
    )
    with pytest.raises(Exception, match="InvalidSignatureException"):
        probes.automation_frozen(configuration=c)


def test_a_zone_stands_for_the_programs_in_it(on_stage):
    c = on_stage.configuration
    actions.inject_latency(1, az="az2", rule="slow-zone", configuration=c)
    actions.await_fired("slow-zone", 3, 20, configuration=c)
    history = on_stage.running.edge.history()
    slowed = {op.actor for op in history if op.rule == "slow-zone"}
    assert slowed
    assert slowed <= {"enactor-az2", "cleaner-az2", "lease-manager"}


def test_the_safety_net_takes_them_all_away(on_stage):
    c = on_stage.configuration
    actions.duplicate_requests(operation="PutItem", rule="a", configuration=c)
    actions.serve_stale_reads(1, rule="b", configuration=c)
    actions.reject_skewed_signatures(rule="c", configuration=c)

    undone, failed = play_safety_net(on_stage.running)

    assert failed == []
    assert undone == ["removed rule 'a'", "removed rule 'b'", "removed rule 'c'"]
    assert on_stage.running.edge.rules() == []


@pytest.mark.parametrize(
    ("action", "arguments", "argument", "message"),
    [
        ("duplicate_requests", {"copies": 1}, "copies", "should be at least 2, not 1"),
        (
            "duplicate_requests",
            {"reply": "lats"},
            "reply",
            "unknown value 'lats'; did you mean 'last'?",
        ),
        (
            "duplicate_requests",
            {"actor": "enactor-az7"},
            "actor",
            "unknown actor 'enactor-az7'; did you mean 'enactor-az3'?",
        ),
        (
            "duplicate_requests",
            {"az": "az9"},
            "az",
            "unknown availability zone 'az9'; did you mean 'az3'?",
        ),
        (
            "serve_stale_reads",
            {"staleness_ms": 0},
            "staleness_ms",
            "should be at least 1, not 0",
        ),
        (
            "serve_stale_reads",
            {"staleness_ms": 5, "operation": "PutItem"},
            "operation",
            (
                "stale_read strikes only dynamodb BatchGetItem, GetItem, Query, Scan; "
                "route53 ListResourceRecordSets; not PutItem"
            ),
        ),
        (
            "serve_stale_reads",
            {},
            "",
            "serve_stale_reads needs the argument 'staleness_ms'",
        ),
        (
            "reject_skewed_signatures",
            {"skew_ms_max": -1},
            "skew_ms_max",
            "should be at least 0, not -1",
        ),
    ],
)
def test_wrong_arguments_are_told_before_anything_starts(
    action: str, arguments: dict[str, Any], argument: str, message: str
):
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")
    found = argument_problems(
        getattr(actions, action), arguments, Vocabulary.of(region, [])
    )
    assert list(found) == [(argument, message)]
