"""The network manager and the network, in every order of their calls.

The explorer can put back tables and not queues, so the changes wait in a table here:
the oldest first, and visible to everybody until it is deleted, which is as often as a
queue may deliver anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from small_programs import client

from gameday.aws.network_table import NetworkTable
from gameday.aws.queues import Message
from gameday.aws.retries import CallPolicy
from gameday.clock import SystemClock
from gameday.explore import Actor, Exploration, Faults, explore
from gameday.explore.properties import Moment
from gameday.model.network_change import (
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    NetworkChange,
)
from gameday.model.verdict import Validity
from gameday.region.network.instance_host import InstanceHost
from gameday.region.network.network_manager import NetworkManager
from gameday.region.turns import run_turns

WAITING = "waiting-changes"
REST_MS = 10


class Waiting:
    """Changes in a table, as the network manager takes them from a queue."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def receive(self, *, at_most: int) -> tuple[Message, ...]:
        items = self._dynamodb.scan(TableName=WAITING)["Items"]
        found = sorted((item["place"]["S"], item["body"]["S"]) for item in items)
        return tuple(
            Message(body=body, receipt=place, sent_at_ms=0, receives=1)
            for place, body in found[:at_most]
        )

    def delete(self, messages: tuple[Message, ...]) -> None:
        for message in messages:
            key = {"place": {"S": message.receipt}}
            self._dynamodb.delete_item(TableName=WAITING, Key=key)


class Unseen:
    """Doors that always open and are nobody's business."""

    def open(self, address: str, instance: str) -> bool:
        return bool(address and instance)

    def close(self, address: str) -> None:
        pass


def clock_and_table() -> tuple[SystemClock, Any, NetworkTable]:
    clock, dynamodb = SystemClock(), client("dynamodb")
    policy = CallPolicy(clock=clock, random=Random(0), attempts_max=1)
    return clock, dynamodb, NetworkTable(dynamodb, policy)


def manage() -> None:
    clock, dynamodb, table = clock_and_table()
    manager = NetworkManager(
        changes=Waiting(dynamodb),  # type: ignore[arg-type]
        table=table,
        change_ms=lambda _: 0,
        clock=clock,
    )
    run_turns(manager.turn, clock=clock, rest_ms=REST_MS)


def confirm() -> None:
    clock, _, table = clock_and_table()
    host = InstanceHost(table=table, doors=Unseen())
    run_turns(host.turn, clock=clock, rest_ms=REST_MS)


def waiting(*kinds: ChangeKind) -> Callable[[], None]:
    """Return a set-up in which these changes of one instance wait."""

    def set_up() -> None:
        dynamodb = client("dynamodb")
        keys = {
            WAITING: "place",
            NETWORK_TABLE: "name",
            INSTANCE_NETWORK_TABLE: "instance",
        }
        for table, key in keys.items():
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        for place, kind in enumerate(kinds):
            change = NetworkChange(kind=kind, instance="i-1", droplet="droplet-0001")
            item = {"place": {"S": str(place)}, "body": {"S": change.render()}}
            dynamodb.put_item(TableName=WAITING, Item=item)

    return set_up


def propagated(moment: Moment) -> int:
    items = [json.loads(text) for text in moment.items(NETWORK_TABLE)]
    return max((int(item["version"]["N"]) for item in items), default=0)


def nothing_is_acknowledged_unconfirmed(moment: Moment) -> bool:
    rows = [json.loads(text) for text in moment.items(INSTANCE_NETWORK_TABLE)]
    return all(
        row["confirmed"]["BOOL"] or int(row["version"]["N"]) > propagated(moment)
        for row in rows
    )


def explored(
    *kinds: ChangeKind, managers: int = 1, faults: Faults | None = None
) -> Exploration:
    def all_are_propagated_once(moment: Moment) -> bool:
        return propagated(moment) == len(kinds) and not moment.items(WAITING)

    def one_was_acknowledged(moment: Moment) -> bool:
        return propagated(moment) > 0

    names = ("manager-a", "manager-b")[:managers]
    return explore(
        setup=waiting(*kinds),
        actors=(
            *(Actor(name=name, program=manage, forever=True) for name in names),
            Actor(name="network", program=confirm, forever=True),
        ),
        always=(nothing_is_acknowledged_unconfirmed,),
        eventually=(all_are_propagated_once,),
        sometimes=(one_was_acknowledged,),
        faults=faults or Faults(tick_ms=60_000),
    )


def test_one_manager_propagates_a_launch_and_its_end():
    found = explored(ChangeKind.LAUNCHED, ChangeKind.TERMINATED)

    assert found.validity is Validity.VALID, (found.reasons, found.counterexample)


def test_two_managers_propagate_a_launch_once_in_every_order():
    found = explored(ChangeKind.LAUNCHED, managers=2)

    assert found.validity is Validity.VALID, (found.reasons, found.counterexample)


def test_a_lost_reply_anywhere_neither_skips_a_change_nor_numbers_it_twice():
    found = explored(ChangeKind.LAUNCHED, faults=Faults(lost_replies=1, tick_ms=60_000))

    assert found.validity is Validity.VALID, (found.reasons, found.counterexample)


def test_a_manager_that_acknowledges_without_a_confirmation_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
):
    finish = NetworkManager._finish

    def hasty(self: NetworkManager, in_hand: Any) -> bool:
        self._table.acknowledge(in_hand.version)
        return finish(self, in_hand)

    monkeypatch.setattr(NetworkManager, "_finish", hasty)
    found = explored(ChangeKind.LAUNCHED)

    assert found.counterexample is not None
    broken = found.counterexample.broken.name
    assert broken == "nothing_is_acknowledged_unconfirmed"
