"""Real boto3 clients that find a load balancer by a real resolver."""

from __future__ import annotations

import asyncio
import random
import socket
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from dns_lab import (
    APEX,
    ENDPOINT,
    Clock,
    LoopThread,
    Recorded,
    alias,
    plan_tree,
    record,
    version,
    zone,
)
from urllib3.exceptions import NameResolutionError, NewConnectionError

from gameday.aws.resolving import NO_REPLY, Answer, query, resolve_through
from gameday.edge.dns import DnsEdge
from gameday.edge.dns_upstream import Upstream
from gameday.edge.load_balancer import LoadBalancers
from gameday.edge.resolver import Resolver

CALLER = {
    "region_name": "us-east-1",
    "aws_access_key_id": "AKIACANARY0000000001",
    "aws_secret_access_key": "gameday",
}
NEGATIVE_TTL_S = 5
AGE_MAX_MS = 1_500
LIVE = (alias(APEX, f"plan-000110.{APEX}"), *plan_tree(110, 1))
EMPTIED = (alias(APEX, f"plan-000110.{APEX}"),)


@dataclass(frozen=True)
class Balancer:
    """One load balancer of the configuration."""

    name: str
    address: str


@dataclass
class Lab:
    """An endpoint with its DNS and load balancers; time stands still."""

    loop: LoopThread
    edge: DnsEdge
    clock: Clock = field(default_factory=Clock)
    recorded: Recorded = field(default_factory=Recorded)
    balancers: LoadBalancers = field(default_factory=LoadBalancers)
    connections: set[Any] = field(default_factory=set)
    hosts: list[str] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)
    number: int = 0

    async def start(self) -> None:
        """Start everything."""
        await self.edge.start("127.0.0.1", 0)
        upstream = Upstream([self.edge.address], chance=random.Random(1))
        self.resolver = Resolver(
            az="az1", upstream=upstream, record=self.recorded, now_ns=self.clock
        )
        await self.resolver.start("127.0.0.1", 0)
        await self.balancers.start(
            load_balancers=[
                Balancer("lb-1", "127.0.10.1"),
                Balancer("lb-2", "127.0.10.2"),
            ],
            port=0,
            handler=self.handle,
            connection_age_max_ms=AGE_MAX_MS,
            now_ns=self.clock,
        )

    async def stop(self) -> None:
        """Stop everything."""
        await self.balancers.stop()
        await self.resolver.stop()
        await self.edge.stop()

    async def handle(self, request: web.BaseRequest, *, via: str) -> web.Response:
        """Stand in for DynamoDB: one table, named for the load balancer."""
        await request.read()
        self.connections.add(request.transport)
        self.hosts.append(request.headers["Host"])
        return web.json_response(
            {"TableNames": [via]}, content_type="application/x-amz-json-1.0"
        )

    def serve(self, *record_sets: Any) -> None:
        """Let the edge answer from these records from now on."""
        self.number += 1
        self.loop.call(self.edge.apply, version(zone(*record_sets), self.number))

    def client(self, host: str = ENDPOINT, *, attempts: int = 1) -> tuple[Any, Any]:
        """Return a DynamoDB client of the endpoint and what holds its pool."""
        client = boto3.client(
            "dynamodb",
            **CALLER,
            endpoint_url=f"http://{host}:{self.balancers.port}",
            config=Config(
                connect_timeout=0.4,
                read_timeout=2,
                retries={"total_max_attempts": attempts, "mode": "standard"},
            ),
        )
        resolution = resolve_through(
            client,
            resolver=self.resolver.address,
            suffixes=("gameday.test",),
            timeout_s=2.0,
        )
        self.opened += [client, resolution]
        return client, resolution


@pytest.fixture
def lab():
    with LoopThread() as loop:
        made = Lab(
            loop, DnsEdge(chance=random.Random(1), negative_ttl_s=NEGATIVE_TTL_S)
        )
        loop.run(made.start())
        yield made
        for each in made.opened:
            each.close()
        loop.run(made.stop())


def served_by(client: Any) -> str:
    return client.list_tables()["TableNames"][0]


