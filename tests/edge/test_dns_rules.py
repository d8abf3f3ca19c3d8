"""Which questions a rule sees and strikes, and which documents are no rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gameday.edge.dns_rule_document import (
    DNS_FAULT_KINDS,
    DnsVocabulary,
    parse_dns_rule,
)
from gameday.edge.dns_rules import (
    ArmedDnsRule,
    AskedDns,
    DnsRule,
    DnsRuling,
    Slow,
    Stale,
    decide,
)
from gameday.errors import InvalidInput

WORDS = DnsVocabulary(
    azs=frozenset({"az1", "az2"}),
    edges=frozenset({"127.0.30.1", "127.0.30.2"}),
    zones=frozenset({"dynamodb.gameday.test"}),
)
ASKED = AskedDns(
    at="resolver",
    name="dynamodb.gameday.test.",
    type="A",
    az="az1",
    client="127.0.0.1",
)


def rule(kind: str = "servfail", **document: Any) -> DnsRule:
    fault = {"kind": kind, **document.pop("fault", {})}
    return parse_dns_rule({"fault": fault, **document}, WORDS, rule_id="d1")


def armed(*documents: dict[str, Any]) -> dict[str, ArmedDnsRule]:
    """Rules in the order given, named a, b, c, and set at 1,000 ms."""
    names = (chr(ord("a") + at) for at in range(len(documents)))
    return {
        name: ArmedDnsRule(rule=rule(**{"id": name, **document}), set_at_ms=1_000)
        for name, document in zip(names, documents, strict=True)
    }


def play(rules, questions, *, now_ms=1_000):
    """Return who ruled on each question, and the rules afterwards."""
    who = []
    for asked in questions:
        ruling, changed = decide(rules, asked, now_ms=now_ms)
        rules = {**rules, **{one.rule.id: one for one in changed}}
        who.append(ruling and ruling.rule_id)
    return who, rules


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"name": "dynamodb.gameday.test"}, True),
        ({"name": "DynamoDB.gameday.test."}, True),
        ({"name": "a.dynamodb.gameday.test"}, False),
        ({"name": "*.gameday.test"}, True),
        ({"name": "sts*"}, False),
        ({"name": ["sts*", "dynamodb*"]}, True),
        ({"type": "a"}, True),
        ({"type": ["AAAA", "TXT"]}, False),
        ({"az": "az1"}, True),
        ({"az": "az2"}, False),
        ({"client": "127.0.0.1"}, True),
        ({"client": "127.0.9.*"}, False),
        ({"az": "az1", "type": "TXT"}, False),
    ],
)
def test_a_rule_sees_the_questions_that_all_of_its_match_fits(match, fits):
    who, rules = play(armed({"match": match}), [ASKED])
    assert who == ["a" if fits else None]
    assert rules["a"].seen == rules["a"].fired == int(fits)


def test_a_rule_at_the_edges_sees_nothing_that_resolvers_are_asked():
    at_edge = replace(ASKED, at="edge", edge="127.0.30.2")
    rules = armed({"at": "edge", "match": {"edge": "127.0.30.2"}}, {})
    who, _ = play(rules, [ASKED, at_edge, replace(at_edge, edge="127.0.30.1")])
    assert who == ["b", "a", None]


def test_the_first_ruling_wins_and_later_rules_do_not_see_the_question():
    who, rules = play(armed({"count": 1}, {}), [ASKED] * 3)
    assert who == ["a", "b", "b"]
    assert [(one.seen, one.fired) for one in rules.values()] == [(3, 1), (2, 2)]


def test_nth_and_count_and_window_limit_a_rule():
    assert play(armed({"nth": 2}), [ASKED] * 3)[0] == [None, "a", None]
    window = armed({"after_ms": 100, "until_ms": 200})
    told = [
        play(window, [ASKED], now_ms=1_000 + ms)[0][0] for ms in (99, 100, 199, 200)
    ]
    assert told == [None, "a", "a", None]


def test_chance_is_decided_by_the_seed():
    def fired(seed: int) -> list[str | None]:
        rules = armed({"probability": 0.3, "seed": seed})
        return play(rules, [ASKED] * 200)[0]

    assert fired(1) == fired(1) != fired(2)
    assert 40 < fired(1).count("a") < 80


def test_truncation_concerns_udp_only_and_tcp_is_not_even_seen():
    rules = armed({"kind": "truncate"})
    who, rules = play(rules, [ASKED, replace(ASKED, tcp=True)])
    assert who == ["a", None]
    assert rules["a"].seen == 1


def test_jitter_is_drawn_for_each_question_and_never_below_nothing():
    rules = armed({"kind": "slow", "fault": {"delay_ms": 10, "jitter_ms": 50}})
    drawn = []
    for _ in range(50):
        ruling, changed = decide(rules, ASKED, now_ms=1_000)
        rules = {one.rule.id: one for one in changed}
        assert isinstance(ruling, DnsRuling)
        drawn.append(ruling.delay_ms)
    assert 0 <= min(drawn) < 10 < max(drawn) <= 60
    assert len(set(drawn)) > 20


def test_every_kind_of_fault_is_read():
    given = {"slow": {"delay_ms": 5, "jitter_ms": 1}}
    for kind in DNS_FAULT_KINDS:
        assert rule(kind, fault=given.get(kind, {})).kind == kind
    assert rule("slow", fault=given["slow"]).fault == Slow(delay_ms=5, jitter_ms=1)
    held = {"zone": "DynamoDB.gameday.test.", "version": 3}
    assert rule("stale", fault=held).fault == Stale(
        zone="dynamodb.gameday.test", version=3
    )
    assert rule("stale", fault={"age_ms": 9}).fault == Stale(age_ms=9)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not an object"),
        ({}, "fault: this key is required"),
        ({"fault": {"kind": "nxdomian"}}, "did you mean 'nxdomain'?"),
        ({"fault": {"kind": "slow"}}, "fault.delay_ms: this key is required"),
        ({"fault": {"kind": "slow", "delay_ms": -1}}, "at least 0"),
        ({"fault": {"kind": "drop", "delay_ms": 1}}, "unknown key 'delay_ms'"),
        ({"fault": {"kind": "drop"}, "mach": {}}, "did you mean 'match'?"),
        ({"fault": {"kind": "drop"}, "at": "resolvers"}, "did you mean 'resolver'?"),
        (
            {"fault": {"kind": "drop"}, "match": {"az": "az3"}},
            "availability zone 'az3'",
        ),
        ({"fault": {"kind": "drop"}, "match": {"typ": "A"}}, "did you mean 'type'?"),
        ({"fault": {"kind": "drop"}, "match": {"type": "AAA"}}, "did you mean 'AAAA'?"),
        (
            {"fault": {"kind": "drop"}, "match": {"name": "dynamodb.gameday.tset"}},
            "did you mean 'dynamodb.gameday.test'?",
        ),
        (
            {"fault": {"kind": "drop"}, "match": {"client": "localhost"}},
            "an IP address or a glob",
        ),
        (
            {"fault": {"kind": "drop"}, "match": {"edge": "127.0.30.1"}},
            'set "at": "edge"',
        ),
        (
            {"fault": {"kind": "drop"}, "at": "edge", "match": {"edge": "127.0.30.3"}},
            "unknown DNS edge '127.0.30.3'",
        ),
        (
            {"fault": {"kind": "stale", "zone": "dynamo.gameday.test"}},
            "did you mean 'dynamodb.gameday.test'?",
        ),
        ({"fault": {"kind": "stale", "version": 2}}, "name the zone as well"),
        (
            {
                "fault": {
                    "kind": "stale",
                    "zone": "dynamodb.gameday.test",
                    "version": 2,
                    "age_ms": 5,
                }
            },
            "either a version or an age",
        ),
        ({"fault": {"kind": "drop"}, "nth": 0}, "at least 1"),
        ({"fault": {"kind": "drop"}, "after_ms": 5, "until_ms": 5}, "later than"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_nearest_name(document, message):
    with pytest.raises(InvalidInput) as caught:
        parse_dns_rule(document, WORDS, rule_id="d1")
    assert message in str(caught.value)


def test_every_mistake_is_named_at_once():
    document = {
        "fault": {"kind": "nope"},
        "match": {"az": "az9", "type": "Q"},
        "count": "many",
    }
    with pytest.raises(InvalidInput) as caught:
        parse_dns_rule(document, WORDS, rule_id="d1")
    assert len(caught.value.reasons) == 4
