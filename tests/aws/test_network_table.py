"""What the network is told and says, and who may say it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from gameday.aws.network_table import NetworkTable
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.model.network_change import (
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    InstanceNetwork,
    NetworkChange,
    parse_change,
)

LAUNCH = NetworkChange(kind=ChangeKind.LAUNCHED, instance="i-1", droplet="droplet-0001")
END = NetworkChange(kind=ChangeKind.TERMINATED, instance="i-1", droplet="droplet-0001")


@pytest.fixture
def table(moto_url: str) -> Iterator[NetworkTable]:
    dynamodb = client(
        "dynamodb", Caller(access_key="AKIANETWORKMANAGER01", endpoint_url=moto_url)
    )
    for name, key in ((NETWORK_TABLE, "name"), (INSTANCE_NETWORK_TABLE, "instance")):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    yield NetworkTable(dynamodb, CallPolicy(clock=ManualClock(), random=Random(0)))
    dynamodb.close()


def test_an_instance_has_network_once_its_launch_is_acknowledged(table: NetworkTable):
    table.tell(LAUNCH, version=1)
    assert table.with_network() == {}

    assert table.acknowledge(1)
    assert list(table.with_network()) == ["i-1"]

    table.tell(END, version=2)
    assert table.with_network() == {}


def test_the_number_moves_by_one_and_only_once(table: NetworkTable):
    assert table.propagated() == 0
    assert [table.acknowledge(version) for version in (2, 1, 1, 2)] == [
        False,
        True,
        False,
        True,
    ]
    assert table.propagated() == 2


def test_who_is_late_takes_nothing_back(table: NetworkTable):
    table.tell(END, version=2)
    table.tell(LAUNCH, version=1)
    told = table.instance("i-1")
    assert told is not None
    assert told.kind is ChangeKind.TERMINATED

    stale = InstanceNetwork(
        instance="i-1", droplet="droplet-0001", version=1, kind=ChangeKind.LAUNCHED
    )
    table.confirm(stale)
    assert [row.is_confirmed for row in table.instances()] == [False]
    table.confirm(told)
    assert [row.is_confirmed for row in table.instances()] == [True]


def test_what_is_forgotten_is_gone(table: NetworkTable):
    table.tell(LAUNCH, version=1)
    table.forget("i-1")
    table.forget("i-1")
    assert table.instance("i-1") is None


def test_a_change_is_told_once_and_none_after_the_end():
    row = InstanceNetwork(
        instance="i-1", droplet="droplet-0001", version=1, kind=ChangeKind.LAUNCHED
    )
    ended = InstanceNetwork(
        instance="i-1", droplet="droplet-0001", version=2, kind=ChangeKind.TERMINATED
    )
    assert LAUNCH.is_new_after(None)
    assert not LAUNCH.is_new_after(row)
    assert END.is_new_after(row)
    assert not END.is_new_after(ended)
    assert not LAUNCH.is_new_after(ended)


def test_a_change_travels_as_text():
    assert parse_change(END.render()) == END
    for body in ("", "{}", "[]", '{"kind": "moved", "instance": "i", "droplet": "d"}'):
        with pytest.raises(ValueError, match="no network change"):
            parse_change(body)
