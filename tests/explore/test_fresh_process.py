"""What a second process finds, that knows nothing of the search."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.aws.attempts import Reply
from gameday.explore.actor import HiddenNondeterminism
from gameday.explore.campaign import explore
from gameday.explore.equivalence import LookedUp, NotEquivalent, Repeats
from gameday.explore.exploration import Counterexample, Exploration
from gameday.explore.fresh_process import FreshProcessEnded, fresh_process
from gameday.explore.interleaving import Step
from gameday.explore.request import Request

LOST_UPDATE = f"{Path(__file__).parent / 'counter_problems.py'}:lost_update"

OTHER_IN_EVERY_PROCESS = """
import boto3

from gameday.explore import Actor, Problem

KEY = {"AttributeName": "id", "AttributeType": "S"}


def tables():
    return boto3.client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="AKIAWRITER0000000001",
        aws_secret_access_key="secret",
    )


def setup():
    tables().create_table(
        TableName="names",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[KEY],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def writes_its_hash():
    tables().put_item(TableName="names", Item={"id": {"S": str(hash("name"))}})


def problem():
    return Problem(setup=setup, actors=(Actor(name="writer", program=writes_its_hash),))
"""


def request(explored: str = LOST_UPDATE) -> Request:
    return Request(explored=explored, strategy="exhaustive", preemptions=2, seed=0)


def explored(asked: Request, repeats: Repeats | None) -> Exploration:
    problem = asked.problem()
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        eventually=problem.eventually,
        repeats=repeats,
    )


def replies(found: Counterexample) -> list[Reply | None]:
    return [step.reply for step in found.execution.steps]


def test_a_fresh_process_carries_out_the_same_counterexample():
    with fresh_process(request()) as fresh:
        there = explored(request(), fresh)
    here = explored(request(), None)

    assert there.repeated_in == "a fresh process"
    assert here.repeated_in == "the process that searched"
    assert there.counterexample is not None
    assert here.counterexample is not None
    assert there.counterexample.schedule == here.counterexample.schedule
    assert replies(there.counterexample) == replies(here.counterexample)
    contents = there.counterexample.execution.contents
    assert contents == here.counterexample.execution.contents


def test_other_contents_than_those_looked_up_confirm_nothing():
    nothing_happens = LookedUp(schedule=(), calls=(), contents={"dynamodb:x/y": "z"})

    with fresh_process(request()) as fresh:
        fresh.give(nothing_happens)
        with pytest.raises(NotEquivalent, match="dynamodb:"):
            fresh.finish()


def test_another_call_than_the_one_looked_up_is_hidden_nondeterminism():
    (actor, *_) = request().problem().actors
    step = LookedUp(schedule=(Step(actor=actor.name),), calls=("other",), contents={})

    with fresh_process(request()) as fresh:
        fresh.give(step)
        with pytest.raises(HiddenNondeterminism, match="step 1") as raised:
            fresh.finish()

    assert raised.value.actor == actor.name


def test_a_program_that_differs_between_processes_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "hashing.py"
    file.write_text(OTHER_IN_EVERY_PROCESS, encoding="utf-8")
    asked = request(f"{file}:problem")
    monkeypatch.setenv("PYTHONHASHSEED", "1")

    assert explored(asked, None).counterexample is None
    with (
        fresh_process(asked) as fresh,
        pytest.raises(HiddenNondeterminism, match="writer"),
    ):
        explored(asked, fresh)


def test_a_process_that_is_gone_confirms_nothing():
    with (
        fresh_process(request(f"{LOST_UPDATE}_not_there")) as gone,
        pytest.raises(FreshProcessEnded, match="ended with 1"),
    ):
        gone.finish()
