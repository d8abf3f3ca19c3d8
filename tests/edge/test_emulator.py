"""Requests to an emulator over real sockets, and what its silence means."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gameday.edge import emulator_connection
from gameday.edge.emulator import Emulator, NotSent, ReplyLost

DEADLINE_S = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def on_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test to its end, or to the deadline."""

    @functools.wraps(test)
    def run(*args: Any, **given: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **given), DEADLINE_S))

    return run


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Emulator]:
    """Play `script` on each connection; yields an emulator that leads there."""
    writers: list[asyncio.StreamWriter] = []

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writers.append(writer)
        await script(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    emulator = Emulator(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base")
    await emulator.start()
    try:
        yield emulator
    finally:
        await emulator.stop()
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


class Server:
    """Answers every request, and keeps them with the connection they came over."""

    def __init__(self, reply: bytes = OK, *, replies: int = 1_000) -> None:
        self.heads: list[tuple[int, str]] = []
        self.connections = 0
        self._reply = reply
        self._replies = replies

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        number = self.connections
        for _ in range(self._replies):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            self.heads.append((number, head.decode()))
            writer.write(self._reply)
            await writer.drain()
        writer.close()


@on_a_loop
async def test_calls_one_after_the_other_share_a_connection():
    server = Server()
    async with serving(server) as emulator:
        for _ in range(3):
            assert (await emulator.send("GET", "/x?a=1", ())).body == b"{}"
    assert server.connections == 1
    assert server.heads[0][1].startswith("GET /base/x?a=1 HTTP/1.1\r\nHost: 127.0.0.1:")


@on_a_loop
async def test_calls_at_the_same_time_have_a_connection_each():
    server = Server()
    async with serving(server) as emulator:
        await asyncio.gather(*(emulator.send("GET", "/", ()) for _ in range(5)))
        await asyncio.gather(*(emulator.send("GET", "/", ()) for _ in range(5)))
    assert server.connections == 5


@on_a_loop
async def test_headers_go_through_and_those_of_the_connection_do_not():
    server = Server()
    async with serving(server) as emulator:
        given = (
            ("Host", "dynamodb.test"),
            ("Connection", "keep-alive, X-Mine"),
            ("x-mine", "1"),
            ("Content-Length", "99"),
            ("X-Amz-Date", "now"),
        )
        await emulator.send("POST", "/", given)
    assert server.heads[0][1].splitlines() == [
        "POST /base/ HTTP/1.1",
        "Host: dynamodb.test",
        "X-Amz-Date: now",
        "Content-Length: 0",
        "",
    ]


@on_a_loop
async def test_a_connection_idle_for_too_long_is_not_used_again(monkeypatch):
    monkeypatch.setattr(emulator_connection, "KEEPALIVE_S", -1.0)
    server = Server()
    async with serving(server) as emulator:
        for _ in range(3):
            await emulator.send("GET", "/", ())
    assert server.connections == 3


@on_a_loop
async def test_a_connection_that_the_emulator_closed_is_not_used_again():
    server = Server(replies=1)
    async with serving(server) as emulator:
        for _ in range(3):
            await emulator.send("GET", "/", ())
            assert emulator._pool is not None
            while emulator._pool._idle[-1].is_open:  # noqa: ASYNC110 - has no event
                await asyncio.sleep(0)
    assert server.connections == 3


@on_a_loop
async def test_octets_that_nobody_asked_for_are_never_the_next_reply():
    server = Server(OK + b"HTTP/1.1 500 Wrong\r\nContent-Length: 0\r\n\r\n")
    async with serving(server) as emulator:
        for _ in range(3):
            assert (await emulator.send("GET", "/", ())).status == 200
    assert server.connections == 3


@on_a_loop
async def test_nothing_is_sent_twice_when_the_connection_breaks():
    server = Server(b"", replies=1)
    async with serving(server) as emulator:
        with pytest.raises(ReplyLost, match="ended before the reply"):
            await emulator.send("PUT", "/", (), b"")
    assert len(server.heads) == 1


@on_a_loop
async def test_a_silent_emulator_has_an_end(monkeypatch):
    monkeypatch.setattr(emulator_connection, "REPLY_TIMEOUT_S", 0.05)
    async with serving(Server(b"HTTP/1.1 200 OK\r\n")) as emulator:
        with pytest.raises(ReplyLost, match="nothing came"):
            await emulator.send("GET", "/", ())


@on_a_loop
async def test_whoever_stops_waiting_does_not_leave_a_reply_to_the_next():
    arrived, answer = asyncio.Event(), asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/slow" in head:
            arrived.set()
            await answer.wait()
        writer.write(OK.replace(b"{}", head[10:12]))

    async with serving(late) as emulator:
        slow = asyncio.create_task(emulator.send("GET", "/slow", ()))
        await arrived.wait()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        answer.set()
        assert (await emulator.send("GET", "/quick", ())).body == b"qu"


@on_a_loop
async def test_an_emulator_that_is_not_there_was_sent_nothing():
    async with serving(Server()) as emulator:
        pass
    await emulator.start()
    with pytest.raises(NotSent, match="does not answer"):
        await emulator.send("GET", "/", ())
    await emulator.stop()
    with pytest.raises(NotSent, match="stopping"):
        await emulator.send("GET", "/", ())


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", ()),
        ("/a\r\nX: 1", ()),
        ("/", (("X", "1\r\nY: 2"),)),
    ],
)
@on_a_loop
async def test_a_request_that_would_be_two_is_not_sent(target, headers):
    server = Server()
    async with serving(server) as emulator:
        with pytest.raises(NotSent, match="one head"):
            await emulator.send("GET", target, headers)
    assert server.connections == 0
