"""What a caching resolver remembers, for how long, and what it records."""

from __future__ import annotations

import asyncio
import random
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from dns_lab import (
    APEX,
    ENDPOINT,
    Clock,
    LoopThread,
    Recorded,
    addresses,
    alias,
    ask,
    dig,
    exchange,
    plan_tree,
    record,
    version,
    zone,
)

from gameday.edge import resolver as resolver_module
from gameday.edge.dns import DnsEdge
from gameday.edge.dns_transport import DnsRequest
from gameday.edge.dns_upstream import Upstream
from gameday.edge.resolver import Resolver
from gameday.model.history import OpKind, Outcome

if TYPE_CHECKING:
    from gameday.model.record_set import RecordSet

NEGATIVE_TTL_S = 5
MANY = tuple(f'"{number:02} {"x" * 60}"' for number in range(40))


class CountingEdge(DnsEdge):
    """A real authoritative server that counts what it is asked."""

    asked = 0

    def respond(self, request: DnsRequest) -> bytes | None:
        """Count, then answer."""
        self.asked += 1
        return super().respond(request)


@dataclass
class Lab:
    """One edge, one resolver before it, and a clock that stands still."""

    loop: LoopThread
    edge: CountingEdge
    resolver: Resolver
    clock: Clock
    recorded: Recorded
    number: int = field(default=1)

    @property
    def server(self) -> tuple[str, int]:
        """Where the resolver listens."""
        return self.resolver.address

    def serve(self, *record_sets: RecordSet) -> None:
        """Let the edge answer from these records from now on."""
        self.number += 1
        self.loop.call(self.edge.apply, version(zone(*record_sets), self.number))


@pytest.fixture
def lab():
    edge = CountingEdge(chance=random.Random(1), negative_ttl_s=NEGATIVE_TTL_S)
    clock, recorded = Clock(), Recorded()
    with LoopThread() as loop:
        loop.run(edge.start("127.0.0.1", 0))
        upstream = Upstream([edge.address], chance=random.Random(2))
        resolver = Resolver(az="az1", upstream=upstream, record=recorded, now_ns=clock)
        loop.run(resolver.start("127.0.0.1", 0))
        yield Lab(loop, edge, resolver, clock, recorded)
        loop.run(resolver.stop())
        loop.run(edge.stop())


def ttl_of(response: dns.message.Message) -> int:
    return (response.answer or response.authority)[0].ttl


def test_an_answer_is_remembered_for_its_ttl_which_counts_down(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=10))
    seen = []
    for _ in range(5):
        seen.append((ttl_of(ask(lab.server)), lab.edge.asked))
        lab.clock.advance_s(2.5)
    assert seen == [(10, 1), (8, 1), (5, 1), (3, 1), (10, 2)]


def test_a_changed_record_is_seen_when_the_ttl_is_over_and_not_before(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=10))
    ask(lab.server)
    lab.serve(record(APEX, "A", "127.0.10.2", ttl_s=10))
    lab.clock.advance_s(9.9)
    assert addresses(ask(lab.server)) == ["127.0.10.1"]
    lab.clock.advance_s(0.1)
    assert addresses(ask(lab.server)) == ["127.0.10.2"]


def test_an_empty_answer_outlives_the_repair_by_the_negative_ttl(lab):
    """The slow tail of October 2025: NOERROR without answers is remembered."""
    lab.serve(alias(APEX, f"plan-000110.{APEX}"))
    empty = ask(lab.server)
    assert (empty.rcode(), empty.answer) == (dns.rcode.NOERROR, [])
    assert ttl_of(empty) == NEGATIVE_TTL_S
    lab.serve(alias(APEX, f"plan-000110.{APEX}"), *plan_tree(110, 1))
    lab.clock.advance_s(NEGATIVE_TTL_S - 0.5)
    still = ask(lab.server)
    assert (still.answer, ttl_of(still)) == ([], 1)
    lab.clock.advance_s(0.5)
    assert addresses(ask(lab.server)) == ["127.0.10.1"]


def test_nxdomain_is_remembered_for_the_negative_ttl(lab):
    lab.serve()
    assert ask(lab.server).rcode() == dns.rcode.NOERROR
    name = f"new.{ENDPOINT}"
    assert ask(lab.server, name).rcode() == dns.rcode.NXDOMAIN
    lab.serve(record(f"{name}.", "A", "127.0.10.1"))
    assert ask(lab.server, name).rcode() == dns.rcode.NXDOMAIN
    lab.clock.advance_s(NEGATIVE_TTL_S)
    assert addresses(ask(lab.server, name)) == ["127.0.10.1"]


def test_the_negative_ttl_is_the_smaller_of_soa_ttl_and_minimum(lab):
    soa = "ns.test. admin.test. 1 7200 900 1209600 2"
    lab.serve(record(APEX, "SOA", soa, ttl_s=900))
    assert ttl_of(ask(lab.server, f"no.{ENDPOINT}")) == 2


