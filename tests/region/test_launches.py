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
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.network_change import NetworkChange
from gameday.model.token_bucket import TokenBucket
from gameday.region.droplets.launches import LAUNCHED, LaunchDesk
from gameday.region.network.instance_owners import InstanceOwners

TTL_MS = 8_000
DROPLETS = ("droplet-1", "droplet-2", "droplet-3")


class Region:
    """A launch desk, the leases that somebody keeps, and the clock of both."""

    def __init__(self, url: str, *, instances_max: int = 2) -> None:
        self.clock = ManualClock(now_ms=1_000_000)
        self.way = Way()
        caller = Caller(access_key="AKIALAUNCHDESK000001", endpoint_url=url)
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.policy = policy
        # The first call of EC2 loads moto's catalogue of images and types.
        self.clients = [
            client(service, caller, read_timeout_s=60)
            for service in ("ec2", "dynamodb", "cloudwatch")
        ]
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
            instances_max=instances_max,
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


class Told:
    """What the network manager was told, and whether it can be."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []
        self.is_cut = False
        self.is_full = False
        self.operators_max: list[int | None] = []

    def put(self, change: NetworkChange) -> bool:
        if not self.is_cut:
            self.changes.append((change.kind, change.droplet))
        return not self.is_cut

    def flush(self) -> bool:
        return not self.is_cut

    def raise_if_full(self, *, operators_max: int | None) -> None:
        self.operators_max.append(operators_max)
        if self.is_full:
            raise LaunchRefused("RequestLimitExceeded", "9 network changes wait")


@pytest.fixture
def told(region: Region) -> Told:
    made = Told()
    region.desk._network = made  # type: ignore[assignment]
    return made


def retire_all(region: Region) -> None:
    for droplet, instance in region.desk.staying().items():
        region.desk.retire(droplet, instance)


def test_terminations_wait_for_the_leases_and_come_all_at_once(
    region: Region, told: Told
):
    region.known(*DROPLETS)
    assert [region.ask(), region.ask()] == [LAUNCHED, LAUNCHED]
    region.way.is_cut = True
    region.clock.sleep_ms(TTL_MS)
    retire_all(region)
    assert region.ask() == "InsufficientInstanceCapacity"
    assert region.states() == ["running", "running"]
    assert [kind for kind, _ in told.changes] == ["launched", "launched"]

    region.way.is_cut = False
    region.known(*DROPLETS)
    assert region.ask() == LAUNCHED
    assert [kind for kind, _ in told.changes[2:]] == [
        "terminated",
        "terminated",
        "launched",
    ]
    assert region.states() == ["running", "terminated", "terminated"]


def test_a_droplet_is_free_once_the_network_was_told(region: Region, told: Told):
    region.known("droplet-1")
    assert region.ask() == LAUNCHED
    retire_all(region)
    told.is_cut = True
    assert region.ask() == "InsufficientInstanceCapacity"

    told.is_cut = False
    assert region.ask() == LAUNCHED
    assert [kind for kind, _ in told.changes] == ["launched", "terminated", "launched"]


def test_a_long_queue_refuses_launches_and_no_termination(region: Region, told: Told):
    region.known(*DROPLETS)
    assert region.ask() == LAUNCHED
    retire_all(region)
    told.is_full = True
    assert region.ask() == "RequestLimitExceeded"
    assert [kind for kind, _ in told.changes] == ["launched", "terminated"]


def test_a_launch_is_admitted_by_the_bound_that_operators_have_set_last(
    region: Region, told: Told
):
    region.known(*DROPLETS)
    region.ask()
    region.levers.write(Levers(network_backlog_max=2))
    region.ask()
    region.levers.write(AS_BUILT)
    region.ask()
    assert told.operators_max == [None, 2, None]


def test_a_launch_path_that_died_after_a_launch_tells_the_network_again(
    region: Region, told: Told
):
    region.known("droplet-1")
    told.is_cut = True
    assert region.ask() == LAUNCHED
    assert told.changes == []

    told.is_cut = False
    region.desk.tell_again()
    assert told.changes == [("launched", "droplet-1")]


def test_owners_replace_the_oldest_and_launch_what_is_missing(region: Region):
    owners = InstanceOwners(
        desk=region.desk,
        ask=lambda: region.ask() == LAUNCHED,
        wanted=2,
        kept=1,
        at_once=3,
    )
    region.known(*DROPLETS)
    owners.turn()
    first = region.desk.staying()
    assert len(first) == 2

    region.renew(*DROPLETS)
    owners.turn()
    second = region.desk.staying()
    assert len(second) == 2
    assert len(set(second.values()) - set(first.values())) == 1


def test_owners_keep_a_few_and_stop_asking_when_they_are_refused(region: Region):
    asked: list[int] = []
    owners = InstanceOwners(
        desk=region.desk,
        ask=lambda: bool(asked.append(1)),
        wanted=9,
        kept=1,
        at_once=3,
    )
    region.known(*DROPLETS)
    assert [region.ask(), region.ask()] == [LAUNCHED, LAUNCHED]
    for _ in range(3):
        owners.turn()
    assert len(asked) == 3
    assert len(region.desk.staying()) == 1