def cause_of(client: Any) -> Any:
    with pytest.raises(EndpointConnectionError) as caught:
        client.list_tables()
    return caught.value.kwargs["error"]


def test_a_call_goes_to_the_address_that_the_resolver_gives(lab):
    lab.serve(record(APEX, "A", "127.0.10.2"))
    client, _ = lab.client()
    assert served_by(client) == "lb-2"
    assert lab.hosts == [f"{ENDPOINT}:{lab.balancers.port}"]


def test_a_pooled_connection_survives_an_emptied_endpoint_and_a_new_one_fails(lab):
    """Old connections kept working in October 2025; new ones had no address."""
    lab.serve(*LIVE)
    warm, _ = lab.client()
    assert served_by(warm) == "lb-1"
    lab.serve(*EMPTIED)
    lab.clock.advance_s(1)
    cold, _ = lab.client()
    error = cause_of(cold)
    assert isinstance(error, NameResolutionError)
    assert error.__cause__.errno == -5
    assert "No address associated with hostname" in str(error)
    assert served_by(warm) == "lb-1"
    assert len(lab.connections) == 1


def test_the_name_is_asked_once_for_each_new_connection(lab):
    lab.serve(*LIVE)
    client, resolution = lab.client()
    for _ in range(3):
        client.list_tables()
    assert len(lab.recorded.ops) == 1
    resolution.drop_connections()
    client.list_tables()
    assert len(lab.recorded.ops) == 2
    assert len(lab.connections) == 2


def test_a_closed_old_connection_makes_the_client_resolve_again(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=1))
    client, _ = lab.client()
    assert served_by(client) == "lb-1"
    lab.serve(record(APEX, "A", "127.0.10.2", ttl_s=1))
    lab.clock.advance_s(AGE_MAX_MS / 1000)
    told = [served_by(client) for _ in range(3)]
    assert told == ["lb-1", "lb-2", "lb-2"]


def test_a_repair_reaches_a_new_connection_only_after_the_negative_ttl(lab):
    lab.serve(*EMPTIED)
    client, _ = lab.client()
    cause_of(client)
    lab.serve(*LIVE)
    lab.clock.advance_s(NEGATIVE_TTL_S - 0.1)
    cause_of(client)
    lab.clock.advance_s(0.1)
    assert served_by(client) == "lb-1"


def test_a_missing_name_and_a_failing_resolver_have_their_own_numbers(lab):
    lab.serve(*LIVE, record(f"broken.{APEX}", "A", "junk"))
    missing, _ = lab.client(f"no.{ENDPOINT}")
    assert cause_of(missing).__cause__.errno == -2
    broken, _ = lab.client(f"broken.{ENDPOINT}")
    assert cause_of(broken).__cause__.errno == -3


def test_a_resolver_that_is_silent_is_a_temporary_failure(lab):
    client, _ = lab.client()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        other = boto3.client(
            "dynamodb",
            **CALLER,
            endpoint_url=client.meta.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}),
        )
        resolution = resolve_through(
            other,
            resolver=silent.getsockname(),
            suffixes=("gameday.test",),
            timeout_s=0.2,
        )
        lab.opened += [other, resolution]
        assert cause_of(other).__cause__.errno == -3


def test_a_refusing_load_balancer_is_a_new_connection_error(lab):
    lab.serve(*LIVE)
    lab.loop.run(lab.balancers.set_state("lb-1", "refusing"))
    client, _ = lab.client()
    error = cause_of(client)
    assert isinstance(error, NewConnectionError)
    assert not isinstance(error, NameResolutionError)
    assert "127.0.10.1: [Errno 111] Connection refused" in str(error)


def test_a_black_holed_load_balancer_is_a_connect_timeout(lab):
    lab.serve(*LIVE)
    lab.loop.run(lab.balancers.set_state("lb-1", "black-holed"))
    client, _ = lab.client()
    with pytest.raises(ConnectTimeoutError):
        client.list_tables()


