"""What dig and a boto3 client see when a rule decides a DNS answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import dns.exception
import dns.flags
import dns.message
import dns.query
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from dns_lab import (
    APEX,
    DEADLINE_S,
    ENDPOINT,
    ZONE_ID,
    Clock,
    LoopThread,
    Recorded,
    addresses,
    ask,
    dig,
    record,
    zone,
)

from gameday.aws.resolving import resolve_through
from gameday.edge import dns_transport, dns_upstream
from gameday.edge.dns_plane import DnsPlane
from gameday.edge.load_balancer import LoadBalancers
from gameday.edge.zones import ZoneLog
from gameday.errors import InvalidInput
from gameday.model.history import OpKind, Outcome

NEGATIVE_TTL_S = 5
TTL_S = 1
LOOK_UP_S = 0.4
"""How long the boto3 clients here wait for a resolver."""


@dataclass
class Settings:
    """What the plane reads of the edge's configuration."""

    dns_edges: list[str] = field(default_factory=lambda: ["127.0.30.81"])
    resolvers: dict[str, str] = field(
        default_factory=lambda: {"az1": "127.0.20.81", "az2": "127.0.20.82"}
    )
    dns_port: int = 0
    negative_ttl_s: int = NEGATIVE_TTL_S
    propagation_ms: tuple[int, int] = (0, 0)
    seed: int = 1


@dataclass(frozen=True)
class Balancer:
    """The one load balancer."""

    name: str = "lb-1"
    address: str = "127.0.10.81"
    az: str = "az1"


@dataclass
class Lab:
    """DNS edges, a resolver in each of two AZs, a load balancer, a clock."""

    loop: LoopThread
    clock: Clock = field(default_factory=Clock)
    recorded: Recorded = field(default_factory=Recorded)
    plane: DnsPlane = field(default_factory=DnsPlane)
    balancers: LoadBalancers = field(default_factory=LoadBalancers)
    marks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.zones = ZoneLog(seed=1, now_ns=self.clock)

    async def start(self, settings: Settings) -> None:
        """Start everything."""
        await self.plane.start(
            config=settings,
            zones=self.zones,
            record=self.recorded,
            mark=lambda *mark: self.marks.append(mark),
            now_ns=self.clock,
        )
        await self.balancers.start(
            load_balancers=[Balancer()],
            port=0,
            handler=self.handle,
            connection_age_max_ms=0,
        )

    async def stop(self) -> None:
        """Stop everything."""
        await self.balancers.stop()
        await self.plane.stop()

    async def handle(self, request: web.BaseRequest, *, via: str) -> web.Response:
        """Stand in for DynamoDB: one table, named for the load balancer."""
        await request.read()
        return web.json_response(
            {"TableNames": [via]}, content_type="application/x-amz-json-1.0"
        )

    def rule(self, kind: str, **rest: Any) -> dict[str, Any]:
        """Set a rule; `fault_*` arguments belong to the fault."""
        fault = {
            k.removeprefix("fault_"): rest.pop(k) for k in [*rest] if "fault_" in k
        }
        document = {"fault": {"kind": kind, **fault}, **rest}
        return self.loop.call(self.plane.rules.set, document)

    def clear(self, rule: str) -> dict[str, Any]:
        """Remove a rule and return its counts."""
        return self.loop.call(self.plane.rules.remove, rule)

    def commit(self, *record_sets: Any) -> str:
        """Commit the next version of the zone and wait until it is served."""
        change_id = self.loop.call(self.zones.commit, zone(*record_sets))
        self.await_in_sync(change_id)
        return change_id

    def await_in_sync(self, change_id: str) -> None:
        """Return once every edge has the change."""
        deadline = time.monotonic() + DEADLINE_S
        while self.loop.call(self.plane.change_status, change_id) != "INSYNC":
            assert time.monotonic() < deadline

    def expire(self) -> None:
        """Let what resolvers remember of addresses run out."""
        self.clock.advance_s(TTL_S)

    def client(self, az: str = "az1", *, look_up_s: float = LOOK_UP_S) -> Any:
        """A boto3 client in a zone, of the endpoint behind the load balancer."""
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="AKIACANARY0000000001",
            aws_secret_access_key="gameday",  # noqa: S106 - nobody verifies it
            endpoint_url=f"http://{ENDPOINT}:{self.balancers.port}",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2),
        )
        resolution = resolve_through(
            client,
            resolver=self.plane.resolvers[az],
            suffixes=("gameday.test",),
            timeout_s=look_up_s,
        )
        self.opened += [client, resolution]
        return client

    def ruled(self) -> list[tuple[str, str, str, str]]:
        """Who gave each answer that a rule decided, and how it ended."""
        return [
            (op["via"], op["ruling"], op["rule"], op["error"])
            for op in self.recorded.ops
            if op["ruling"] != "pass"
        ]


