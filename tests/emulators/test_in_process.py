"""The corrected emulator inside this process: read, put back, ask again."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import boto3
import pytest

from gameday.aws.attempts import ANSWERER, answered_here
from gameday.emulators.in_process import SERVICES, InProcessEmulator

ALL = frozenset(SERVICES)


def client(service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="AKIAINPROCESS0000001",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
    )


def write(items: int, records: int) -> None:
    table, zones = client("dynamodb"), client("route53")
    for number in range(items):
        table.put_item(TableName="things", Item={"id": {"S": str(number)}})
    zone = zones.list_hosted_zones()["HostedZones"][0]["Id"]
    for number in range(records):
        record = {
            "Name": f"r{number}.x.test.",
            "Type": "A",
            "TTL": 1,
            "ResourceRecords": [{"Value": "127.0.10.1"}],
        }
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        zones.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": changes}
        )


@pytest.fixture
def emulator() -> Iterator[InProcessEmulator]:
    """An emulator with one table and one zone."""
    made = InProcessEmulator()

    def fill() -> None:
        ANSWERER.set(made)
        client("dynamodb").create_table(
            TableName="things",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        client("route53").create_hosted_zone(Name="x.test.", CallerReference="1")

    with answered_here():
        copy_context().run(fill)
        made.contents(all_of=ALL)
        yield made


def run(emulator: InProcessEmulator, *written: int) -> None:
    def inside() -> None:
        ANSWERER.set(emulator)
        write(*written)

    copy_context().run(inside)


def test_what_was_read_can_be_put_back(emulator):
    before = dict(emulator.contents())
    run(emulator, 2, 2)
    after = dict(emulator.contents())

    emulator.load(before)
    assert emulator.contents(all_of=ALL).keys() == before.keys()
    emulator.load(after)
    assert dict(emulator.contents()) == after
    assert len(after) == len(before) + 4


def test_one_request_on_one_state_has_one_reply(emulator):
    before = dict(emulator.contents())
    run(emulator, 1, 1)
    first = dict(emulator.contents())
    emulator.load(before)
    run(emulator, 1, 1)

    assert dict(emulator.contents()) == first


def test_a_reply_does_not_tell_in_which_order_attributes_came(emulator):
    within = {"L": [{"M": {"z": {"S": "1"}, "a": {"S": "2"}}}]}
    item = {"z": within, "id": {"S": "1"}, "a": {"M": {"z": within, "a": within}}}
    seen = []

    def put_and_get() -> None:
        ANSWERER.set(emulator)
        client("dynamodb").put_item(TableName="things", Item=item)
        held = emulator.contents()
        seen.append(get())
        emulator.load({name: held[name] for name in held if "things" not in name})
        emulator.load(held)
        seen.append(get())

    def get() -> str:
        found = client("dynamodb").get_item(TableName="things", Key={"id": {"S": "1"}})
        return repr(found["Item"])

    copy_context().run(put_and_get)

    assert seen[0] == seen[1]


def test_tables_that_came_later_go_when_the_state_before_is_put_back(emulator):
    before = dict(emulator.contents(all_of=ALL))

    def delete() -> None:
        ANSWERER.set(emulator)
        client("dynamodb").delete_table(TableName="things")

    copy_context().run(delete)
    assert emulator.keys_of("us-east-1", "things") is None
    emulator.contents(all_of=ALL)
    emulator.load(before)
    assert emulator.keys_of("us-east-1", "things") == ("id",)