def test_a_cname_answer_holds_as_long_as_its_shortest_record(lab):
    lab.serve(
        record(f"a.{APEX}", "CNAME", f"b.{APEX}", ttl_s=60),
        record(f"b.{APEX}", "A", "127.0.10.1", ttl_s=3),
    )
    name = f"a.{ENDPOINT}"
    assert [rrset.ttl for rrset in ask(lab.server, name).answer] == [60, 3]
    lab.clock.advance_s(2)
    assert [rrset.ttl for rrset in ask(lab.server, name).answer] == [58, 1]
    lab.clock.advance_s(1)
    ask(lab.server, name)
    assert lab.edge.asked == 2


def test_a_repeated_query_is_not_read_again_until_its_ttl_has_counted_down(
    lab, monkeypatch
):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=10))
    read = []

    def count(wire: bytes) -> object:
        read.append(wire)
        return real(wire)

    real = resolver_module.read_question
    monkeypatch.setattr(resolver_module, "read_question", count)
    query = dns.message.make_query(ENDPOINT, "A")
    seen = []
    for _ in range(4):
        query.id += 1
        for _ in range(3):
            reply = dns.message.from_wire(exchange(lab.server, query.to_wire()))
            assert reply.id == query.id
            seen.append(ttl_of(reply))
        lab.clock.advance_s(1)
    assert seen == [10, 10, 10, 9, 9, 9, 8, 8, 8, 7, 7, 7]
    assert len(read) == 4
    assert [op["response"]["ttl_s"] for op in lab.recorded.ops] == seen
    assert [op["response"]["cached"] for op in lab.recorded.ops] == [
        False,
        *[True] * 11,
    ]


def test_written_answers_have_a_limit(lab, monkeypatch):
    monkeypatch.setattr(resolver_module, "WRITTEN_MAX", 2)
    lab.serve(*(record(f"n{each}.{APEX}", "A", "127.0.10.1") for each in range(5)))
    for each in range(5):
        assert addresses(ask(lab.server, f"n{each}.{ENDPOINT}")) == ["127.0.10.1"]
        assert len(lab.resolver._written) <= 2


def test_a_ttl_of_zero_is_not_remembered(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=0))
    for _ in range(3):
        assert ttl_of(ask(lab.server)) == 0
    assert lab.edge.asked == 3


def test_types_and_names_are_remembered_apart_but_case_is_not(lab):
    lab.serve(record(APEX, "A", "127.0.10.1"), record(APEX, "TXT", '"x"'))
    ask(lab.server)
    ask(lab.server, record_type="TXT")
    response = ask(lab.server, ENDPOINT.upper())
    assert lab.edge.asked == 2
    assert response.answer[0].name.to_text() == APEX.upper()


def test_names_that_no_zone_has_do_not_exist_and_are_not_remembered(lab):
    for _ in range(2):
        assert ask(lab.server, "example.com").rcode() == dns.rcode.NXDOMAIN
    assert lab.edge.asked == 2


def test_a_weighted_answer_stays_the_same_while_it_is_remembered(lab):
    lab.serve(alias(APEX, f"plan-000110.{APEX}"), *plan_tree(110, 1, 1, 1))
    assert len({addresses(ask(lab.server))[0] for _ in range(20)}) == 1
    seen = set()
    for _ in range(40):
        lab.clock.advance_s(1)
        seen.update(addresses(ask(lab.server)))
    assert seen == {"127.0.10.1", "127.0.10.2", "127.0.10.3"}


def test_answers_too_big_for_udp_come_through_over_tcp(lab):
    lab.serve(record(f"many.{APEX}", "TXT", *MANY))
    name = f"many.{ENDPOINT}"
    assert ask(lab.server, name, "TXT").flags & dns.flags.TC
    assert len(addresses(ask(lab.server, name, "TXT", tcp=True))) == len(MANY)


def test_dig_and_kdig_agree_and_see_a_recursive_server(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=10))
    found = [dig(tool, lab.server, ENDPOINT, "A") for tool in ("dig", "kdig")]
    assert found[0] == found[1]
    assert found[0].flags == {"qr", "rd", "ra"}
    assert found[0].answers == ((APEX, "10", "IN", "A", "127.0.10.1"),)


def test_each_answer_is_recorded_before_it_is_sent(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=10))
    ask(lab.server, ENDPOINT.title())
    lab.clock.advance_s(4)
    ask(lab.server)
    first, second = lab.recorded.ops
    assert first == {
        "kind": OpKind.DNS,
        "start_ns": 0,
        "end_ns": 0,
        "actor": "az1",
        "service": "dns",
        "operation": "A",
        "reads": (f"dns:{ENDPOINT}",),
        "ruling": "pass",
        "rule": "",
        "outcome": Outcome.OK,
        "error": "",
        "via": "resolver-az1",
        "request": {"name": ENDPOINT, "client": "127.0.0.1"},
        "response": {
            "rcode": "NOERROR",
            "answers": ["127.0.10.1"],
            "ttl_s": 10,
            "cached": False,
        },
    }
    assert second["response"] == {**first["response"], "ttl_s": 6, "cached": True}
    assert second["start_ns"] == second["end_ns"] == 4_000_000_000


