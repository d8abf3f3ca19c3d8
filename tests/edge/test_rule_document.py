"""Whatever does not exist is refused, with the nearest name that does."""

from __future__ import annotations

from typing import Any

import pytest

from gameday.aws.service_models import service_models
from gameday.edge.fault_kinds import (
    Duplicate,
    Fault,
    Hold,
    RejectSkew,
    StaleRead,
)
from gameday.edge.rule_document import Vocabulary, parse_rule
from gameday.edge.rules import Rule
from gameday.errors import InvalidInput

VOCABULARY = Vocabulary(
    actors=frozenset({"planner", "enactor-az1", "enactor-az2"}),
    vias=frozenset({"gateway", "lb-1"}),
    models=service_models(),
    zones_of_actors={"enactor-az1": "az1", "enactor-az2": "az2"},
)
DROP = {"kind": "drop_request"}


def parse(document: Any) -> Rule:
    return parse_rule(document, VOCABULARY, rule_id="r1")


def problems(document: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse(document)
    return [str(reason) for reason in refused.value.reasons]


def test_a_full_rule_is_read():
    rule = parse(
        {
            "id": "late",
            "owner": "experiment",
            "match": {
                "actor": ["enactor-*", "anonymous", "unknown:AKIA*"],
                "service": "route53",
                "operation": ["ChangeResourceRecordSets", "Get*"],
                "via": "lb-1",
                "resource": "route53:*",
                "region": "us-east-1",
            },
            "fault": {"kind": "hold", "on_disconnect": "drop", "timeout_ms": 10},
            "nth": 3,
            "count": 2,
            "probability": 0.5,
            "seed": 7,
            "after_ms": 1,
            "until_ms": 2,
        }
    )
    assert rule.id == "late"
    assert rule.fault == Hold(on_disconnect="drop", timeout_ms=10)
    assert (rule.nth, rule.count, rule.probability, rule.seed) == (3, 2, 0.5, 7)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "duplicate"}, Duplicate(copies=2, reply="last", gap_ms=0)),
        (
            {"kind": "duplicate", "copies": 3, "reply": "first", "gap_ms": 40},
            Duplicate(copies=3, reply="first", gap_ms=40),
        ),
        (
            {"kind": "stale_read", "staleness_ms": 5},
            StaleRead(staleness_ms=5, consistent_too=False),
        ),
        ({"kind": "reject_skew"}, RejectSkew(skew_ms_max=300_000)),
    ],
)
def test_a_fault_is_read_with_its_defaults(fault: Any, expected: Fault):
    assert parse({"fault": fault}).fault == expected


@pytest.mark.parametrize(
    "match", [{}, {"operation": "Get*"}, {"service": "route53"}, {"actor": "planner"}]
)
def test_a_stale_read_may_be_matched_widely(match):
    fault = {"kind": "stale_read", "staleness_ms": 1}
    assert parse({"match": match, "fault": fault})


@pytest.mark.parametrize(
    ("az", "callers"),
    [
        ("az1", {"enactor-az1"}),
        (["az1", "az2"], {"enactor-az1", "enactor-az2"}),
        ("az*", {"enactor-az1", "enactor-az2"}),
    ],
)
def test_a_zone_stands_for_the_actors_in_it(az: Any, callers: set[str]):
    assert parse({"fault": DROP, "match": {"az": az}}).match.callers == callers


