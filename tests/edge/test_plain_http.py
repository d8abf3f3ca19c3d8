"""Ordinary requests are read without a framework, all others handed to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser
from edge_lab import DEADLINE_S, EdgeProcess, raw_exchange
from hypothesis import given
from hypothesis import strategies as st

from gameday.edge.plain_http import NotPlain, PlainRequest, read_request

GET = b"GET /things?a=%20b HTTP/1.1\r\nHost: a\r\nX-Two:  b c \r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

OTHERS = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
    "another version": b"GET / HTTP/1.0\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another method": b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a proxy's target": b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the path": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "our own interface": b"GET /_gameday/status HTTP/1.1\r\nHost: a\r\n\r\n",
    "LocalStack's": b"GET /_localstack/chaos/faults HTTP/1.1\r\nHost: a\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "a go-ahead": b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    "another protocol": b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
    "an end afterwards": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "an end in the second place": b"GET / HTTP/1.1\r\nHost: a\r\n"
    b"Connection: keep-alive\r\nConnection: close\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
    b"content-length: 2\r\n\r\nab",
    "a signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
    "no length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
    "a large body": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nB\r\n\r\n",
    "a lone line feed": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\nC: d\r\n\r\n",
    "a lone return": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n",
    "a zero octet": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x00\r\n\r\n",
    "an endless head": b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 40_000,
}


def all_in(received: bytearray) -> Iterator[PlainRequest]:
    while (request := read_request(received)) is not None:
        yield request


def test_a_request_is_read_with_its_body_and_taken_away():
    received = bytearray(POST + GET + POST[:-1])
    first, second = all_in(received)
    assert (first.method, first.raw_path, first.body) == ("POST", "/", b"hello")
    assert (second.method, second.raw_path) == ("GET", "/things?a=%20b")
    assert second.headers["x-two"] == "b c"
    assert second.body == b""
    assert received == POST[:-1]


@given(st.lists(st.sampled_from([GET, POST]), max_size=4), st.data())
def test_requests_in_pieces_are_the_same_requests(wires: list[bytes], data):
    whole = b"".join(wires)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    received, read = bytearray(), []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        received += whole[start:end]
        read += all_in(received)
    assert [one.method for one in read] == [wire.split()[0].decode() for wire in wires]
    assert not received


@pytest.mark.parametrize("kind", OTHERS)
def test_whatever_is_not_ordinary_is_left_as_it_came(kind: str):
    received = bytearray(OTHERS[kind])
    with pytest.raises(NotPlain):
        read_request(received)
    assert received == OTHERS[kind]


HEADERS = st.sampled_from(
    [
        b"X-Amz-Target: T.Op",
        b"Connection: keep-alive",
        b"Content-Length: 3",
        b"A:\tb\xc3\xa9 ",
        b'a: ,;="\\',
        b"X-Empty:",
        b"Cookie: a=b; c=d",
        b"Content-Length:0",
        b"connection: Close",
        b"Transfer-Encoding: chunked",
        b" folded",
    ]
)
REQUESTS = st.builds(
    lambda method, path, fields, body: b"\r\n".join(
        [b"%b %b HTTP/1.1" % (method, path), b"Host: a", *fields, b"", body]
    ),
    st.sampled_from([b"GET", b"POST", b"DELETE", b"HEAD"]),
    st.sampled_from([b"/", b"/a?b=c", b"//x%2F", b"/a/?/:@", b"/_gameday/x", b"*"]),
    st.lists(HEADERS, max_size=3),
    st.sampled_from([b"", b"abc", b"abcGET / HTTP/1.1\r\n\r\n"]),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    wire = bytearray(draw(REQUESTS))
    for _ in range(draw(st.integers(0, 2))):
        wire[draw(st.integers(0, len(wire) - 1))] = draw(st.integers(0, 255))
    return bytes(wire)


@given(damaged())
def test_what_is_read_here_the_framework_reads_alike(wire: bytes):
    received = bytearray(wire)
    try:
        request = read_request(received)
    except NotPlain:
        return
    if request is None:
        return
    told = asyncio.run(read_by_the_framework(wire[: len(wire) - len(received)]))
    assert told == (
        request.method,
        request.raw_path,
        spelt_alike(request.headers),
        request.body,
    )


def spelt_alike(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Sorted, and small: the framework spells the names that it knows its own way."""
    return sorted((name.lower(), value) for name, value in headers.items())


