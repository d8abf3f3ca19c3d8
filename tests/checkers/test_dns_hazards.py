"""empty-endpoint, plan-regression, live-tree-deleted, unsafe-plan-applied.

Each checker has a history it accepts, one it rejects, one it cannot judge.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import ENDPOINT, LOAD_BALANCERS, WORLD, Recorder, started, the_race

from gameday.checkers import (
    Checker,
    empty_endpoint,
    live_tree_deleted,
    plan_regression,
    unsafe_plan_applied,
)
from gameday.model.history import History, Outcome
from gameday.model.verdict import Validity
from gameday.model.world import World

OTHER = "dynamodb-fips.us-east-1.gameday.test"


@pytest.mark.parametrize(
    "check", [empty_endpoint.check, plan_regression.check, live_tree_deleted.check]
)
def test_race_as_built_is_rejected_and_fenced_is_accepted(check: Checker):
    assert check(the_race("as-built"), WORLD).validity is Validity.INVALID
    assert check(the_race("fenced"), WORLD).validity is Validity.VALID


@pytest.mark.parametrize(
    "check",
    [
        empty_endpoint.check,
        plan_regression.check,
        live_tree_deleted.check,
        unsafe_plan_applied.check,
    ],
)
def test_history_without_the_calls_in_question_is_unknown(check: Checker):
    recorder = Recorder()
    recorder.publish(110)
    assert check(recorder.history(), WORLD).validity is Validity.UNKNOWN
    assert check(History(()), World(endpoints=())).validity is Validity.UNKNOWN


def test_empty_endpoint_cites_the_deletion_and_the_first_empty_answer() -> None:
    history = the_race()
    finding = empty_endpoint.check(history, WORLD)
    assert finding.at_ns == 5_100_000_000
    cause, answer = (history.ops[index] for index in finding.ops[:2])
    assert (cause.actor, answer.via) == ("cleaner-az1", "resolver-az1")
    assert "for 4.0 s, until it was restored" in finding.summary
    assert "7 answers were NOERROR without records" in finding.summary


def test_empty_endpoint_believes_the_resolvers_alone() -> None:
    recorder = Recorder()
    recorder.at(10).resolve(answers=("127.0.10.1",))
    recorder.at(20).resolve(answers=())
    finding = empty_endpoint.check(recorder.history(), WORLD)
    assert (finding.validity, finding.at_ns) == (Validity.INVALID, 20_000_000)


def test_endpoint_that_was_never_provisioned_is_not_called_empty() -> None:
    recorder = Recorder()
    recorder.at(10).resolve(answers=())
    recorder.at(20).resolve(answers=())
    finding = empty_endpoint.check(recorder.history(), WORLD)
    assert finding.validity is Validity.UNKNOWN


def test_one_endpoint_that_cannot_be_judged_makes_the_region_unknown() -> None:
    world = World(endpoints=(ENDPOINT, OTHER))
    finding = plan_regression.check(the_race("fenced"), world)
    assert finding.validity is Validity.UNKNOWN
    assert OTHER in finding.summary


def test_one_broken_endpoint_outweighs_one_that_cannot_be_judged() -> None:
    world = World(endpoints=(OTHER, ENDPOINT))
    finding = plan_regression.check(the_race("as-built"), world)
    assert finding.validity is Validity.INVALID


def test_flip_whose_reply_was_lost_makes_an_untroubled_history_unknown() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2")
    recorder.at(1_010).build("enactor-az2", 110)
    before = recorder.zone()
    recorder.at(1_020).flip("enactor-az2", 110)
    recorder.zones[ENDPOINT] = before
    lost = replace(recorder.ops[-1], outcome=Outcome.INFO, response={}, status=None)
    recorder.ops[-1] = lost
    finding = plan_regression.check(recorder.history(), WORLD)
    assert finding.validity is Validity.UNKNOWN
    assert finding.ops == (lost.index,)


def test_operator_may_go_back_to_an_older_plan() -> None:
    recorder = started()
    recorder.at(1_000).enact("enactor-az1", 110)
    recorder.at(1_100).lock("operator")
    recorder.at(1_110).flip("operator", 109)
    finding = plan_regression.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID


def test_regression_names_who_and_from_which_plan_to_which() -> None:
    finding = plan_regression.check(the_race(), WORLD)
    assert finding.summary == (
        f"enactor-az3 flipped {ENDPOINT} from plan 145 back to plan 110 at 4.9 s"
    )


def test_deleting_the_tree_kept_for_rollback_breaks_the_property_too() -> None:
    recorder = started()
    recorder.at(1_000).enact("enactor-az1", 112)
    recorder.at(1_100).lock("cleaner-az1")
    recorder.at(1_110).delete_trees("cleaner-az1", applied=112, seen=recorder.zone())
    finding = live_tree_deleted.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "8 records of plan 109 at 1.1 s while it was kept for rollback" in (
        finding.summary
    )


def test_plan_that_halves_an_endpoint_is_unsafe() -> None:
    recorder = started()
    half = dict(list(LOAD_BALANCERS.items())[:2])
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_010).build("enactor-az1", 110, load_balancers=half)
    recorder.at(1_020).flip("enactor-az1", 110)
    finding = unsafe_plan_applied.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "2 of 4 load balancers" in finding.summary


def test_plan_that_its_author_forced_is_not_held_against_the_region() -> None:
    recorder = started()
    half = dict(list(LOAD_BALANCERS.items())[:2])
    recorder.at(900).publish(110, load_balancers=half, force=True)
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_010).build("enactor-az1", 110, load_balancers=half)
    recorder.at(1_020).flip("enactor-az1", 110)
    finding = unsafe_plan_applied.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID


def test_plan_that_takes_one_load_balancer_of_four_is_safe() -> None:
    recorder = started()
    fewer = dict(list(LOAD_BALANCERS.items())[:3])
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_010).build("enactor-az1", 110, load_balancers=fewer)
    recorder.at(1_020).flip("enactor-az1", 110)
    finding = unsafe_plan_applied.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID
