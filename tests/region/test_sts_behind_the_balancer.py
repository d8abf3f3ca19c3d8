"""STS fails with the load balancer in front of it, and is back with its capacity.

The health checkers, what chooses zones for DNS, the nodes and the customers are the
region's; the records and the reports are on the emulated AWS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from balancers import NAME, NODES, Balanced, listening, node, resolver, target
from service_stage import ServiceStage
from test_sts_and_sign_in import ASSUME, SIGNS_IN, open_sts

from gameday.aws.service_client import ServiceClient
from gameday.errors import ServiceUnavailable
from gameday.model.instance_address import instance_address
from gameday.model.levers import Levers
from gameday.model.zonal_failover import Failover
from gameday.region.balancing.customers import Visitor
from gameday.region.services.customer_wiring import in_second_region, way_to
from gameday.region.services.iam import IAM
from gameday.region.services.request_desk import request_queue
from gameday.region.services.sts import STS
from gameday.region.settings import ActorConfig
from gameday.region.settings import Balancer as BalancerEntry

ZONES = {"az1": (1, 2), "az2": (3, 4), "az3": (5, 6)}
ONE_ZONE = 4
"""Connections that the two instances of a zone carry."""


class Front:
    """Six instances in three zones, their checkers, and STS behind them."""

    def __init__(self, stage: ServiceStage, url: str, port: int) -> None:
        self.stage = stage
        self.balanced = Balanced(url)
        self.balanced.targets = {
            f"i-{n}": f"droplet-{n:04d}" for zone in ZONES.values() for n in zone
        }
        self.checkers = [
            self.balanced.checker(
                zone, is_own=lambda droplet, zone=zone: int(droplet[-4:]) in ZONES[zone]
            )
            for zone in ZONES
        ]
        self.balancing = self.balanced.balancing()
        turns = count()

        def look_up() -> tuple[str, ...]:
            weights = self.balanced.weights()
            in_dns = [NODES[zone] for zone, weight in weights.items() if weight]
            return (in_dns[next(turns) % len(in_dns)],) if in_dns else ()

        self.visitor = Visitor(look_up=look_up, port=port, tries_max=20, timeout_s=1.0)
        open_sts(stage)

    def rounds(self, many: int = 3) -> None:
        """Let everybody check so often, and what is in DNS follow."""
        self.balancing.turn()
        for _ in range(many):
            for checker in self.checkers:
                self.balanced.round(checker)
        self.balancing.turn()

    def customers(self, many: int) -> ExitStack:
        """Connect so many, who stay."""
        staying = ExitStack()
        for _ in range(many):
            connection = self.visitor.connect(Counter())
            assert connection is not None
            staying.enter_context(connection)
        return staying

    def way(self) -> ServiceClient:
        return self.stage.way_to(STS, reach=lambda: self.visitor.reach(STS))


@pytest.fixture
def front(stage: ServiceStage, moto_url: str) -> Iterator[Front]:
    with ExitStack() as stack:
        port = 0
        for number in (n for zone in ZONES.values() for n in zone):
            where = instance_address(f"droplet-{number:04d}")
            port = stack.enter_context(listening(where, port, f"i-{number}"))
        for zone, numbers in ZONES.items():
            stack.enter_context(node(NODES[zone], port, *map(target, numbers)))
        made = Front(stage, moto_url, port)
        yield made
        for each in made.balanced.clients:
            each.close()


def test_a_healthy_load_balancer_lets_sts_work_however_busy_it_is(front: Front):
    front.rounds()

    with front.customers(2 * ONE_ZONE):
        for _ in range(5):
            assert front.way().ask(ASSUME)["access_key"].startswith("ASIA")


def test_sts_fails_when_what_is_left_in_dns_is_full_and_is_back_with_the_rest(
    front: Front,
):
    front.balanced.dark = {"i-3", "i-4", "i-5", "i-6"}
    front.rounds()
    assert front.balanced.weights() == {"az1": 1, "az2": 0, "az3": 0}
    way = front.way()

    with front.customers(ONE_ZONE):
        with pytest.raises(
            ServiceUnavailable, match="nlb did not serve: no connection to sts"
        ):
            way.ask(ASSUME)

        # What the checkers say is as it was; operators stop what follows from it.
        front.balanced.levers.write(Levers(failover=Failover.OFF))
        front.rounds()
        assert way.ask(ASSUME)


def test_one_zone_is_enough_for_whoever_comes_alone(front: Front):
    front.balanced.dark = {"i-3", "i-4", "i-5", "i-6"}
    front.rounds()
    assert sum(front.balanced.weights().values()) == 1

    assert front.way().ask(ASSUME)


def test_one_zone_out_of_dns_leaves_enough_for_everybody(front: Front):
    front.balanced.dark = {"i-5", "i-6"}
    front.rounds()
    assert sum(front.balanced.weights().values()) == 2

    with front.customers(ONE_ZONE):
        assert front.way().ask(ASSUME)


def config_of(url: str, at: tuple[str, int], *, has_balancer: bool) -> ActorConfig:
    return ActorConfig(
        actor="customer",
        az="az1",
        aws_region="us-east-1",
        gateway_url=url,
        resolver=at,
        managed_port=80,
        endpoints=("dynamodb.us-east-1.gameday.test",),
        load_balancers=(),
        settings={"request_timeout_ms": 1, "request_poll_ms": 1},
        balancer=BalancerEntry(name=NAME, nodes=NODES) if has_balancer else None,
    )


def test_only_sts_of_a_region_with_a_load_balancer_is_behind_it(
    stage: ServiceStage, moto_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACUSTOMER00000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gameday")
    sqs = stage.client("sqs")

    with resolver() as nowhere:
        config = config_of(moto_url, nowhere, has_balancer=True)
        with pytest.raises(ServiceUnavailable, match="no connection to sts"):
            way_to(config, STS).ask(ASSUME)
        assert (
            sqs.list_queues(QueueNamePrefix=request_queue(STS)).get("QueueUrls") is None
        ), "who is not connected has not asked"

        without = config_of(moto_url, nowhere, has_balancer=False)
        for reached, service in (
            (config, IAM),
            (in_second_region(config), STS),
            (without, STS),
        ):
            with pytest.raises(ServiceUnavailable, match="no reply within 1 ms"):
                way_to(reached, service).ask(SIGNS_IN)
