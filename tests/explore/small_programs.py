"""Small boto3 programs made from lists of calls, and spaces of them, for tests.

A program is a list of calls; a call that read something can say what follows when it
found something and what follows when it found nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from gameday.aws.attempts import ANSWERER, answered_here
from gameday.aws.loading import models_loaded_once
from gameday.aws.recall import recalled
from gameday.emulators.in_process import InProcessEmulator
from gameday.explore import Actor, Faults
from gameday.explore.space import Space
from gameday.explore.surrounding import surrounded
from gameday.explore.world import World

TABLE = "things"
ZONE = "small.test."
_ZONE_IDS: dict[str, str] = {}
"""Ids by name, as the set-up was told; the same each time."""


@dataclass(frozen=True)
class Call:
    """One call, and what comes only after it found something, or nothing.

    `what` is the name of a function below, `names` are items or record sets.
    """

    what: str
    names: tuple[str, ...] = ()
    found: tuple[Call, ...] = ()
    missing: tuple[Call, ...] = ()


def put(*names: str) -> tuple[Call, ...]:
    return tuple(Call("put", (name,)) for name in names)


def get(*names: str) -> tuple[Call, ...]:
    return tuple(Call("get", (name,)) for name in names)


def actor(name: str, *calls: Call) -> Actor:
    waits = any(call.what == "wait" for call in calls)
    return Actor(name=name, program=lambda: _run(_Clients(name), calls), forever=waits)


def actors(*programs: tuple[Call, ...]) -> list[Actor]:
    return [actor(f"actor-{n}", *calls) for n, calls in enumerate(programs, start=1)]


def client(service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="AKIASMALL00000000001",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
    )


def set_up() -> None:
    """Make an empty table of one partition, and an empty zone."""
    client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "name", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "name", "KeyType": "RANGE"},
        ],
    )
    made = client("route53").create_hosted_zone(Name=ZONE, CallerReference="one")
    _ZONE_IDS[ZONE] = made["HostedZone"]["Id"].rpartition("/")[2]


class _Clients:
    """The calls that a program can make; each returns whether it found something."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._made: dict[str, Any] = {}

    def put(self, name: str) -> bool:
        self._dynamodb.put_item(TableName=TABLE, Item=self._item(name))
        return True

    def put_new(self, name: str) -> bool:
        """Put on condition that nobody did before."""
        try:
            self._dynamodb.put_item(
                TableName=TABLE,
                Item=self._item(name),
                ConditionExpression="attribute_not_exists(kind)",
            )
        except ClientError:
            return True
        return False

    def delete(self, name: str) -> bool:
        self._dynamodb.delete_item(TableName=TABLE, Key=_key(name))
        return True

    def get(self, name: str) -> bool:
        return "Item" in self._dynamodb.get_item(TableName=TABLE, Key=_key(name))

    def wait(self, name: str) -> bool:
        """Look again and again until an item is there."""
        while not self.get(name):
            time.sleep(5)
        return True

    def query(self) -> bool:
        return bool(
            self._dynamodb.query(
                TableName=TABLE,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": "thing"}},
            )["Items"]
        )

    def get_batch(self, *names: str) -> bool:
        keys = [_key(name) for name in names]
        answer = self._dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys}})
        return bool(answer["Responses"][TABLE])

    def put_batch(self, *names: str) -> bool:
        puts = [{"PutRequest": {"Item": self._item(name)}} for name in names]
        self._dynamodb.batch_write_item(RequestItems={TABLE: puts})
        return True

    def put_if(self, wanted: str, name: str) -> bool:
        """Put in a transaction that another item must be there for."""
        check = {
            "TableName": TABLE,
            "Key": _key(wanted),
            "ConditionExpression": "attribute_exists(kind)",
        }
        put = {"TableName": TABLE, "Item": self._item(name)}
        try:
            self._dynamodb.transact_write_items(
                TransactItems=[{"ConditionCheck": check}, {"Put": put}]
            )
        except ClientError:
            return False
        return True

    def upsert(self, *names: str) -> bool:
        """Upsert record sets in one batch."""
        return self._change("UPSERT", names)

    def create(self, *names: str) -> bool:
        """Create record sets in one batch, which is refused if one is there."""
        return not self._change("CREATE", names)

    def list_first(self, name: str) -> bool:
        """List one record set from a name on; the reply tells whether one follows."""
        answer = self._route53.list_resource_record_sets(
            HostedZoneId=_ZONE_IDS[ZONE],
            StartRecordName=f"{name}.{ZONE}",
            MaxItems="1",
        )
        return bool(answer["IsTruncated"])

    def _change(self, action: str, names: tuple[str, ...]) -> bool:
        changes = [
            {
                "Action": action,
                "ResourceRecordSet": {
                    "Name": f"{name}.{ZONE}",
                    "Type": "TXT",
                    "TTL": 60,
                    "ResourceRecords": [{"Value": f'"{self._owner}"'}],
                },
            }
            for name in names
        ]
        try:
            self._route53.change_resource_record_sets(
                HostedZoneId=_ZONE_IDS[ZONE], ChangeBatch={"Changes": changes}
            )
        except ClientError:
            return False
        return True

    def _item(self, name: str) -> dict[str, Any]:
        return {**_key(name), "by": {"S": self._owner}}

    @property
    def _dynamodb(self) -> Any:
        return self._client("dynamodb")

    @property
    def _route53(self) -> Any:
        return self._client("route53")

    def _client(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = client(service)
        return self._made[service]


def _key(name: str) -> dict[str, Any]:
    return {"kind": {"S": "thing"}, "name": {"S": name}}


def _run(clients: _Clients, calls: tuple[Call, ...]) -> None:
    for call in calls:
        found = getattr(clients, call.what)(*call.names)
        _run(clients, call.found if found else call.missing)


@contextmanager
def world_of(setup: Any) -> Iterator[World]:
    """Yield AWS in process, as some set-up leaves it."""
    emulator = InProcessEmulator()

    def prepare() -> None:
        ANSWERER.set(emulator)
        setup()

    with answered_here(), surrounded(), models_loaded_once(), recalled():
        copy_context().run(prepare)
        yield World(emulator)


@contextmanager
def space_of(setup: Any, actors: Any, faults: Faults | None = None) -> Iterator[Space]:
    """Yield the space of some programs, with AWS in process."""
    with world_of(setup) as world:
        space = Space(actors, world, faults=faults)
        try:
            yield space
        finally:
            space.memory.close()
