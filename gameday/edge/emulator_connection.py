"""How does one request travel over one connection to the emulator, and when again?

A connection carries one request at a time and is kept for the next one when
exactly its reply has come. Whoever is idle for longer than `KEEPALIVE_S` is not
used again, which is less than any emulator keeps an idle connection: one that the
emulator is just closing would lose a request.

Nothing is ever sent twice. Waiting has an end (`REPLY_TIMEOUT_S` without an
octet), and a caller that stops waiting takes the connection down with it, because
the reply would otherwise be read as the next one's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

from gameday.edge.reply_reader import MalformedReply, ReplyReader

if TYPE_CHECKING:
    from gameday.edge.error_reply import Reply

__all__ = ["ConnectionPool", "NoConnection"]

CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 120.0
KEEPALIVE_S = 2.0
"""MiniStack keeps an idle connection for 5 s, moto's own server for none."""


class NoConnection(Exception):
    """There is no connection; nothing was sent."""


class ConnectionPool:
    """The connections to one address. All of its life is on one loop."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()

    async def exchange(self, request: bytes, *, method: str) -> Reply:
        """Send one request once and return the whole reply.

        Args:
            request: head and body.
            method: its method, in upper case.

        Raises:
            NoConnection: there is none; the request did not leave.
            MalformedReply: it left, and what came back is not a reply.
            OSError: it left, and the connection broke.
        """
        connection = self._kept() or await self._connect()
        self._busy.add(connection)
        try:
            reply = await connection.exchange(request, method)
        except BaseException:
            connection.abort()
            raise
        finally:
            self._busy.discard(connection)
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.abort()
        return reply

    def close(self) -> None:
        """Break every connection; whoever waits for a reply gets an OSError."""
        for each in (*self._idle, *self._busy):
            each.abort()
        self._idle.clear()

    def _kept(self) -> _Connection | None:
        """Return the connection that was used last; drop those idle for too long."""
        if not self._idle:
            return None
        oldest_s = asyncio.get_running_loop().time() - KEEPALIVE_S
        while self._idle and self._idle[0].heard_s < oldest_s:
            self._idle.popleft().abort()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, connection = await loop.create_connection(
                    lambda: _Connection(loop), self._host, self._port
                )
        except TimeoutError as error:
            raise NoConnection("does not accept connections") from error
        except OSError as error:
            raise NoConnection(f"does not answer: {error}") from error
        return connection


class _Connection(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.heard_s = loop.time()
        self.reusable = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, method: str) -> Reply:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._reader = ReplyReader(method=method)
        self._reply = self._loop.create_future()
        self.reusable = False
        self.heard_s = self._loop.time()
        if self._watch is None:
            self._watch = self._loop.call_later(REPLY_TIMEOUT_S, self._look)
        self._transport.write(request)
        return await self._reply

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not every event loop's transports say by their class what they are.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.heard_s = self._loop.time()
        if self._reader is None:
            # Nobody asked; what comes now would be taken for the next reply.
            self.abort()
            return
        try:
            reply = self._reader.feed(data)
        except MalformedReply as error:
            self._fail(error)
            return
        if reply is not None:
            self.reusable = self._reader.reusable
            self._settle(reply)

    def eof_received(self) -> None:
        if self._reader is None:
            return
        try:
            self._settle(self._reader.end())
        except MalformedReply as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._fail(exc or ConnectionResetError("the connection was closed"))

    def _look(self) -> None:
        """Give up on a reply of which nothing has come for too long.

        One timer watches a connection over many replies: setting one for each
        costs more than the rest of the waiting.
        """
        self._watch = None
        if self._reader is None:
            return
        left_s = self.heard_s + REPLY_TIMEOUT_S - self._loop.time()
        if left_s > 0:
            self._watch = self._loop.call_later(left_s, self._look)
        else:
            self._fail(TimeoutError(f"nothing came for {REPLY_TIMEOUT_S:.0f} s"))

    def _settle(self, reply: Reply) -> None:
        self._reader = None
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)

    def _fail(self, error: Exception) -> None:
        self._reader = None
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)
