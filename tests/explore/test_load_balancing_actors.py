"""The load balancer's programs, stepped call by call: nothing hidden decides."""

from __future__ import annotations

from random import Random
from typing import Any

from gameday.aws.balancing_metrics import BalancingMetrics
from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.aws.zone_reports import ZONE_REPORTS_TABLE, ZoneReports
from gameday.aws.zones import Zones
from gameday.clock import SystemClock
from gameday.explore import Actor, Exploration, Moment, explore
from gameday.explore.strategies.random_walk import RandomWalk
from gameday.model.balancer_records import zone_weights
from gameday.model.health import Checker, Thresholds
from gameday.model.velocity import Velocity
from gameday.model.verdict import Validity
from gameday.model.zonal_failover import ZoneThresholds
from gameday.region.balancing.health_checker import CheckRules, HealthChecker
from gameday.region.balancing.load_balancing import LoadBalancing

URL = "http://127.0.0.1:4566"
NAME = "nlb.us-east-1.gameday.test"
VELOCITY = Velocity(window_ms=600_000, removed_percent_max=34, floor_percent=66)
NODES = {"az1": "127.0.40.1", "az2": "127.0.40.2", "az3": "127.0.40.3"}


class Silent:
    """CloudWatch, whose state an exploration cannot put back; nobody here reads it."""

    def put_metric_data(self, **_: Any) -> None:
        """Take it."""


class Programs:
    """One actor's clients, and the parts that are made of them."""

    def __init__(self, key: str) -> None:
        caller = Caller(access_key=key, endpoint_url=URL)
        self.clock = SystemClock()
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        dynamodb = client("dynamodb", caller)
        self.dynamodb = dynamodb
        self.reports = ZoneReports(dynamodb, policy)
        self.levers = LeverStore(dynamodb, policy)
        self.zones = Zones(client("route53", caller), policy)
        self.metrics = BalancingMetrics(Silent())

    def checker(self, zone: str, *, is_dark: bool) -> HealthChecker:
        return HealthChecker(
            zone=zone,
            targets=lambda: {f"i-{zone}": "droplet-0001"},
            is_own=lambda _: True,
            answers=lambda *_: not is_dark,
            checker=Checker(
                round_ms=500, checks_per_round=4, transition_checks=4, deadline_ms=500
            ),
            rules=CheckRules(thresholds=Thresholds(unhealthy=1, healthy=1)),
            reports=self.reports,
            levers=self.levers,
            metrics=self.metrics,
            clock=self.clock,
        )

    def balancing(self, velocity: Velocity | None) -> LoadBalancing:
        return LoadBalancing(
            name=NAME,
            nodes=NODES,
            zones=self.zones,
            reports=self.reports,
            levers=self.levers,
            thresholds=ZoneThresholds(),
            velocity=velocity,
            metrics=self.metrics,
            clock=self.clock,
        )


def set_up() -> None:
    made = Programs("AKIAOPERATOR00000001")
    for table, key in ((SWITCHES_TABLE, "name"), (ZONE_REPORTS_TABLE, "zone")):
        made.dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    made.zones.create(NAME, reference="set-up")
    made.balancing(None).turn()
    for zone in NODES:
        made.checker(zone, is_dark=False).turn()


def check_once(zone: str) -> None:
    Programs(f"AKIACHECKER00000{zone.upper()}0").checker(zone, is_dark=True).turn()


def balance(velocity: Velocity | None) -> None:
    program = Programs("AKIALOADBALANCING001").balancing(velocity)
    for _ in range(2):
        program.turn()


def weights(moment: Moment) -> dict[str, int]:
    zone = moment.zone(NAME)
    return zone_weights(NAME, zone.record_sets.values() if zone else ())


def keeps_two_zones(moment: Moment) -> bool | str:
    found = weights(moment)
    return len(found) < 3 or sum(found.values()) >= 2 or f"in DNS is only {found}"


def a_zone_left(moment: Moment) -> bool:
    return 0 in weights(moment).values()


def play(*, velocity: Velocity | None) -> Exploration:
    """Two zones go dark; two programs balance, as after a restart that went wrong."""
    return explore(
        setup=set_up,
        actors=[
            Actor(name="checker-az1", program=lambda: check_once("az1")),
            Actor(name="checker-az2", program=lambda: check_once("az2")),
            Actor(name="balancing", program=lambda: balance(velocity)),
            Actor(name="balancing-too", program=lambda: balance(velocity)),
        ],
        always=[keeps_two_zones],
        sometimes=[a_zone_left],
        strategies=lambda _space, _dependence: [RandomWalk(seed=1, executions_max=25)],
    )


def test_two_programs_that_balance_at_once_never_take_out_more_than_they_may():
    found = play(velocity=VELOCITY)
    assert found.counterexample is None
    assert found.validity is not Validity.INVALID


def test_without_a_limit_the_second_zone_goes_too():
    found = play(velocity=None)
    assert found.counterexample is not None
    assert "in DNS is only" in str(found.counterexample.broken)
