"""Failover that is on again, and a zone that leaves: too early, or in time?"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from balancer_recorder import NAME, BalancerRecorder
from histories import WORLD

from gameday.checkers import failover_on_too_early
from gameday.model.history import OpKind, Outcome
from gameday.model.verdict import Finding, Validity

BALANCED = replace(WORLD, balancer=NAME, failover_settle_ms=10_000)


class Operated(BalancerRecorder):
    """Records operators' levers and what load balancing does."""

    def levers(self, document: dict[str, object], outcome: Outcome) -> None:
        self.add(
            kind=OpKind.CALL,
            actor="operator",
            service="dynamodb",
            operation="PutItem",
            outcome=outcome,
            request={
                "TableName": "gameday-switches",
                "Item": {
                    "name": {"S": "droplet-levers"},
                    "document": {"S": json.dumps(document)},
                },
            },
        )

    def failover(self, state: str, outcome: Outcome = Outcome.OK) -> None:
        self.levers({} if state == "on" else {"failover": state}, outcome)

    def finding(self, *, until_ms: int = 60_000) -> Finding:
        self.at(until_ms).mark("run_ended")
        return failover_on_too_early.check(self.history(), BALANCED)


@pytest.fixture
def operated() -> Operated:
    recorder = Operated()
    recorder.in_dns("az1", "az2", "az3")
    recorder.at(1_000)
    recorder.in_dns("az1")
    recorder.at(2_000)
    recorder.failover("off")
    recorder.in_dns("az1", "az2", "az3")
    recorder.at(20_000)
    return recorder


def test_what_left_before_failover_was_off_says_nothing_of_when_it_is_on(
    operated: Operated,
):
    operated.failover("on")
    finding = operated.finding()
    assert finding.validity is Validity.VALID
    assert "on again at 20.0 s, and no zone left DNS within 10 s" in finding.summary


def test_a_zone_that_leaves_at_once_shows_that_it_was_too_early(operated: Operated):
    operated.failover("on")
    operated.at(21_000)
    operated.in_dns("az1", "az3")
    finding = operated.finding()
    assert finding.validity is Validity.INVALID
    assert "1 times a zone left DNS within 10 s" in finding.summary
    assert "first at 21.0 s" in finding.summary


def test_a_zone_that_leaves_long_after_is_another_story(operated: Operated):
    operated.failover("on")
    operated.at(31_000)
    operated.in_dns("az1", "az3")
    assert operated.finding().validity is Validity.VALID


def test_a_second_time_is_judged_like_the_first(operated: Operated):
    operated.failover("on")
    operated.at(32_000)
    operated.failover("off")
    operated.at(40_000)
    operated.failover("on")
    operated.at(41_000)
    operated.in_dns("az1", "az3")
    assert operated.finding().validity is Validity.INVALID


def test_what_operators_take_out_is_deliberate(operated: Operated):
    operated.failover("on")
    operated.at(21_000)
    operated.in_dns("az1", "az3", actor="operator")
    assert operated.finding().validity is Validity.VALID


def test_a_batch_whose_reply_was_lost_leaves_the_answer_open(operated: Operated):
    operated.failover("on")
    operated.at(21_000)
    operated.in_dns("az1", "az3", reply_lost=True)
    assert operated.finding().validity is Validity.UNKNOWN


def test_a_recording_that_ends_too_soon_leaves_the_answer_open(operated: Operated):
    operated.failover("on")
    finding = operated.finding(until_ms=25_000)
    assert finding.validity is Validity.UNKNOWN
    assert "on again for less than 10 s" in finding.summary


def test_failover_that_was_never_on_again_cannot_be_judged(operated: Operated):
    operated.failover("on", Outcome.FAIL)
    finding = operated.finding()
    assert finding.validity is Validity.UNKNOWN
    assert "never off and then on again" in finding.summary
    assert failover_on_too_early.check(operated.history(), WORLD).validity is (
        Validity.UNKNOWN
    )
