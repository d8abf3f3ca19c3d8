"""Levers that an operator leaves are what a host reads."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.model.lever_document import LEVERS_NAME
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.work_queue import Order, QueueRule

LIFO = Levers(queue=QueueRule(order=Order.LIFO))


@pytest.fixture
def dynamodb(moto_url: str) -> Iterator[Any]:
    made = client(
        "dynamodb", Caller(access_key="AKIAOPERATOR00000001", endpoint_url=moto_url)
    )
    made.create_table(
        TableName=SWITCHES_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )
    yield made
    made.close()


@pytest.fixture
def store(dynamodb: Any) -> LeverStore:
    return LeverStore(dynamodb, CallPolicy(clock=ManualClock(), random=Random(0)))


def test_levers_that_nobody_set_are_as_built(store: LeverStore):
    assert store.read() == AS_BUILT


def test_what_was_set_last_holds(store: LeverStore):
    store.write(LIFO)
    assert store.read() == LIFO
    store.write(AS_BUILT)
    assert store.read() == AS_BUILT


def test_what_somebody_else_wrote_and_means_nothing_is_refused(
    store: LeverStore, dynamodb: Any
):
    dynamodb.put_item(
        TableName=SWITCHES_TABLE,
        Item={"name": {"S": LEVERS_NAME}, "document": {"S": '{"order": "liffo"}'}},
    )
    with pytest.raises(ValueError, match="did you mean 'lifo'"):
        store.read()
