"""Replies in pieces, replies of every framing, and what is not a reply."""

from __future__ import annotations

import pytest

from gameday.edge.error_reply import Reply
from gameday.edge.reply_reader import (
    BODY_BYTES_MAX,
    HEAD_BYTES_MAX,
    MalformedReply,
    ReplyReader,
)

OK = b"HTTP/1.1 200 OK\r\n"


def read(wire: bytes, *, method: str = "POST") -> tuple[Reply | None, bool]:
    reader = ReplyReader(method=method)
    return reader.feed(wire), reader.reusable


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (OK + b"Content-Length: 4\r\n\r\nbody", b"body"),
        (OK + b"content-length:4\r\nContent-Length: 4\r\n\r\nbody", b"body"),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b""),
        (
            OK + b"Transfer-Encoding: Chunked\r\n\r\n2;x=1\r\nbo\r\n02\r\ndy\r\n0\r\n"
            b"X-Sum: 1\r\n\r\n",
            b"body",
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
            + OK
            + b"Content-Length: 1\r\n\r\n!",
            b"!",
        ),
    ],
)
def test_a_reply_is_the_same_whole_and_octet_by_octet(wire, body):
    whole, reusable = read(wire)
    assert whole is not None
    assert whole.body == body
    assert reusable

    reader = ReplyReader(method="POST")
    pieces = [reader.feed(wire[at : at + 1]) for at in range(len(wire))]
    assert pieces[:-1] == [None] * (len(wire) - 1)
    assert pieces[-1] == whole


def test_the_reply_to_head_has_a_length_and_no_body():
    reply, reusable = read(OK + b"Content-Length: 9\r\n\r\n", method="HEAD")
    assert reply is not None
    assert reply.headers == (("Content-Length", "9"),)
    assert reply.body == b""
    assert reusable


def test_hop_by_hop_headers_stay_and_repeated_ones_go_through():
    reply, _ = read(
        OK + b"Content-Length: 0\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a=1\r\n"
        b"Set-Cookie: b=2\r\nX-Name:  M\xc3\xbcller \xff \r\n\r\n"
    )
    assert reply is not None
    assert reply.headers == (
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Name", "Müller \udcff"),
    )


@pytest.mark.parametrize(
    "wire",
    [
        OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore",
    ],
)
def test_a_connection_that_says_close_or_too_much_is_not_used_again(wire):
    reply, reusable = read(wire)
    assert reply is not None
    assert not reusable


def test_an_old_server_may_keep_its_connection():
    head = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    assert read(head)[1]


def test_without_a_length_the_end_of_the_connection_ends_the_reply():
    reader = ReplyReader(method="GET")
    assert reader.feed(OK + b"\r\nbo") is None
    assert reader.feed(b"dy") is None
    assert reader.end().body == b"body"
    assert not reader.reusable


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        OK,
        OK + b"Content-Length: 4\r\n\r\nbod",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_an_early_end_is_not_a_reply(wire):
    reader = ReplyReader(method="GET")
    assert reader.feed(wire) is None
    with pytest.raises(MalformedReply, match="ended before"):
        reader.end()


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "status line"),
        (b"HTTP/2 200\r\n\r\n", "status line"),
        (OK + b"no colon\r\n\r\n", "not a header"),
        (OK + b"Folded: a\r\n b\r\n\r\n", "not a header"),
        (OK + b"Content-Length : 4\r\n\r\nbody", "not a header"),
        (OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n", "no one Content"),
        (OK + b"Content-Length: -1\r\n\r\n", "no one Content"),
        (OK + b"Content-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1), "body of more"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer coding"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "size of a chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nbody\r\n", "does not end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", "body of more"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 5000, "too long a line"),
        (OK + b"X: " + b"x" * HEAD_BYTES_MAX, "head of more"),
    ],
)
def test_what_is_not_http_is_refused(wire, said):
    with pytest.raises(MalformedReply, match=said):
        read(wire)
