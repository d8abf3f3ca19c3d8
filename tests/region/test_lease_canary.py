"""When does a customer of the droplet workflow managers notice that leases are lost?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from droplet_hosts import create_lease_table

from gameday.aws.leases import LeaseTable
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.errors import ServiceUnavailable
from gameday.model.lease import Lease
from gameday.region.droplets.lease_canary import LeaseCanary

TTL_MS = 8_000
DROPLETS = [f"droplet-{n}" for n in range(10)]


class Leases:
    """Ten leases, whoever keeps them, and the canary that watches."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(now_ms=1_000_000)
        self.dynamodb = client(
            "dynamodb", Caller(access_key="AKIACANARY0000000001", endpoint_url=url)
        )
        create_lease_table(self.dynamodb)
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.table = LeaseTable(self.dynamodb, policy)
        self.canary = LeaseCanary(
            service="dwfm",
            table=self.table,
            lease_ttl_ms=TTL_MS,
            kept_share_least=0.9,
            clock=self.clock,
        )
        self.version = 0

    def renew(self, droplets: list[str]) -> None:
        self.version += 1
        for droplet in droplets:
            # The writer's clock is far behind; its expiry means nothing here.
            self.table.write(
                Lease(
                    droplet=droplet,
                    holder="host",
                    version=self.version,
                    expires_at_ms=1,
                )
            )


@pytest.fixture
def leases(moto_url: str) -> Iterator[Leases]:
    made = Leases(moto_url)
    yield made
    made.dynamodb.close()


def test_a_fleet_without_a_lease_is_no_service(leases: Leases):
    with pytest.raises(ServiceUnavailable, match="dwfm did not serve: 0 of 0 leases"):
        leases.canary.ask()


def test_leases_that_go_on_being_renewed_are_kept(leases: Leases):
    for _ in range(5):
        leases.renew(DROPLETS)
        leases.canary.ask()
        leases.clock.sleep_ms(TTL_MS / 2)


def test_a_version_that_stood_for_a_whole_lease_is_lost(leases: Leases):
    leases.renew(DROPLETS)
    leases.canary.ask()
    leases.clock.sleep_ms(TTL_MS - 1)
    leases.canary.ask()

    leases.clock.sleep_ms(1)
    with pytest.raises(ServiceUnavailable, match="0 of 10 leases are kept"):
        leases.canary.ask()


def test_one_lost_lease_in_ten_is_tolerated_and_two_are_not(leases: Leases):
    leases.renew(DROPLETS)
    leases.canary.ask()
    leases.clock.sleep_ms(TTL_MS)
    leases.renew(DROPLETS[1:])
    leases.canary.ask()

    leases.clock.sleep_ms(TTL_MS)
    leases.renew(DROPLETS[2:])
    with pytest.raises(ServiceUnavailable, match="8 of 10 leases are kept"):
        leases.canary.ask()
