"""A load balancer over real boto3 and the embedded moto, on a clock that tests move.

Whether an instance answers is for the test to say; `listening` opens real listeners
that say an instance's name, as the network does, and `node` a real node before them.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import dns.message
import dns.rrset

from gameday.aws.balancing_metrics import BalancingMetrics
from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.aws.zone_reports import ZONE_REPORTS_TABLE, ZoneReports
from gameday.aws.zones import Zones
from gameday.clock import ManualClock
from gameday.model.balancer_records import zone_weights
from gameday.model.health import Checker, Thresholds
from gameday.model.velocity import Velocity
from gameday.model.zonal_failover import ZoneThresholds
from gameday.model.zone_report import TargetReport
from gameday.region.balancing.health_checker import CheckRules, HealthChecker
from gameday.region.balancing.load_balancing import LoadBalancing
from gameday.region.balancing.node import NodeServer, Route

NAME = "nlb.us-east-1.gameday.test"
NODES = {"az1": "127.0.40.1", "az2": "127.0.40.2", "az3": "127.0.40.3"}
AS_BUILT = CheckRules(thresholds=Thresholds(unhealthy=2, healthy=1))
CHECKER = Checker(
    round_ms=500, checks_per_round=4, transition_checks=4, deadline_ms=500
)
VELOCITY = Velocity(window_ms=10_000, removed_percent_max=34, floor_percent=66)


def create_tables(dynamodb: Any) -> None:
    for table, key in ((SWITCHES_TABLE, "name"), (ZONE_REPORTS_TABLE, "zone")):
        with suppress(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )


class Balanced:
    """A region's load balancer; `targets` are instances by droplet, in every zone."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(now_ms=1_000_000)
        self.dark: set[str] = set()
        self.targets: dict[str, str] = {}
        caller = Caller(access_key="AKIABALANCING0000001", endpoint_url=url)
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        names = ("dynamodb", "route53", "cloudwatch")
        self.clients = [client(name, caller) for name in names]
        dynamodb, route53, self.cloudwatch = self.clients
        create_tables(dynamodb)
        self.zones = Zones(route53, policy)
        self.zones.create(NAME, reference="balanced")
        self.reports = ZoneReports(dynamodb, policy)
        self.levers = LeverStore(dynamodb, policy)

    def checker(
        self,
        zone: str = "az1",
        *,
        checker: Checker = CHECKER,
        rules: CheckRules = AS_BUILT,
        is_own: Callable[[str], bool] = lambda _: True,
        answers: Callable[[str, str], bool] | None = None,
    ) -> HealthChecker:
        return HealthChecker(
            zone=zone,
            targets=lambda: {
                instance: droplet
                for instance, droplet in self.targets.items()
                if rules.voters > 1 or is_own(droplet)
            },
            is_own=is_own,
            answers=answers or (lambda instance, _: instance not in self.dark),
            checker=checker,
            rules=rules,
            reports=self.reports,
            levers=self.levers,
            metrics=BalancingMetrics(self.cloudwatch),
            clock=self.clock,
        )

    def balancing(
        self,
        velocity: Velocity | None = None,
        *,
        thresholds: ZoneThresholds | None = None,
    ) -> LoadBalancing:
        return LoadBalancing(
            name=NAME,
            nodes=NODES,
            zones=self.zones,
            reports=self.reports,
            levers=self.levers,
            thresholds=thresholds or ZoneThresholds(),
            velocity=velocity,
            metrics=BalancingMetrics(self.cloudwatch),
            clock=self.clock,
        )

    def round(self, checker: HealthChecker, rounds: int = 1) -> None:
        for _ in range(rounds):
            checker.turn()
            self.clock.sleep_ms(CHECKER.round_ms)

    def in_service(self, zone: str = "az1") -> list[str]:
        report = self.reports.of(zone)
        assert report is not None
        return [each.instance for each in report.targets if each.in_service]

    def weights(self) -> Mapping[str, int]:
        return zone_weights(NAME, self.zones.record_sets(NAME))


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """Serve on a thread until the block ends; yields the port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def listening(address: str, port: int, instance: str) -> Iterator[int]:
    """Say the instance's name to everybody who connects; yields the port."""

    class Says(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(f"{instance}\n".encode())
            self.request.recv(1)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server((address, port), Says) as server, serving(server) as port_taken:
        yield port_taken


def target(number: int, *, in_service: bool = True) -> TargetReport:
    return TargetReport(
        instance=f"i-{number}", droplet=f"droplet-{number:04d}", in_service=in_service
    )


@contextmanager
def node(address: str, port: int, *targets: TargetReport) -> Iterator[int]:
    """Run a node in front of targets that carry two connections each."""
    route = Route(connections_max=2)
    route.set(targets)
    server = NodeServer((address, port), route=route, target_port=port)
    with server, serving(server) as port_taken:
        yield port_taken


@contextmanager
def resolver(*addresses: str) -> Iterator[tuple[str, int]]:
    """Answer every question for an address with these; yields where."""

    class Answers(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked, udp = self.request
            response = dns.message.make_response(dns.message.from_wire(asked))
            if addresses:
                (question,) = response.question
                response.answer.append(
                    dns.rrset.from_text(question.name, 0, "IN", "A", *addresses)
                )
            udp.sendto(response.to_wire(), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield "127.0.0.1", server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
