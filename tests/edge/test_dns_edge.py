"""One authoritative server over real sockets, with what should not be sent to it."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections import Counter
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from dns_lab import (
    APEX,
    DEADLINE_S,
    ENDPOINT,
    ZONE_ID,
    LoopThread,
    addresses,
    alias,
    ask,
    broken,
    exchange,
    plan_tree,
    record,
    version,
    zone,
)

from gameday.edge.dns import DnsEdge
from gameday.edge.dns_transport import TCP_CONNECTIONS_MAX, DnsRequest
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from gameday.model.hosted_zone import Zone

DATAGRAMS = 20_000
BURST = 200
"""Datagrams sent before one valid query is awaited, so that none is lost."""


def edge_with(*zones: Zone, seed: int = 1) -> DnsEdge:
    edge = DnsEdge(chance=random.Random(seed), negative_ttl_s=5)
    for each in zones:
        edge.apply(version(each))
    return edge


def main_zone():
    return zone(
        alias(APEX, f"plan-000110.{APEX}"),
        *plan_tree(110, 1, 3),
        record(f"one.{APEX}", "A", "127.0.10.1"),
        record(f"broken.{APEX}", "A", "not an address"),
    )


@pytest.fixture(scope="module")
def server():
    edge = edge_with(main_zone())
    with LoopThread() as loop:
        loop.run(edge.start("127.0.0.1", 0))
        yield edge.address
        loop.run(edge.stop())


def wire_of(name: str = f"one.{ENDPOINT}", record_type: str = "A") -> bytes:
    # One id: a parameter that differs in each process is two tests to xdist.
    return dns.message.make_query(name, record_type, id=7).to_wire()


def udp(edge: DnsEdge, wire: bytes) -> dns.message.Message | None:
    reply = edge.respond(DnsRequest(wire=wire, client="127.0.0.1", tcp=False))
    return None if reply is None else dns.message.from_wire(reply)


def test_the_server_survives_random_and_broken_datagrams(server):
    """Whatever comes in, the next valid query is answered."""
    chance = random.Random(7)
    valid = wire_of()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(server)
        for number in range(DATAGRAMS):
            client.send(broken(chance, valid))
            if number % BURST == BURST - 1:
                assert addresses(ask(server, f"one.{ENDPOINT}")) == ["127.0.10.1"]


def test_random_octets_never_raise_and_never_answer_a_response():
    edge = edge_with(main_zone())
    chance = random.Random(8)
    for _ in range(5_000):
        wire = broken(chance, wire_of())
        reply = edge.respond(DnsRequest(wire=wire, client="127.0.0.1", tcp=False))
        if len(wire) < 12 or wire[2] & 0x80:
            assert reply is None
        else:
            assert reply is not None
            assert reply[:2] == wire[:2]


@pytest.mark.parametrize(
    ("wire", "rcode"),
    [
        (struct.pack("!HHHHHH", 7, 0, 0, 0, 0, 0), dns.rcode.FORMERR),
        (
            struct.pack("!HHHHHH", 7, 0, 2, 0, 0, 0) + b"\0\0\1\0\1" * 2,
            dns.rcode.FORMERR,
        ),
        (struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\3ab", dns.rcode.FORMERR),
        (
            struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
            dns.rcode.FORMERR,
        ),
        (wire_of() + b"junk", dns.rcode.FORMERR),
        (wire_of(record_type="AXFR"), dns.rcode.REFUSED),
        (wire_of(record_type="IXFR"), dns.rcode.REFUSED),
        (wire_of(record_type="TKEY"), dns.rcode.NOTIMP),
    ],
)
def test_what_cannot_be_answered_is_refused_as_the_standards_say(wire, rcode):
    response = udp(edge_with(main_zone()), wire)
    assert response is not None
    assert response.rcode() == rcode
    assert response.flags & dns.flags.QR


def test_a_signed_query_is_notauth_because_no_key_is_known():
    query = dns.message.make_query(ENDPOINT, "A")
    query.use_tsig({dns.name.from_text("key."): b"secret"}, "key.")
    response = udp(edge_with(main_zone()), query.to_wire())
    assert response is not None
    assert response.rcode() == dns.rcode.NOTAUTH


def test_a_value_that_does_not_parse_is_servfail_for_that_name_only(server):
    assert ask(server, f"broken.{ENDPOINT}").rcode() == dns.rcode.SERVFAIL
    assert addresses(ask(server, f"one.{ENDPOINT}")) == ["127.0.10.1"]


def test_weights_hold_over_real_queries(server):
    counted = Counter(addresses(ask(server))[0] for _ in range(800))
    assert set(counted) == {"127.0.10.1", "127.0.10.2"}
    assert 150 < counted["127.0.10.1"] < 250


def test_the_same_seed_draws_the_same_answers():
    def drawn(seed: int) -> list[str]:
        edge = edge_with(main_zone(), seed=seed)
        return [addresses(udp(edge, wire_of(ENDPOINT)))[0] for _ in range(50)]

    assert drawn(3) == drawn(3) != drawn(4)


def test_a_kept_answer_gets_the_id_of_its_own_query():
    edge = edge_with(main_zone())
    wire = wire_of()
    first, second = udp(edge, b"\0\1" + wire[2:]), udp(edge, b"\0\2" + wire[2:])
    assert (first.id, second.id) == (1, 2)
    assert addresses(first) == addresses(second)


def test_kept_answers_keep_the_case_in_which_they_were_asked():
    edge = edge_with(main_zone())
    for name in ("one", "ONE", "One", "ONE"):
        response = udp(edge, wire_of(f"{name}.{ENDPOINT}"))
        assert response.answer[0].name.labels[0] == name.encode()


def test_a_new_version_replaces_kept_answers():
    edge = edge_with(main_zone())
    assert addresses(udp(edge, wire_of())) == ["127.0.10.1"]
    edge.apply(version(zone(record(f"one.{APEX}", "A", "127.0.10.2")), 2))
    assert addresses(udp(edge, wire_of())) == ["127.0.10.2"]
    assert edge.version_of(ZONE_ID) == 2


def test_a_removed_zone_is_refused_from_then_on():
    edge = edge_with(main_zone())
    edge.apply(version(main_zone(), 2, removed=True))
    assert udp(edge, wire_of()).rcode() == dns.rcode.REFUSED
    assert edge.version_of(ZONE_ID) == 0


def test_one_tcp_connection_takes_several_queries(server):
    with socket.create_connection(server, timeout=DEADLINE_S) as connection:
        for _ in range(3):
            query = dns.message.make_query(f"one.{ENDPOINT}", "A")
            dns.query.send_tcp(connection, query)
            response, _ = dns.query.receive_tcp(connection)
            assert addresses(response) == ["127.0.10.1"]


def test_junk_over_tcp_ends_that_connection_only(server):
    for junk in (b"\0\4abcd", b"\xff\xffxx", b"\0"):
        with socket.create_connection(server, timeout=DEADLINE_S) as connection:
            connection.sendall(junk)
            connection.shutdown(socket.SHUT_WR)
            assert connection_ended(connection)
    assert addresses(ask(server, f"one.{ENDPOINT}", tcp=True)) == ["127.0.10.1"]


def connection_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_tcp_connections_beyond_the_limit_are_ended_and_udp_goes_on(server):
    with contextlib.ExitStack() as held:
        for _ in range(TCP_CONNECTIONS_MAX + 1):
            last = held.enter_context(
                socket.create_connection(server, timeout=DEADLINE_S)
            )
        assert connection_ended(last)
        assert addresses(ask(server, f"one.{ENDPOINT}")) == ["127.0.10.1"]


def test_a_port_in_use_is_named(server):
    with LoopThread() as loop, pytest.raises(InvalidInput, match=f":{server[1]} "):
        loop.run(edge_with().start(*server))


def test_an_empty_datagram_is_not_answered_but_the_next_one_is(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(server)
        client.send(b"")
    assert exchange(server, wire_of())