async def read_by_the_framework(wire: bytes) -> object:
    loop = asyncio.get_running_loop()
    parser = HttpRequestParser(BaseProtocol(loop), loop, 2**16, auto_decompress=False)
    try:
        ((message, payload),), _, tail = parser.feed_data(wire)
    except HttpProcessingError as error:
        return error
    assert not tail
    assert not message.should_close
    body = payload.read_nowait() if payload.total_bytes else b""
    return message.method, message.path, spelt_alike(message.headers), body


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as made:
        yield made


def reply_on(made: socket.socket) -> tuple[bytes, bytes]:
    """The status line and the body of the next reply."""
    stream = made.makefile("rb", buffering=0)
    line, length = stream.readline().rstrip(), 0
    while (field := stream.readline().rstrip().lower()) != b"":
        if field.startswith(b"content-length:"):
            length = int(field.partition(b":")[2])
    body = b""
    while len(body) < length:
        body += stream.read(length - len(body))
    return line, body


def test_requests_of_one_connection_are_answered_in_their_order(
    scripted, scripted_edge: EdgeProcess
):
    scripted.script = lambda seen: (200, {}, seen.target.encode())
    with connected(scripted_edge.port) as made:
        made.sendall(
            b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(8))
        )
        assert [reply_on(made)[1] for _ in range(8)] == [b"/%d" % n for n in range(8)]


def test_a_connection_goes_on_with_whatever_is_asked_on_it(
    scripted, scripted_edge: EdgeProcess
):
    """Ordinary, our own interface, ordinary again, chunks, and the end."""
    scripted.script = lambda seen: (200, {}, seen.body or seen.target.encode())
    ordinary = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
    with connected(scripted_edge.port) as made:
        made.sendall(ordinary + b"GET /_gameday/status HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reply_on(made) == (b"HTTP/1.1 200 OK", b"/x")
        assert "started_ns" in json.loads(reply_on(made)[1])
        made.sendall(ordinary)
        assert reply_on(made) == (b"HTTP/1.1 200 OK", b"/x")
        made.sendall(
            b"POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n0\r\n\r\n"
        )
        assert reply_on(made) == (b"HTTP/1.1 200 OK", b"abc")
        made.sendall(b"GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert reply_on(made) == (b"HTTP/1.1 200 OK", b"/z")
        assert made.recv(1) == b""


def test_a_caller_that_has_gone_is_a_lost_reply_and_no_failure(
    scripted_edge: EdgeProcess,
):
    """Its reply would be a reset, of a connection that is closed already."""
    rule = scripted_edge.control.set_rule(
        {
            "match": {"operation": "PutItem"},
            "fault": {"kind": "hold", "on_disconnect": "drop"},
        }
    )
    with connected(scripted_edge.port) as made:
        made.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: DynamoDB_20120810.PutItem"
            b"\r\nContent-Length: 2\r\n\r\n{}"
        )
        assert scripted_edge.control.await_hold(rule)
    assert scripted_edge.ruled_on(rule).outcome == "fail"
    failed = [op for op in scripted_edge.control.history() if "failure" in op.operation]
    assert failed == []


def test_a_reply_is_dated_once_and_has_no_body_where_there_is_none(
    scripted, scripted_edge: EdgeProcess
):
    request = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    scripted.script = lambda _: (200, {"Date": "then"}, b"")
    assert raw_exchange(scripted_edge.port, request + last).count(b"Date: then") == 2
    scripted.script = lambda _: (204, {}, b"")
    first, _ = raw_exchange(scripted_edge.port, request + last).split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert first.count(b"Date: ") == 1
    assert b"Content-Length" not in first