def test_a_rule_without_a_seed_gets_the_same_one_again():
    document = {"id": "x", "fault": DROP}
    assert parse(document).seed == parse(document).seed
    assert parse(document).seed != parse({"id": "y", "fault": DROP}).seed


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (3, "the document is not an object"),
        ({}, "fault: this key is required"),
        ({"fault": {}}, "fault.kind: this key is required"),
        ({"fault": DROP, "nht": 1}, "unknown key 'nht'; did you mean 'nth'?"),
        (
            {"fault": DROP, "match": {"actr": "planner"}},
            "match: unknown key 'actr'; did you mean 'actor'?",
        ),
        (
            {"fault": {"kind": "dealy"}},
            "fault.kind: unknown kind of fault 'dealy'; did you mean 'delay'?",
        ),
        (
            {"fault": {"kind": "delay", "delay_s": 1}},
            "fault: unknown key 'delay_s'; did you mean 'delay_ms'?",
        ),
        (
            {"fault": {"kind": "delay", "delay_ms": "1"}},
            "fault.delay_ms: should be a number, not '1'",
        ),
        (
            {"fault": {"kind": "delay", "delay_ms": True}},
            "fault.delay_ms: should be a number, not True",
        ),
        (
            {"fault": DROP, "match": {"actor": "enactor-az9"}},
            "match.actor: unknown actor 'enactor-az9'; did you mean 'enactor-az2'?",
        ),
        (
            {"fault": DROP, "match": {"service": "route35"}},
            "match.service: unknown service 'route35'; did you mean 'route53'?",
        ),
        (
            {"fault": DROP, "match": {"service": "dynamodb", "operation": "PutItm"}},
            "match.operation: unknown dynamodb operation 'PutItm'; did you mean",
        ),
        (
            {"fault": DROP, "match": {"operation": "PutItm"}},
            "match.operation: unknown operation 'PutItm'; did you mean 'PutItem'?",
        ),
        (
            {"fault": DROP, "match": {"via": "lb-7"}},
            "match.via: unknown way in 'lb-7'; did you mean 'lb-1'?",
        ),
        (
            {"fault": DROP, "match": {"az": "az9"}},
            "match.az: unknown availability zone 'az9'; did you mean 'az",
        ),
        (
            {"fault": DROP, "match": {"parameters": "a["}},
            "match.parameters: 'a[' is not JMESPath",
        ),
        ({"fault": DROP, "nth": 0}, "nth: should be at least 1, not 0"),
        ({"fault": DROP, "probability": 2}, "probability: should be at most 1, not 2"),
        (
            {"fault": DROP, "after_ms": 5, "until_ms": 5},
            "until_ms: should be later than after_ms, 5",
        ),
        ({"fault": {"kind": "error"}}, "fault.code: this key is required"),
        (
            {"fault": {"kind": "hold", "on_disconnect": "delivr"}},
            "fault.on_disconnect: unknown value 'delivr'; did you mean 'deliver'?",
        ),
        (
            {"fault": {"kind": "duplicat"}},
            "fault.kind: unknown kind of fault 'duplicat'; did you mean 'duplicate'?",
        ),
        (
            {"fault": {"kind": "duplicate", "copies": 1}},
            "fault.copies: should be at least 2, not 1",
        ),
        (
            {"fault": {"kind": "duplicate", "copies": 11}},
            "fault.copies: should be at most 10, not 11",
        ),
        (
            {"fault": {"kind": "duplicate", "reply": "frist"}},
            "fault.reply: unknown value 'frist'; did you mean 'first'?",
        ),
        (
            {"fault": {"kind": "duplicate", "gap_s": 1}},
            "fault: unknown key 'gap_s'; did you mean 'gap_ms'?",
        ),
        (
            {"fault": {"kind": "stale_read"}},
            "fault.staleness_ms: this key is required",
        ),
        (
            {"fault": {"kind": "stale_read", "staleness_ms": 0}},
            "fault.staleness_ms: should be at least 1, not 0",
        ),
        (
            {"fault": {"kind": "stale_read", "staleness_ms": 1, "consistent": True}},
            "fault: unknown key 'consistent'; did you mean 'consistent_too'?",
        ),
        (
            {
                "match": {"operation": ["PutItem", "Update*"]},
                "fault": {"kind": "stale_read", "staleness_ms": 1},
            },
            "match.operation: stale_read strikes only dynamodb BatchGetItem, GetItem,",
        ),
        (
            {
                "match": {"service": "route53", "operation": "GetHostedZone"},
                "fault": {"kind": "stale_read", "staleness_ms": 1},
            },
            "match.operation: stale_read strikes only dynamodb BatchGetItem, GetItem,",
        ),
        (
            {"match": {"service": "sqs"}, "fault": {"kind": "stale_read"}},
            "match.service: stale_read strikes only dynamodb BatchGetItem, GetItem,",
        ),
        (
            {"fault": {"kind": "reject_skew", "skew_ms_max": -1}},
            "fault.skew_ms_max: should be at least 0, not -1",
        ),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest_name(document, message):
    assert any(problem.startswith(message) for problem in problems(document))


def test_every_problem_is_told_at_once():
    found = problems(
        {"match": {"actor": "plannr", "servce": "x"}, "fault": {"kind": "x"}, "nth": 0}
    )
    assert len(found) == 4


def test_an_operation_of_a_rare_service_needs_no_service():
    assert parse({"fault": DROP, "match": {"operation": "AllocateAddress"}})


@pytest.mark.parametrize(
    ("expression", "parameters", "fits"),
    [
        ("TableName == 'plans'", {"TableName": "plans"}, True),
        ("TableName == 'plans'", {"TableName": "leases"}, False),
        ("Changes[?Action=='DELETE']", {"Changes": [{"Action": "DELETE"}]}, True),
        ("Changes[?Action=='DELETE']", {"Changes": [{"Action": "CREATE"}]}, False),
        ("Limit", {"Limit": 0}, True),
        ("Missing", {}, False),
        ("length(Limit)", {"Limit": 1}, False),
    ],
)
def test_parameters_fit_when_jmespath_finds_something(expression, parameters, fits):
    rule = parse({"fault": DROP, "match": {"parameters": expression}})
    assert rule.match.parameters is not None
    assert rule.match.parameters(parameters) is fits