def running_lab(settings: Settings) -> Iterator[Lab]:
    with LoopThread() as loop:
        made = Lab(loop)
        loop.call(
            made.zones.create, zone(record(APEX, "A", "127.0.10.81", ttl_s=TTL_S))
        )
        loop.run(made.start(settings))
        yield made
        for each in made.opened:
            each.close()
        loop.run(made.stop())


@pytest.fixture
def lab() -> Iterator[Lab]:
    yield from running_lab(Settings())


@pytest.fixture
def two_edges() -> Iterator[Lab]:
    yield from running_lab(Settings(dns_edges=["127.0.30.81", "127.0.30.82"]))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolvers that give a DNS edge a tenth of the usual time."""
    monkeypatch.setattr(dns_upstream, "ATTEMPT_TIMEOUT_S", 0.05)


def failure_of(client: Any) -> int:
    """The number that glibc would have given to a client without an address."""
    with pytest.raises(EndpointConnectionError) as caught:
        client.list_tables()
    return caught.value.kwargs["error"].__cause__.errno


@dataclass(frozen=True)
class Forged:
    """A fault that answers at once, and what is seen of it."""

    kind: str
    at: str
    status: str
    """What dig prints."""
    errno: int
    """What glibc would call it."""
    with_soa: bool = False
    remembered: bool = False
    """Whether the resolver goes on saying so after the rule is gone."""


FORGED = [
    Forged("nxdomain", "resolver", "NXDOMAIN", -2, with_soa=True),
    Forged("nxdomain", "edge", "NXDOMAIN", -2, with_soa=True, remembered=True),
    Forged("empty", "resolver", "NOERROR", -5, with_soa=True),
    Forged("empty", "edge", "NOERROR", -5, with_soa=True, remembered=True),
    Forged("servfail", "resolver", "SERVFAIL", -3),
    Forged("servfail", "edge", "SERVFAIL", -3),
    Forged("refused", "resolver", "REFUSED", -3),
    # A resolver that is refused by a server of the zone has no answer to give.
    Forged("refused", "edge", "SERVFAIL", -3),
]


@pytest.mark.parametrize("forged", FORGED, ids=lambda f: f"{f.kind}-{f.at}")
def test_a_forged_answer_is_the_same_over_udp_and_tcp_and_has_its_number_in_boto3(
    lab: Lab, forged: Forged
):
    match = {"az": "az1", "name": ENDPOINT}
    rule = lab.rule(forged.kind, at=forged.at, match=match)["id"]
    server, client = lab.plane.resolvers["az1"], lab.client()

    told = [dig("dig", server, ENDPOINT, "A", way) for way in ("+notcp", "+tcp")]

    assert [(each.status, each.answers) for each in told] == [(forged.status, ())] * 2
    assert [bool(each.authority) for each in told] == [forged.with_soa] * 2
    assert failure_of(client) == forged.errno
    assert addresses(ask(lab.plane.resolvers["az2"])) == ["127.0.10.81"]
    assert lab.client("az2").list_tables()["TableNames"] == ["lb-1"]
    counts = lab.clear(rule)
    assert counts["seen"] == counts["fired"] >= 1
    if forged.remembered:
        assert dig("dig", server, ENDPOINT, "A").status == forged.status
        assert failure_of(client) == forged.errno
        lab.clock.advance_s(NEGATIVE_TTL_S)
    assert addresses(ask(server)) == ["127.0.10.81"]
    assert client.list_tables()["TableNames"] == ["lb-1"]


@pytest.mark.parametrize("forged", FORGED, ids=lambda f: f"{f.kind}-{f.at}")
def test_each_answer_under_a_rule_is_in_the_history_with_the_rules_id(
    lab: Lab, forged: Forged
):
    kind = forged.kind
    rule = lab.rule(kind, at=forged.at, id="mine", match={"az": "az1"})["id"]
    for tcp in (False, True):
        response = ask(lab.plane.resolvers["az1"], tcp=tcp)
        assert response.options == (), "clients never see the mark"
    lab.clear(rule)

    error = "" if forged.status == "NOERROR" else forged.status
    told = lab.ruled()
    assert told.count(("resolver-az1", kind, "mine", error)) == 2
    if forged.at == "edge":
        error = "REFUSED" if kind == "refused" else error
        assert ("edge-127.0.30.81", kind, "mine", error) in told
    else:
        assert len(told) == 2
    assert all(op["actor"] == "az1" for op in lab.recorded.ops)


def test_what_a_resolver_remembers_of_a_fault_stays_marked_after_the_rule_is_gone(lab):
    lab.clear(lab.rule("empty", at="edge", id="a")["id"])
    rule = lab.rule("empty", at="edge", id="b")["id"]
    ask(lab.plane.resolvers["az1"])
    lab.clear(rule)
    ask(lab.plane.resolvers["az1"])
    last = lab.recorded.ops[-1]
    assert (last["rule"], last["ruling"], last["response"]["cached"]) == (
        "b",
        "empty",
        True,
    )
    lab.clock.advance_s(NEGATIVE_TTL_S)
    ask(lab.plane.resolvers["az1"])
    assert lab.recorded.ops[-1]["ruling"] == "pass"


def test_nothing_that_a_rule_made_at_a_resolver_is_put_into_its_cache(lab):
    server = lab.plane.resolvers["az1"]
    ask(server)
    rule = lab.rule("nxdomain")["id"]
    assert ask(server).rcode() == dns.rcode.NXDOMAIN
    lab.clear(rule)
    ask(server)
    assert lab.recorded.ops[-1]["response"]["cached"] is True


@pytest.mark.parametrize("tcp", [False, True])
def test_a_dropped_answer_never_comes(lab, tcp):
    rule = lab.rule("drop", match={"az": "az1"})["id"]
    send = dns.query.tcp if tcp else dns.query.udp
    host, port = lab.plane.resolvers["az1"]
    with pytest.raises(dns.exception.Timeout):
        send(dns.message.make_query(ENDPOINT, "A"), host, port=port, timeout=0.2)
    (op,) = lab.recorded.ops
    assert (op["kind"], op["outcome"], op["error"]) == (
        OpKind.DNS,
        Outcome.FAIL,
        "NOREPLY",
    )
    assert (op["ruling"], op["rule"], op["response"]) == ("drop", rule, {})


def test_a_dropped_answer_is_a_slow_temporary_failure_in_boto3(lab):
    lab.rule("drop", match={"az": "az1"})
    client = lab.client()
    began = time.monotonic()
    assert failure_of(client) == -3
    assert time.monotonic() - began >= LOOK_UP_S * 0.9
    assert lab.client("az2").list_tables()["TableNames"] == ["lb-1"]


@pytest.mark.usefixtures("impatient")
def test_a_resolver_asks_a_silent_edge_three_times_and_then_says_servfail(lab):
    rule = lab.rule("drop", at="edge", match={"az": "az1"})["id"]
    for tcp in (False, True):
        response = ask(lab.plane.resolvers["az1"], tcp=tcp)
        assert response.rcode() == dns.rcode.SERVFAIL
    assert lab.clear(rule)["fired"] == 6
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]


@pytest.mark.parametrize("at", ["resolver", "edge"])
@pytest.mark.parametrize("tcp", [False, True])
def test_a_slow_answer_is_the_true_one_and_late(lab, at, tcp):
    rule = lab.rule("slow", at=at, fault_delay_ms=120)["id"]
    began = time.monotonic()
    response = ask(lab.plane.resolvers["az1"], tcp=tcp)
    assert time.monotonic() - began >= 0.12
    assert addresses(response) == ["127.0.10.81"]
    via = {"resolver": "resolver-az1", "edge": "edge-127.0.30.81"}[at]
    assert lab.ruled() == [(via, "slow", rule, "")]


def test_a_slow_answer_is_late_in_boto3_or_too_late(lab):
    lab.rule("slow", match={"az": "az1"}, fault_delay_ms=250)
    began = time.monotonic()
    assert lab.client(look_up_s=4).list_tables()["TableNames"] == ["lb-1"]
    assert time.monotonic() - began >= 0.25
    assert failure_of(lab.client(look_up_s=0.2)) == -3


@pytest.mark.usefixtures("impatient")
def test_an_edge_that_is_slower_than_a_resolver_waits_is_servfail(lab):
    lab.rule("slow", at="edge", fault_delay_ms=300)
    assert ask(lab.plane.resolvers["az1"]).rcode() == dns.rcode.SERVFAIL
    assert failure_of(lab.client()) == -3


@pytest.mark.parametrize("at", ["resolver", "edge"])
def test_a_truncated_answer_sends_clients_to_tcp_and_costs_nothing_else(lab, at):
    rule = lab.rule("truncate", at=at)["id"]
    server = lab.plane.resolvers["az1"] if at == "resolver" else lab.plane.dns_edges[0]
    cut = dig("dig", server, ENDPOINT, "A", "+notcp", "+ignore")
    assert (cut.status, cut.answers, "tc" in cut.flags) == ("NOERROR", (), True)
    whole = dig("dig", server, ENDPOINT, "A")
    assert whole.answers[0][-1] == "127.0.10.81"
    assert lab.client().list_tables()["TableNames"] == ["lb-1"]
    assert lab.clear(rule)["fired"] == 3


def test_one_sick_edge_beside_a_sound_one_costs_no_answer(two_edges):
    lab = two_edges
    for kind in ("servfail", "refused"):
        rule = lab.rule(kind, at="edge", match={"edge": "127.0.30.82"})["id"]
        for _ in range(12):
            assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]
            lab.expire()
        assert lab.clear(rule)["fired"] >= 1


def test_the_azs_are_told_apart_at_the_edges_by_who_asks(lab):
    lab.rule("nxdomain", at="edge", match={"az": "az2"})
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]
    assert ask(lab.plane.resolvers["az2"]).rcode() == dns.rcode.NXDOMAIN
    # Nobody's resolver, so no zone either.
    assert addresses(ask(lab.plane.dns_edges[0])) == ["127.0.10.81"]


def test_a_rule_for_one_client_leaves_the_others_of_its_zone_alone(lab):
    lab.rule("servfail", match={"az": "az1", "client": "127.0.99.*"})
    host, port = lab.plane.resolvers["az1"]
    query = dns.message.make_query(ENDPOINT, "A")
    told = [
        dns.query.udp(query, host, port=port, timeout=DEADLINE_S, source=source)
        for source in ("127.0.99.1", "127.0.98.1")
    ]
    assert [each.rcode() for each in told] == [dns.rcode.SERVFAIL, dns.rcode.NOERROR]


def test_a_name_outside_the_match_and_another_type_are_answered_truly(lab):
    lab.commit(
        record(APEX, "A", "127.0.10.81"),
        record(APEX, "TXT", '"here"'),
        record(f"a.{APEX}", "A", "127.0.10.82"),
    )
    lab.rule("servfail", match={"name": f"a.{ENDPOINT}", "type": "a"})
    server = lab.plane.resolvers["az1"]
    assert ask(server, f"A.{ENDPOINT}").rcode() == dns.rcode.SERVFAIL
    assert ask(server, f"a.{ENDPOINT}", "TXT").rcode() == dns.rcode.NOERROR
    assert addresses(ask(server)) == ["127.0.10.81"]


def test_one_zone_is_held_at_the_version_of_now_and_the_other_goes_on(lab):
    held = lab.rule("stale", match={"az": "az1"})
    assert held["held"] == {ENDPOINT: 1}
    lab.commit(record(APEX, "A", "127.0.10.82"))
    lab.expire()
    for tcp in (False, True):
        told = [ask(each, tcp=tcp) for each in lab.plane.resolvers.values()]
        assert [addresses(each) for each in told] == [["127.0.10.81"], ["127.0.10.82"]]
    assert lab.client("az1").list_tables()["TableNames"] == ["lb-1"]
    assert ("resolver-az1", "stale", held["id"], "") in lab.ruled()
    lab.clear(held["id"])
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.82"]


def test_a_held_client_gets_no_address_where_the_old_version_had_none(lab):
    """The repair of October 2025, as somebody saw it who was told of it last."""
    lab.commit()
    lab.rule("stale", match={"az": "az1"}, fault_zone=ENDPOINT, fault_version=2)
    lab.commit(record(APEX, "A", "127.0.10.81"))
    lab.clock.advance_s(NEGATIVE_TTL_S)
    assert failure_of(lab.client("az1")) == -5
    assert lab.client("az2").list_tables()["TableNames"] == ["lb-1"]


def test_a_version_that_is_held_outlives_its_place_in_memory_and_its_zone(lab):
    lab.rule("stale", match={"az": "az1"}, fault_zone=ENDPOINT, fault_version=1)
    for number in range(1, 258):
        lab.loop.call(
            lab.zones.commit, zone(record(APEX, "A", f"127.1.{number % 256}.1"))
        )
    assert lab.zones.versions(ZONE_ID)[0].version > 1
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]
    lab.loop.call(lab.zones.remove, ZONE_ID)
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]


def test_who_is_held_by_age_sees_each_change_that_much_later(lab):
    lab.rule("stale", match={"az": "az1"}, fault_age_ms=10_000)
    lab.clock.advance_s(20)
    lab.commit(record(APEX, "A", "127.0.10.82"))
    server = lab.plane.resolvers["az1"]
    assert addresses(ask(server)) == ["127.0.10.81"]
    lab.clock.advance_s(9.9)
    assert addresses(ask(server)) == ["127.0.10.81"]
    assert addresses(ask(lab.plane.resolvers["az2"])) == ["127.0.10.82"]
    lab.clock.advance_s(0.1)
    assert addresses(ask(server)) == ["127.0.10.82"]


def test_what_a_resolver_is_told_of_an_old_version_it_remembers(lab):
    rule = lab.rule("stale", at="edge", match={"az": "az1"})["id"]
    lab.commit(record(APEX, "A", "127.0.10.82"))
    server = lab.plane.resolvers["az1"]
    assert addresses(ask(server)) == ["127.0.10.81"]
    lab.clear(rule)
    assert addresses(ask(server)) == ["127.0.10.81"]
    lab.expire()
    assert addresses(ask(server)) == ["127.0.10.82"]


def test_a_zone_made_after_the_hold_is_not_held(lab):
    lab.rule("stale")
    other = zone(record("b.test.", "A", "127.0.10.9"), name="b.test.", zone_id="Z2")
    lab.await_in_sync(lab.loop.call(lab.zones.create, other))
    assert addresses(ask(lab.plane.resolvers["az1"], "b.test")) == ["127.0.10.9"]
    assert lab.ruled() == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"fault_zone": ENDPOINT, "fault_version": 7}, "versions 1 to 1, not at 7"),
        ({"fault_zone": "dynamodb.us-east-1.gameday.tset"}, f"mean '{ENDPOINT}'"),
    ],
)
def test_a_hold_on_what_is_not_there_is_refused(lab, fault, message):
    with pytest.raises(InvalidInput, match=message):
        lab.rule("stale", **fault)
    assert lab.marks == []


def test_half_the_world_has_a_change_for_as_long_as_one_edge_is_paused(two_edges):
    lab = two_edges
    lab.loop.call(lab.plane.set_propagation, "paused", "127.0.30.82")
    assert lab.plane.propagation == "partly-paused"
    change_id = lab.loop.call(lab.zones.commit, zone(record(APEX, "A", "127.0.10.82")))
    deadline = time.monotonic() + DEADLINE_S
    while list(lab.plane.served_versions(ZONE_ID).values()) != [2, 1]:
        assert time.monotonic() < deadline
    told = [dig("dig", edge, ENDPOINT, "A").answers for edge in lab.plane.dns_edges]
    assert [answers[0][-1] for answers in told] == ["127.0.10.82", "127.0.10.81"]
    assert lab.loop.call(lab.plane.change_status, change_id) == "PENDING"
    # A resolver may ask either, so its clients see both, one after the other.
    seen = set()
    for _ in range(24):
        lab.expire()
        seen.update(addresses(ask(lab.plane.resolvers["az1"])))
    assert seen == {"127.0.10.81", "127.0.10.82"}
    lab.loop.call(lab.plane.set_propagation, "running", "127.0.30.82")
    lab.await_in_sync(change_id)
    told = [addresses(ask(edge)) for edge in lab.plane.dns_edges]
    assert told == [["127.0.10.82"]] * 2
    assert lab.plane.propagation == "running"


def test_an_edge_that_is_not_there_cannot_be_paused(two_edges):
    with pytest.raises(InvalidInput, match=r"DNS edge '127\.0\.30\.83'; did you mean"):
        two_edges.plane.set_propagation("paused", "127.0.30.83")


def test_nobody_is_held_at_a_version_that_an_edge_does_not_have_yet(two_edges):
    lab = two_edges
    lab.loop.call(lab.plane.set_propagation, "paused", "127.0.30.82")
    lab.loop.call(lab.zones.commit, zone(record(APEX, "A", "127.0.10.82")))
    assert lab.rule("stale", match={"az": "az1"})["held"] == {ENDPOINT: 1}


@pytest.mark.parametrize("at", ["resolver", "edge"])
def test_an_old_record_that_does_not_parse_is_servfail_and_in_the_history(lab, at):
    lab.commit(record(APEX, "A", "no address"))
    rule = lab.rule("stale", at=at, match={"az": "az1"})["id"]
    lab.commit(record(APEX, "A", "127.0.10.82"))
    assert ask(lab.plane.resolvers["az1"]).rcode() == dns.rcode.SERVFAIL
    assert ("resolver-az1", "stale", rule, "SERVFAIL") in lab.ruled()
    assert addresses(ask(lab.plane.resolvers["az2"])) == ["127.0.10.82"]


def test_a_late_answer_that_an_edge_forged_is_told_as_forged(lab):
    lab.rule("nxdomain", at="edge", id="forged")
    lab.rule("slow", fault_delay_ms=1, id="late")
    ask(lab.plane.resolvers["az1"])
    assert lab.ruled()[-1] == ("resolver-az1", "nxdomain", "forged", "NXDOMAIN")
    assert [each["fired"] for each in lab.plane.rules.documents()] == [1, 1]


def test_without_a_rule_nothing_is_asked_of_the_rules(lab, monkeypatch):
    lab.clear(lab.rule("servfail")["id"])
    book = lab.plane.rules
    monkeypatch.setattr(book, "decide", lambda _: pytest.fail("asked"))
    assert not book.armed_at_edges
    assert not book.armed_at_resolvers
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]
    assert addresses(ask(lab.plane.dns_edges[0])) == ["127.0.10.81"]


def test_slow_answers_beyond_the_limit_in_flight_are_lost_and_the_rest_come(
    lab, monkeypatch
):
    monkeypatch.setattr(dns_transport, "QUERIES_IN_FLIGHT_MAX", 2)
    lab.rule("slow", fault_delay_ms=200, count=2)
    with contextlib.ExitStack() as opened:
        clients = []
        for _ in range(3):
            client = opened.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            )
            client.connect(lab.plane.resolvers["az1"])
            client.settimeout(0.6)
            client.send(dns.message.make_query(ENDPOINT, "A").to_wire())
            clients.append(client)
        assert all(client.recv(512) for client in clients[:2])
        with pytest.raises(TimeoutError):
            clients[2].recv(512)
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.81"]
