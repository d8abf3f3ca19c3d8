from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from gameday.aws.leases import LEASES_TABLE, LeaseTable
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.errors import LeaseLost
from gameday.model.backoff import Backoff
from gameday.model.lease import Lease, share_kept
from gameday.region.lease_manager import LeaseManager

DROPLETS = ("droplet-1", "droplet-2")
TTL_MS = 1000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_ms=1_000_000)


@pytest.fixture
def table(moto_url: str, clock: ManualClock) -> Iterator[LeaseTable]:
    dynamodb = client(
        "dynamodb", Caller(access_key="AKIALEASEMANAGER0001", endpoint_url=moto_url)
    )
    dynamodb.create_table(
        TableName=LEASES_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "droplet", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "droplet", "KeyType": "HASH"}],
    )
    yield LeaseTable(dynamodb, CallPolicy(clock=clock, random=Random(0)))
    dynamodb.close()


def manager(table: LeaseTable, clock: ManualClock, name: str = "m1") -> LeaseManager:
    return LeaseManager(
        name=name,
        table=table,
        droplets=DROPLETS,
        ttl_ms=TTL_MS,
        backoff=Backoff(first_ms=100, last_ms=400),
        clock=clock,
        random=Random(name),
    )


def test_every_droplet_is_leased_and_renewed_at_half_time(
    table: LeaseTable, clock: ManualClock
):
    keeper = manager(table, clock)
    assert [keeper.renew(droplet) for droplet in keeper.due()] == [True, True]
    assert keeper.due() == []

    clock.sleep_ms(TTL_MS // 2)
    assert [keeper.renew(droplet) for droplet in keeper.due()] == [True, True]

    leases = table.all()
    assert [lease.version for lease in leases] == [2, 2]
    assert share_kept(leases, now_ms=clock.now_ms()) == 1.0


def test_a_lease_of_another_manager_is_left_alone_until_it_has_stood_still(
    table: LeaseTable, clock: ManualClock
):
    first, other = manager(table, clock, "m1"), manager(table, clock, "m2")
    first.renew("droplet-1")
    assert not other.renew("droplet-1")

    clock.sleep_ms(TTL_MS // 2)
    first.renew("droplet-1")
    assert not other.renew("droplet-1")
    clock.sleep_ms(TTL_MS - 1)
    assert not other.renew("droplet-1")

    clock.sleep_ms(1)
    assert other.renew("droplet-1")
    assert [lease.holder for lease in table.all()] == ["m2"]


@pytest.mark.parametrize("ahead_ms", [-10 * TTL_MS, 10 * TTL_MS])
def test_a_wrong_clock_neither_robs_a_holder_nor_waits_for_ever(
    table: LeaseTable, clock: ManualClock, ahead_ms: int
):
    wrong = ManualClock(now_ms=clock.now_ms() + ahead_ms)
    manager(table, clock, "m1").renew("droplet-1")
    other = manager(table, wrong, "m2")
    other.load()

    assert "droplet-1" in other.due()
    assert not other.renew("droplet-1")
    wrong.sleep_ms(TTL_MS)
    assert "droplet-1" in other.due()
    assert other.renew("droplet-1")


def test_an_ousted_holder_finds_out_when_it_renews(
    table: LeaseTable, clock: ManualClock
):
    first, second = manager(table, clock, "m1"), manager(table, clock, "m2")
    first.renew("droplet-1")
    second.renew("droplet-1")
    clock.sleep_ms(TTL_MS)
    second.renew("droplet-1")

    assert not first.renew("droplet-1")
    assert [lease.holder for lease in table.all()] == ["m2"]


def test_a_failed_renewal_is_tried_again_after_a_pause(
    table: LeaseTable, clock: ManualClock
):
    manager(table, clock, "m2").renew("droplet-1")
    keeper = manager(table, clock, "m1")
    keeper.load()
    keeper.renew("droplet-1")

    assert "droplet-1" not in keeper.due()
    clock.sleep_ms(100)
    assert "droplet-1" in keeper.due()


def test_a_write_over_another_version_is_a_lost_lease(
    table: LeaseTable, clock: ManualClock
):
    manager(table, clock).renew("droplet-1")
    stale = Lease(
        droplet="droplet-1", holder="m9", version=7, expires_at_ms=clock.now_ms()
    )

    with pytest.raises(LeaseLost, match="droplet-1"):
        table.write(stale)
