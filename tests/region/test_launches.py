"""When is an instance launched, and with which of EC2's codes is it refused?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from droplet_hosts import FLEET, Way, create_lease_table

from gameday.aws.instances import PLACEMENTS_TABLE, Instances
from gameday.aws.leases import LeaseTable
from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.errors import LaunchRefused
from gameday.model.launch import LeaseWatch
from gameday.model.lease import Lease
from gameday.model.levers import AS_BUILT
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.token_bucket import TokenBucket
from gameday.region.launches import LAUNCHED, LaunchDesk

TTL_MS = 8_000
DROPLETS = ("droplet-1", "droplet-2", "droplet-3")


class Region:
    """A launch desk, the leases that somebody keeps, and the clock of both."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(now_ms=1_000_000)
        self.way = Way()
        caller = Caller(access_key="AKIALAUNCHDESK000001", endpoint_url=url)
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.clients = [client(s, caller) for s in ("ec2", "dynamodb", "cloudwatch")]
        self.ec2, self.dynamodb, cloudwatch = self.clients
        create_lease_table(self.dynamodb)
        for table, key in ((PLACEMENTS_TABLE, "droplet"), (SWITCHES_TABLE, "name")):
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        managed = client("dynamodb", caller)
        managed.meta.events.register("before-send", self.way.guard)
        self.clients.append(managed)
        self.leases = LeaseTable(self.dynamodb, policy)
        self.levers = LeverStore(self.dynamodb, policy)
        self.instances = Instances(ec2=self.ec2, dynamodb=self.dynamodb, policy=policy)
        self.instances.prepare()
        self.versions = 0
        self.desk = LaunchDesk(
            instances=self.instances,
            leases=LeaseTable(managed, policy),
            levers=self.levers,
            watch=LeaseWatch(ttl_ms=TTL_MS, margin_ms=1_000),
            limit=TokenBucket(per_s=0.5, now_ms=1_000_000),
            instances_max=2,
            cloudwatch=cloudwatch,
            clock=self.clock,
        )

    def renew(self, *droplets: str) -> None:
        self.versions += 1
        for droplet in droplets:
            self.leases.write(
                Lease(
                    droplet=droplet,
                    holder="host",
                    version=self.versions,
                    expires_at_ms=self.clock.now_ms() + TTL_MS,
                )
            )

    def ask(self) -> str:
        self.clock.sleep_ms(1_000)
        return self.desk.ask()

    def known(self, *droplets: str) -> None:
        """Let the desk see these leases being renewed, without launching."""
        for _ in range(2):
            self.renew(*droplets)
            self.desk._look(self.clock.monotonic_ns() // 1_000_000)
            self.clock.sleep_ms(500)

    def states(self) -> list[str]:
        reply: Any = self.ec2.describe_instances()
        return sorted(
            instance["State"]["Name"]
            for reservation in reply["Reservations"]
            for instance in reservation["Instances"]
        )


@pytest.fixture
def region(moto_url: str) -> Iterator[Region]:
    made = Region(moto_url)
    yield made
    for each in made.clients:
        each.close()


def test_without_a_lease_an_idle_fleet_is_insufficient_capacity(region: Region):
    assert region.ask() == "InsufficientInstanceCapacity"
    region.renew(*DROPLETS)
    # Seen once: whoever wrote it may be long gone.
    assert region.ask() == "InsufficientInstanceCapacity"
    assert region.states() == []


def test_an_instance_is_launched_on_a_droplet_that_is_leased_and_free(region: Region):
    region.known("droplet-2")
    assert region.ask() == LAUNCHED
    assert list(region.instances.running()) == ["droplet-2"]
    assert region.ask() == "InsufficientInstanceCapacity"


def test_leases_run_out_and_running_instances_stay(region: Region):
    region.known(*DROPLETS)
    assert region.ask() == LAUNCHED
    region.way.is_cut = True
    assert region.ask() == LAUNCHED

    region.clock.sleep_ms(TTL_MS)
    assert region.ask() == "InsufficientInstanceCapacity"
    assert region.states() == ["running", "running"]


def test_the_oldest_instance_makes_room(region: Region):
    for _ in range(5):
        region.known(*DROPLETS)
        assert region.ask() == LAUNCHED
    assert region.states() == ["running"] * 3 + ["terminated"] * 2


def test_the_operators_throttle_refuses_what_is_over_it(region: Region):
    region.levers.write(mitigations(FLEET)[Mitigation.THROTTLE].levers)
    region.known(*DROPLETS)
    assert [region.ask() for _ in range(4)].count("RequestLimitExceeded") == 2

    region.levers.write(AS_BUILT)
    region.known(*DROPLETS)
    assert region.ask() != "RequestLimitExceeded"


def test_a_droplet_that_is_claimed_is_not_launched_on(region: Region):
    region.known("droplet-1")
    assert region.instances.claim("droplet-1")
    assert not region.instances.claim("droplet-1")
    with pytest.raises(LaunchRefused, match="InsufficientInstanceCapacity"):
        region.desk.launch()


def test_a_launch_that_ec2_refuses_gives_the_droplet_back(
    region: Region, monkeypatch: pytest.MonkeyPatch
):
    region.known("droplet-1")

    def refuse(**_: Any) -> None:
        raise region.ec2.exceptions.ClientError({"Error": {"Code": "No"}}, "R")

    monkeypatch.setattr(region.ec2, "run_instances", refuse)
    assert region.ask() == "Unavailable"
    assert region.instances.claim("droplet-1")