def test_a_pooled_connection_lives_on_at_a_refusing_load_balancer(lab):
    lab.serve(*LIVE)
    client, _ = lab.client()
    assert served_by(client) == "lb-1"
    lab.loop.run(lab.balancers.set_state("lb-1", "refusing"))
    assert served_by(client) == "lb-1"


def test_a_pooled_connection_times_out_reading_at_a_black_holed_load_balancer(lab):
    lab.serve(*LIVE)
    client, _ = lab.client()
    assert served_by(client) == "lb-1"
    lab.loop.run(lab.balancers.set_state("lb-1", "black-holed"))
    with pytest.raises(ReadTimeoutError):
        client.list_tables()
    assert len(lab.hosts) == 1


def test_a_resetting_load_balancer_is_a_closed_connection_and_nothing_is_applied(lab):
    lab.serve(*LIVE)
    lab.loop.run(lab.balancers.set_state("lb-1", "resetting"))
    client, _ = lab.client()
    with pytest.raises(ConnectionClosedError) as caught:
        client.list_tables()
    assert "reset by peer" in str(caught.value.kwargs["error"])
    assert lab.hosts == []


def test_a_pooled_connection_is_opened_anew_and_reset_at_a_resetting_one(lab):
    lab.serve(*LIVE)
    client, _ = lab.client()
    assert served_by(client) == "lb-1"
    lab.loop.run(lab.balancers.set_state("lb-1", "resetting"))
    with pytest.raises(ConnectionClosedError):
        client.list_tables()
    assert len(lab.hosts) == 1
    lab.loop.run(lab.balancers.set_state("lb-1", "up"))
    assert served_by(client) == "lb-1"


def test_one_dead_address_of_several_is_passed_over(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", "127.0.10.2", ttl_s=0))
    lab.loop.run(lab.balancers.set_state("lb-1", "refusing"))
    client, resolution = lab.client()
    for _ in range(4):
        assert served_by(client) == "lb-2"
        resolution.drop_connections()


def test_botocore_retries_a_failed_resolution_like_a_network_error(lab):
    lab.serve()
    client, _ = lab.client(attempts=3)
    cause_of(client)
    assert [op["operation"] for op in lab.recorded.ops] == ["A", "A", "A"]


def test_names_outside_the_suffixes_are_left_to_the_machine(lab):
    client, _ = lab.client("localhost")
    with pytest.raises(EndpointConnectionError):
        client.list_tables()
    other, _ = lab.client("127.0.10.1")
    assert served_by(other) == "lb-1"
    lookalike, _ = lab.client("notgameday.test")
    with pytest.raises(EndpointConnectionError):
        lookalike.list_tables()
    assert lab.recorded.ops == []


def test_many_threads_share_one_client(lab):
    lab.serve(*LIVE)
    client, _ = lab.client()

    async def together() -> list[str]:
        calls = (asyncio.to_thread(served_by, client) for _ in range(40))
        return await asyncio.gather(*calls)

    assert set(asyncio.run(together())) == {"lb-1"}


def test_a_query_tells_addresses_and_how_long_they_hold(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=7), record(APEX, "TXT", '"x"'))
    server = lab.resolver.address
    assert query(ENDPOINT, "A", server) == Answer(
        rcode="NOERROR", addresses=("127.0.10.1",), ttl_s=7
    )
    assert query(APEX, "TXT", server).addresses == ('"x"',)
    assert query(ENDPOINT, "AAAA", server) == Answer(
        rcode="NOERROR", ttl_s=NEGATIVE_TTL_S
    )
    assert query(f"no.{ENDPOINT}", "A", server).rcode == "NXDOMAIN"


def test_a_query_of_nobody_is_an_answer_that_says_so():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        answer = query(ENDPOINT, "A", silent.getsockname(), 0.1)
    assert answer == Answer(rcode=NO_REPLY)


def test_a_cname_on_the_way_is_not_an_address(lab):
    lab.serve(
        record(f"a.{APEX}", "CNAME", f"b.{APEX}"),
        record(f"b.{APEX}", "A", "127.0.10.1"),
    )
    answer = query(f"a.{ENDPOINT}", "A", lab.resolver.address)
    assert answer.addresses == ("127.0.10.1",)
