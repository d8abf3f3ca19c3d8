"""What becomes of a fleet whose instances the load balancer's checkers check?

The launch path, the checkers and their reports are the region's, on the emulated AWS;
an instance that is `dark` has no network yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from balancers import CHECKER, Balanced, target
from droplet_hosts import FLEET
from test_launches import Region

from gameday.aws.functions import FUNCTIONS_TABLE
from gameday.aws.instances import Instances
from gameday.aws.network_table import NetworkTable
from gameday.model.levers import Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.network_change import (
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    NetworkChange,
)
from gameday.model.zonal_failover import Failover
from gameday.model.zone_report import ZoneReport
from gameday.region.balancing.wiring import wire_health_checker
from gameday.region.services.fleet import HealthCheck, ServiceFleet, that_are_reported
from gameday.region.services.function_wiring import (
    wire_function_fleet,
    wire_invocations,
)
from gameday.region.services.invocations import FUNCTION_FLEET
from gameday.region.settings import ActorConfig, Balancer

WANTED = 4
DROPLETS = tuple(f"droplet-{n:04d}" for n in range(1, WANTED + 1))
KEEPS_UP = replace(CHECKER, checks_per_round=WANTED + 2, transition_checks=8)
"""It has two checks to spare in a round, and a change of state costs eight."""
THROTTLED = mitigations(FLEET)[Mitigation.THROTTLE].levers


class FleetRegion(Region):
    """Four instances of a service, and the checker of the zone that they are in."""

    def __init__(self, url: str) -> None:
        super().__init__(url, instances_max=WANTED)
        self.balanced = Balanced(url)
        self.clients += self.balanced.clients
        self.checker = self.balanced.checker(checker=KEEPS_UP)
        self.fleet = ServiceFleet(
            desk=self.desk,
            wanted=WANTED,
            check=HealthCheck(
                failing=that_are_reported(self.balanced.reports),
                failures_max=1,
                grace_ms=0,
                clock=self.clock,
            ),
            prepare=self.instances.prepare,
        )

    def turn(self) -> list[str]:
        """Let the fleet take a turn while every droplet is leased."""
        self.known(*DROPLETS)
        self.fleet.turn()
        return self.running()

    def running(self) -> list[str]:
        return sorted(self.instances.running().values())

    def check(self, rounds: int) -> None:
        for _ in range(rounds):
            running = self.instances.running()
            self.balanced.targets = {each: d for d, each in running.items()}
            self.balanced.round(self.checker)


@pytest.fixture
def region(moto_url: str) -> Iterator[FleetRegion]:
    made = FleetRegion(moto_url)
    yield made
    for each in made.clients:
        each.close()


def test_what_passes_its_checks_is_never_ended(region: FleetRegion):
    begun = region.turn()
    assert len(begun) == WANTED

    for _ in range(4):
        region.check(rounds=4)
        assert region.turn() == begun


def test_what_nobody_reports_is_not_ended(region: FleetRegion):
    begun = region.turn()
    assert region.turn() == begun


def test_an_instance_that_leaves_service_is_ended_and_launched_again(
    region: FleetRegion,
):
    begun = region.turn()
    region.balanced.dark = {begun[0]}
    region.check(rounds=2)

    running = region.turn()
    assert len(running) == WANTED
    assert set(begun) - set(running) == {begun[0]}


def test_a_fleet_that_asks_twice_outlasts_one_bad_report(region: FleetRegion):
    region.fleet._check._failures_max = 2
    begun = region.turn()
    region.balanced.dark = {begun[0]}
    region.check(rounds=2)
    assert region.turn() == begun

    region.balanced.dark = set()
    region.check(rounds=8)
    assert region.turn() == begun


def test_a_new_instance_may_wait_for_its_network(region: FleetRegion):
    region.fleet._check._grace_ms = 10_000
    begun = region.turn()
    region.turn()
    region.balanced.dark = {begun[0]}
    region.check(rounds=2)
    assert region.turn() == begun

    region.clock.sleep_ms(10_000)
    assert begun[0] not in region.turn()


def test_checkers_that_are_behind_end_instances_that_nothing_is_wrong_with(
    region: FleetRegion,
):
    """Two instances without network are enough to have all four of them ended."""
    begun = region.turn()
    region.balanced.dark = set(begun[:2])
    region.check(rounds=8)
    assert region.balanced.in_service() == []

    region.levers.write(THROTTLED)
    running = region.turn()
    assert not set(running) & set(begun)
    assert len(running) < WANTED, "what was ended is not launched again"


def test_the_fleet_is_as_it_was_once_launches_work_and_checkers_have_caught_up(
    region: FleetRegion,
):
    begun = region.turn()
    region.balanced.dark = set(begun[:2])
    region.check(rounds=8)
    region.levers.write(THROTTLED)
    assert len(region.turn()) < WANTED

    # The network has caught up and launches work; changes of state cost nothing.
    region.levers.write(Levers(failover=Failover.OFF))
    region.turn()
    region.check(rounds=20)
    begun = region.turn()
    assert len(begun) == WANTED
    region.check(rounds=20)
    assert region.turn() == begun


def config_of(url: str, *, has_balancer: bool = True, **settings: int) -> ActorConfig:
    nodes = {"az1": "127.0.40.1"}
    return ActorConfig(
        actor="checker",
        az="az1",
        aws_region="us-east-1",
        gateway_url=url,
        resolver=("127.0.0.1", 53),
        managed_port=80,
        endpoints=("dynamodb.us-east-1.gameday.test",),
        load_balancers=(),
        settings=settings,
        balancer=Balancer(name="nlb", nodes=nodes) if has_balancer else None,
    )


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACHECKER000000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gameday")


@pytest.mark.usefixtures("caller")
@pytest.mark.parametrize("by_balancer", [0, 1])
def test_lambdas_instances_are_targets_where_the_checkers_check_them(
    region: FleetRegion, moto_url: str, by_balancer: int
):
    fleets = {"customers": region.instances}
    for fleet in (FUNCTION_FLEET, "containers"):
        fleets[fleet] = Instances(
            ec2=region.ec2,
            dynamodb=region.dynamodb,
            policy=region.policy,
            fleet=fleet,
        )
        fleets[fleet].prepare()
    launched = {
        fleet: instances.launch(droplet)
        for droplet, (fleet, instances) in zip(DROPLETS, fleets.items(), strict=False)
    }

    config = config_of(moto_url, fleet_checked_by_balancer=by_balancer)
    checker, _ = wire_health_checker(config, answers=lambda *_: True)
    checker.turn()

    report = region.balanced.reports.of("az1")
    assert report is not None
    expected = {launched["customers"]}
    if by_balancer:
        expected.add(launched[FUNCTION_FLEET])
    assert {each.instance for each in report.targets} == expected


@pytest.mark.usefixtures("caller")
@pytest.mark.parametrize("has_network", [0, 1])
def test_an_instance_without_network_carries_out_no_invocations(
    region: FleetRegion, moto_url: str, has_network: int
):
    for table, key in (
        (FUNCTIONS_TABLE, "function"),
        (NETWORK_TABLE, "name"),
        (INSTANCE_NETWORK_TABLE, "instance"),
    ):
        region.dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    functions = Instances(
        ec2=region.ec2,
        dynamodb=region.dynamodb,
        policy=region.policy,
        fleet=FUNCTION_FLEET,
    )
    functions.prepare()
    reached, _ = [functions.launch(droplet) for droplet in DROPLETS[:2]]
    network = NetworkTable(region.dynamodb, region.policy)
    change = NetworkChange(
        kind=ChangeKind.LAUNCHED, instance=reached, droplet=DROPLETS[0]
    )
    network.tell(change, version=1)
    row = network.instance(reached)
    assert row is not None
    network.confirm(row)
    network.acknowledge(1)

    config = config_of(moto_url, launches_tell_network=has_network)
    service, _ = wire_invocations(config)

    assert service._instances() == (1 if has_network else 2)


@pytest.mark.usefixtures("caller")
def test_the_fleet_of_functions_goes_by_what_is_reported(
    region: FleetRegion, moto_url: str
):
    region.balanced.reports.write(
        ZoneReport(zone="az1", targets=(target(1), target(2, in_service=False)))
    )
    config = config_of(
        moto_url, fleet_checked_by_balancer=1, fleet_check_failures_max=1
    )
    fleet, _ = wire_function_fleet(config)

    running = {DROPLETS[0]: "i-1", DROPLETS[1]: "i-2", DROPLETS[2]: "i-3"}
    assert fleet._check.ill(running) == [DROPLETS[1]]


@pytest.mark.usefixtures("caller")
def test_without_a_load_balancer_its_checkers_check_nothing(moto_url: str):
    config = config_of(moto_url, fleet_checked_by_balancer=1, has_balancer=False)
    with pytest.raises(ValueError, match="fleet_checked_by_balancer is set"):
        wire_function_fleet(config)
