"""How are the programs of the load balancer put together?

As in `wiring.py`, whose clients they take. All of them reach AWS by the gateway; only
customers resolve the load balancer's name, and nothing here needs what it watches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gameday.aws.balancing_metrics import BalancingMetrics
from gameday.aws.instances import Instances
from gameday.aws.lever_store import LeverStore
from gameday.aws.network_table import NetworkTable
from gameday.aws.resolving import query
from gameday.aws.zone_reports import ZoneReports
from gameday.aws.zones import Zones
from gameday.model.instance_address import instance_address
from gameday.region.balancing.customers import BALANCER_SERVICE, Crowd, Visitor
from gameday.region.balancing.health_checker import HealthChecker
from gameday.region.balancing.load_balancing import LoadBalancing
from gameday.region.balancing.node import BalancerNode, NodeServer, Route
from gameday.region.balancing.settings import (
    built_in_velocity,
    check_rules,
    checker,
    targets_watched,
    zone_thresholds,
)
from gameday.region.monitoring.service_canary import ServiceCanary
from gameday.region.network.instance_connection import instance_answers
from gameday.region.services.invocations import FUNCTION_FLEET
from gameday.region.wiring import clock_and_policy, gateway_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig, Balancer

__all__ = [
    "wire_customers",
    "wire_health_checker",
    "wire_load_balancing",
    "wire_node",
    "wire_reach",
]

_NUMBER = re.compile(r"\d+")


def wire_health_checker(
    config: ActorConfig,
    *,
    answers: Callable[[str, str], bool] | None = None,
) -> tuple[HealthChecker, Clock]:
    """Return the health checker of a zone, and its clock.

    Args:
        config: of the actor.
        answers: connects to an instance on a droplet; None for a real connection.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    dynamodb = gateway_client("dynamodb", config)
    instances = Instances(
        ec2=gateway_client("ec2", config), dynamodb=dynamodb, policy=policy
    )
    network = NetworkTable(dynamodb, policy)
    rules = check_rules(config.settings)
    first, last = targets_watched(config.settings)
    awaits_network = bool(config.integer("targets_await_network"))
    others = [FUNCTION_FLEET] if config.integer("fleet_checked_by_balancer") else []

    def is_own(droplet: str) -> bool:
        return first <= int(_NUMBER.findall(droplet)[-1]) <= last

    def targets() -> dict[str, str]:
        running = {instance: d for d, instance in instances.running(*others).items()}
        reachable = network.with_network() if awaits_network else running
        return {
            instance: droplet
            for instance, droplet in running.items()
            if instance in reachable and (rules.voters > 1 or is_own(droplet))
        }

    program = HealthChecker(
        zone=config.az,
        targets=targets,
        is_own=is_own,
        answers=answers or _connects(config),
        checker=checker(config.settings),
        rules=rules,
        reports=ZoneReports(dynamodb, policy),
        levers=LeverStore(dynamodb, policy),
        metrics=BalancingMetrics(gateway_client("cloudwatch", config)),
        clock=clock,
    )
    return program, clock


def wire_load_balancing(config: ActorConfig) -> tuple[LoadBalancing, Clock]:
    """Return what keeps the load balancer's zones in DNS, and its clock."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    dynamodb = gateway_client("dynamodb", config)
    program = LoadBalancing(
        name=_balancer(config).name,
        nodes=_balancer(config).nodes,
        zones=Zones(gateway_client("route53", config), policy),
        reports=ZoneReports(dynamodb, policy),
        levers=LeverStore(dynamodb, policy),
        thresholds=zone_thresholds(config.settings),
        velocity=built_in_velocity(config.settings),
        metrics=BalancingMetrics(gateway_client("cloudwatch", config)),
        clock=clock,
    )
    return program, clock


def wire_node(config: ActorConfig) -> tuple[BalancerNode, NodeServer, Clock]:
    """Return a zone's node, its listener, and its clock."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    route = Route(connections_max=config.integer("target_connections_max"))
    node = BalancerNode(
        zone=config.az,
        reports=ZoneReports(gateway_client("dynamodb", config), policy),
        route=route,
        thresholds=zone_thresholds(config.settings),
    )
    server = NodeServer(
        (_balancer(config).nodes[config.az], config.managed_port),
        route=route,
        target_port=config.managed_port,
    )
    return node, server, clock


def wire_customers(config: ActorConfig) -> tuple[ServiceCanary, Clock]:
    """Return the canary of the load balancer's customers, and its clock."""
    clock, _ = clock_and_policy(config)
    cloudwatch = gateway_client("cloudwatch", config)
    stay_ms = config.setting("customers_stay_ms")
    crowd = Crowd(
        service=BALANCER_SERVICE,
        visitor=_visitor(config),
        size=config.integer("customers"),
        stay=lambda: clock.sleep_ms(stay_ms),
        metrics=BalancingMetrics(cloudwatch),
    )
    canary = ServiceCanary(
        service=BALANCER_SERVICE, ask=crowd.visit, cloudwatch=cloudwatch
    )
    return canary, clock


def wire_reach(config: ActorConfig, whom: str) -> Callable[[], None]:
    """Return what connects to somebody through the region's load balancer.

    It raises ServiceUnavailable when there is no connection. In a region without a load
    balancer nothing is in between.

    Args:
        config: of the actor that connects.
        whom: who is behind the load balancer.
    """
    if config.balancer is None:
        return lambda: None
    visitor = _visitor(config)
    return lambda: visitor.reach(whom)


def _visitor(config: ActorConfig) -> Visitor:
    name = _balancer(config).name
    return Visitor(
        look_up=lambda: query(name, "A", config.resolver).addresses,
        port=config.managed_port,
        tries_max=config.integer("customer_tries_max"),
        timeout_s=config.setting("customer_timeout_ms") / 1000,
    )


def _connects(config: ActorConfig) -> Callable[[str, str], bool]:
    timeout_s = config.setting("checker_timeout_ms") / 1000

    def answers(instance: str, droplet: str) -> bool:
        return instance_answers(
            instance,
            address=instance_address(droplet),
            port=config.managed_port,
            timeout_s=timeout_s,
        )

    return answers


def _balancer(config: ActorConfig) -> Balancer:
    if config.balancer is None:
        raise ValueError(f"{config.actor} is in a region without a load balancer")
    return config.balancer
