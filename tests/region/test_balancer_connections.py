"""Customers, a node and instances with real connections between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Any

import pytest
from balancers import Balanced, listening, node, target

from gameday.aws.balancing_metrics import BalancingMetrics
from gameday.errors import ServiceUnavailable
from gameday.model.instance_address import instance_address
from gameday.model.zonal_failover import ZoneThresholds
from gameday.model.zone_report import ZoneReport
from gameday.region.balancing.customers import Crowd, Visitor
from gameday.region.balancing.node import BalancerNode, Route

NODES = ("127.0.40.1", "127.0.40.2")


@pytest.fixture
def crowded() -> Iterator[Any]:
    """Two zones of two instances each, so eight connections at once."""
    with ExitStack() as stack:
        port = stack.enter_context(
            listening(instance_address("droplet-0001"), 0, "i-1")
        )
        for number in (2, 3, 4):
            where = instance_address(f"droplet-{number:04d}")
            stack.enter_context(listening(where, port, f"i-{number}"))
        stack.enter_context(node(NODES[0], port, target(1), target(2)))
        stack.enter_context(node(NODES[1], port, target(3), target(4)))

        def crowd(
            size: int,
            *,
            in_dns: tuple[str, ...] = NODES,
            stay: Callable[[], None] = lambda: None,
        ) -> Crowd:
            answers = cycle(in_dns)
            visitor = Visitor(
                look_up=lambda: (next(answers),),
                port=port,
                tries_max=20,
                timeout_s=1.0,
            )
            metrics = BalancingMetrics(Silent())
            return Crowd(
                service="nlb",
                visitor=visitor,
                size=size,
                stay=stay,
                metrics=metrics,
            )

        yield crowd


class Silent:
    def put_metric_data(self, **_: Any) -> None: ...


def test_everybody_is_served_while_what_is_in_dns_carries_them(crowded: Any):
    for _ in range(3):
        crowded(8).visit()


def test_with_one_zone_out_of_dns_exactly_what_it_carried_is_lost(crowded: Any):
    crowded(4, in_dns=NODES[:1]).visit()
    with pytest.raises(ServiceUnavailable, match="4 of 8 connections were lost"):
        crowded(8, in_dns=NODES[:1]).visit()
    crowded(8).visit()


def test_customers_who_stay_leave_others_what_they_do_not_need(crowded: Any):
    def somebody_comes() -> None:
        with pytest.raises(ServiceUnavailable, match="1 of 5 connections were lost"):
            crowded(5).visit()

    crowded(4, stay=somebody_comes).visit()


def test_an_empty_answer_loses_everybody(crowded: Any):
    empty = crowded(2)
    nowhere = Visitor(look_up=lambda: (), port=1, tries_max=3, timeout_s=0.1)
    empty._visitor = nowhere
    with pytest.raises(ServiceUnavailable, match="2 of 2"):
        empty.visit()


def test_an_instance_without_network_costs_a_try_and_no_more():
    with ExitStack() as stack:
        port = stack.enter_context(
            listening(instance_address("droplet-0001"), 0, "i-1")
        )
        stack.enter_context(node(NODES[0], port, target(1), target(2)))
        visitor = Visitor(
            look_up=lambda: NODES[:1], port=port, tries_max=9, timeout_s=1.0
        )
        crowd = Crowd(
            service="nlb",
            visitor=visitor,
            size=2,
            stay=lambda: None,
            metrics=BalancingMetrics(Silent()),
        )
        crowd.visit()


def test_a_node_goes_by_its_zones_report_and_fails_open(moto_url: str):
    balanced = Balanced(moto_url)
    route = Route(connections_max=1)
    program = BalancerNode(
        zone="az1", reports=balanced.reports, route=route, thresholds=ZoneThresholds()
    )
    program.turn()
    assert route.take() is None

    for in_service, expected in ((True, ["i-2"]), (False, ["i-1", "i-2"])):
        targets = (target(1, in_service=False), target(2, in_service=in_service))
        balanced.reports.write(ZoneReport(zone="az1", targets=targets))
        program.turn()
        taken = []
        while (chosen := route.take()) is not None:
            taken.append(chosen)
        assert sorted(each.instance for each in taken) == expected
        for each in taken:
            route.give_back(each)
    for each in balanced.clients:
        each.close()
