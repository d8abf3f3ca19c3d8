"""A call whose reply never came has happened, and its repetition meets what it did."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from counter_programs import KEY, TABLE, setup

from gameday.explore import (
    Actor,
    Exploration,
    Faults,
    Moment,
    Step,
    StepKind,
    explore,
)
from gameday.explore.search import Ending, Search
from gameday.model.verdict import Validity

MARK = {"name": {"S": "mark"}}


def unretried() -> Any:
    """Return a client that hands every lost reply to its caller."""
    return boto3.client(
        "dynamodb",
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="AKIACOUNTER000000001",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
        config=Config(retries={"total_max_attempts": 1}),
    )


def mark_once_or_again() -> None:
    """Read; write what must not exist, again after a lost reply; say how it went."""
    client = unretried()
    with contextlib.suppress(ReadTimeoutError):
        client.get_item(TableName=TABLE, Key=KEY)
    lost, outcome = 0, ""
    while not outcome:
        try:
            client.put_item(
                TableName=TABLE,
                Item=MARK,
                ConditionExpression="attribute_not_exists(#n)",
                ExpressionAttributeNames={"#n": "name"},
            )
        except ReadTimeoutError:
            lost += 1
        except ClientError as error:
            outcome = error.response["Error"]["Code"]
        else:
            outcome = "written"
    item = {"name": {"S": "outcome"}, "seen": {"S": f"{lost} lost, {outcome}"}}
    with contextlib.suppress(ReadTimeoutError):
        client.put_item(TableName=TABLE, Item=item)


def explored(forbidden: str, **asked: Any) -> Exploration:
    def never_seen(moment: Moment) -> str | None:
        said = [item for item in moment.items(TABLE) if forbidden in item]
        return said[0] if said else None

    return explore(
        setup=setup,
        actors=[Actor(name="marker", program=mark_once_or_again)],
        always=[never_seen],
        **asked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesThisWay:
    """One execution and no other: what an earlier one taught cannot help it."""

    kinds: tuple[StepKind, ...]
    name: str = "this way"

    def explore(self, search: Search) -> Ending:
        state, way = search.space.initial, []
        for kind in self.kinds:
            way.append(search.space.choice_of(Step(actor="marker", kind=kind)))
            state = search.step(state, way[-1])
        return Ending(
            exhausted=True,
            choices=tuple(way) if search.broken else None,
            broken=search.broken,
            least=True,
        )


@pytest.mark.parametrize("lost_replies", [1, 2])
def test_a_write_repeated_after_its_reply_was_lost_is_refused(lost_replies):
    lost = (StepKind.LOSE_REPLY,) * lost_replies
    way = GoesThisWay(kinds=(StepKind.GO, *lost, StepKind.GO, StepKind.GO))

    found = explored(
        f"{lost_replies} lost, ConditionalCheckFailedException",
        faults=Faults(lost_replies=lost_replies),
        strategies=lambda _space, _dependence: [way],
    )

    assert found.counterexample is not None
    steps = found.counterexample.execution.steps
    operations = [done.call.operation for done in steps if done.call]
    assert operations == ["GetItem", *["PutItem"] * (lost_replies + 2)]


def test_a_write_repeated_after_its_reply_was_lost_is_never_written_twice():
    found = explored("1 lost, written", faults=Faults(lost_replies=1))

    assert found.validity is Validity.VALID
