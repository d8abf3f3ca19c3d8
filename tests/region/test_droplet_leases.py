"""The lease client's semantics: whose lease is it, and from when does it count?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from droplet_hosts import FLEET, Host, create_lease_table

from gameday.clock import ManualClock
from gameday.model.droplet_workflow import Work
from gameday.model.lease import Answer
from gameday.region.droplets.leases import DropletLeases

ONE = replace(FLEET, droplets=1)
LEASE_MS = ONE.lease_ms


@pytest.fixture
def host(moto_url: str) -> Iterator[Host]:
    made = Host(url=moto_url, fleet=ONE)
    create_lease_table(made.dynamodb)
    yield made
    made.close()


@pytest.fixture
def other(host: Host) -> Iterator[Host]:
    """Another host, on a clock that is an hour behind."""
    made = Host(
        url=host.url,
        name="host-2",
        fleet=ONE,
        clock=ManualClock(now_ms=host.clock.now_ms() - 3_600_000),
    )
    yield made
    made.close()


def work(leases: DropletLeases, *, establishing: bool = True) -> Work:
    now_ms = leases.now_ms()
    return Work(0, 1, establishing, now_ms, now_ms + ONE.timeout_ms)


def attempt(leases: DropletLeases, *, establishing: bool = True) -> Answer:
    return leases.attempt(work(leases, establishing=establishing))


def test_a_lease_counts_from_before_the_attempt(host: Host):
    began_ms = host.clock.now_ms()
    assert attempt(host.leases()) is Answer.WRITTEN

    assert host.clock.now_ms() > began_ms
    (lease,) = host.table.all()
    assert lease.expires_at_ms == began_ms + LEASE_MS


def test_what_was_given_up_is_not_written_though_its_time_was_spent(host: Host):
    leases, began_ms = host.leases(), host.clock.now_ms()
    leases.attempt(work(leases)._replace(deadline_ms=leases.now_ms()))

    assert host.clock.now_ms() > began_ms
    assert host.table.all() == ()


def test_a_lease_that_another_host_renews_is_not_stolen_whatever_its_clock_says(
    host: Host, other: Host
):
    mine, theirs = host.leases(), other.leases()
    for _ in range(3):
        assert attempt(theirs) is Answer.WRITTEN
        # By our clock, what the other wrote ran out an hour ago.
        assert attempt(mine) is Answer.LOST
        host.clock.sleep_ms(LEASE_MS * 2)


def test_a_lease_is_stolen_when_its_version_has_stood_for_a_whole_lease(
    host: Host, other: Host
):
    mine, theirs = host.leases(), other.leases()
    attempt(theirs)
    assert attempt(mine) is Answer.LOST
    host.clock.sleep_ms(LEASE_MS // 2)
    assert attempt(mine) is Answer.LOST
    host.clock.sleep_ms(LEASE_MS // 2)
    assert attempt(mine) is Answer.WRITTEN

    assert attempt(theirs, establishing=False) is Answer.LOST
    assert [lease.holder for lease in host.table.all()] == ["host-1"]


def test_a_host_knows_the_leases_of_its_earlier_life_and_no_others(
    host: Host, other: Host
):
    attempt(host.leases())
    host.clock.sleep_ms(LEASE_MS // 2)

    again = host.leases()
    left_ms = [until_ms - again.now_ms() for until_ms in again.load() or ()]
    assert 0 < left_ms[0] < LEASE_MS // 2
    assert again.was_ever_held()

    stranger = other.leases()
    assert stranger.load() == [0]
    assert not stranger.was_ever_held()


def test_a_way_that_is_cut_is_told_from_a_service_that_cannot_serve(
    host: Host, monkeypatch: pytest.MonkeyPatch
):
    leases = host.leases()
    host.way.is_cut = True
    assert attempt(leases) is Answer.UNREACHABLE

    host.way.is_cut = False
    assert attempt(leases) is Answer.WRITTEN

    def unavailable(**_: object) -> None:
        raise ClientError(
            {
                "Error": {"Code": "ServiceUnavailable"},
                "ResponseMetadata": {"HTTPStatusCode": 503},  # type: ignore[typeddict-item]
            },
            "PutItem",
        )

    monkeypatch.setattr(host.dynamodb, "put_item", unavailable)
    monkeypatch.setattr(host.dynamodb, "get_item", unavailable)
    assert attempt(leases, establishing=False) is Answer.UNAVAILABLE