def test_failures_are_recorded_with_their_code(lab):
    lab.serve(alias(APEX, f"gone.{APEX}"), record(f"broken.{APEX}", "A", "junk"))
    ask(lab.server)
    ask(lab.server, f"no.{ENDPOINT}")
    ask(lab.server, f"broken.{ENDPOINT}")
    recorded = [
        (op["outcome"], op["error"], op["response"]["answers"])
        for op in lab.recorded.ops
    ]
    assert recorded == [
        (Outcome.OK, "", []),
        (Outcome.FAIL, "NXDOMAIN", []),
        (Outcome.FAIL, "SERVFAIL", []),
    ]


def test_without_any_edge_the_client_gets_servfail_and_nothing_is_remembered(lab):
    lab.serve(record(APEX, "A", "127.0.10.1"))
    address = lab.edge.address
    lab.loop.run(lab.edge.stop())
    assert ask(lab.server).rcode() == dns.rcode.SERVFAIL
    revived = CountingEdge(chance=random.Random(1), negative_ttl_s=5)
    revived.apply(version(zone(record(APEX, "A", "127.0.10.2"))))
    lab.loop.run(revived.start(*address))
    assert addresses(ask(lab.server)) == ["127.0.10.2"]
    lab.loop.run(revived.stop())


def test_a_dead_edge_beside_a_living_one_costs_no_answer(lab):
    lab.serve(record(APEX, "A", "127.0.10.1", ttl_s=0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        nobody = dead.getsockname()
    upstream = Upstream([nobody, lab.edge.address], chance=random.Random(3))
    second = Resolver(
        az="az2", upstream=upstream, record=lab.recorded, now_ns=lab.clock
    )
    lab.loop.run(second.start("127.0.0.1", 0))
    for _ in range(10):
        assert addresses(ask(second.address)) == ["127.0.10.1"]
    lab.loop.run(second.stop())


def test_clients_that_ask_together_share_one_upstream_query(lab):
    lab.serve(record(APEX, "A", "127.0.10.1"))
    wire = dns.message.make_query(ENDPOINT, "A").to_wire()
    request = DnsRequest(wire=wire, client="127.0.0.1", tcp=False)

    async def together() -> list[bytes | None]:
        return await asyncio.gather(
            *(lab.resolver._respond(request) for _ in range(50))
        )

    replies = lab.loop.run(together())
    assert {bytes(reply) for reply in replies} == {replies[0]}
    assert lab.edge.asked == 1
    assert len(lab.recorded.ops) == 50


def test_what_was_used_longest_ago_is_forgotten_first(lab, monkeypatch):
    monkeypatch.setattr(resolver_module, "ENTRIES_MAX", 2)
    names = [f"n{number}" for number in range(3)]
    lab.serve(*(record(f"{name}.{APEX}", "A", "127.0.10.1") for name in names))
    for name in ("n0", "n1", "n0", "n2"):
        ask(lab.server, f"{name}.{ENDPOINT}")
    assert lab.edge.asked == 3
    ask(lab.server, f"n0.{ENDPOINT}")
    assert lab.edge.asked == 3
    ask(lab.server, f"n1.{ENDPOINT}")
    assert lab.edge.asked == 4


def test_junk_is_refused_and_not_recorded(lab):
    reply = exchange(lab.server, b"\0\1\0\0\0\1\0\0\0\0\0\0\3ab")
    assert dns.message.from_wire(reply).rcode() == dns.rcode.FORMERR
    assert lab.recorded.ops == []


def test_replies_that_are_not_to_our_question_are_ignored(lab):
    """An upstream that answers with junk first does not fool the resolver."""

    class Liar(asyncio.DatagramProtocol):
        def connection_made(self, transport) -> None:
            self.transport = transport

        def datagram_received(self, data, addr) -> None:
            query = dns.message.from_wire(data)
            other = dns.message.make_query("other.test", "A", id=query.id)
            self.transport.sendto(b"junk", addr)
            self.transport.sendto(dns.message.make_response(other).to_wire(), addr)
            honest = dns.message.make_response(query)
            honest.set_rcode(dns.rcode.NXDOMAIN)
            self.transport.sendto(honest.to_wire(), addr)

    async def asked() -> dns.message.Message:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            Liar, local_addr=("127.0.0.1", 0)
        )
        address = transport.get_extra_info("sockname")
        upstream = Upstream([address], chance=random.Random(1))
        try:
            return await upstream.ask(dns.name.from_text(ENDPOINT), "A")
        finally:
            upstream.close()
            transport.close()

    response = lab.loop.run(asked())
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.question[0].rdtype == dns.rdatatype.A
