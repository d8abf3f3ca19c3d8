"""How does a resolver put a question to an authoritative DNS edge?

By a real query: UDP first, TCP when the answer says it was cut short. One
connected socket an edge carries all queries; replies are told apart by id and
question, and anything else that arrives is ignored.

While it is cut off no query leaves and no reply comes in, which takes as long as
losing them would.

A lost query is asked again, of another edge if there is one, at most
`ATTEMPTS_MAX` times; then the question has no answer and the caller is told so.
An edge that answers SERVFAIL or REFUSED is not asked again, but each other edge
is, as far as the attempts reach: one sick server beside a sound one costs time
and no answer.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode

from gameday.edge.dns_message import UDP_PAYLOAD_MAX

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ["ATTEMPTS_MAX", "NoAnswer", "Upstream"]

ATTEMPTS_MAX = 3
ATTEMPT_TIMEOUT_S = 0.5

_IDS = 1 << 16
_FAILURES = (dns.rcode.SERVFAIL, dns.rcode.REFUSED)


class NoAnswer(Exception):
    """No DNS edge answered; the asker gets SERVFAIL."""


class Upstream:
    """Asks the authoritative edges."""

    def __init__(
        self,
        edges: Sequence[tuple[str, int]],
        *,
        chance: random.Random,
        source: str | None = None,
    ) -> None:
        """Make it.

        Args:
            edges: addresses and ports of the edges.
            chance: draws message ids and which edge is asked first.
            source: IP address to ask from, so that the edges know who asks;
                None leaves it to the system.
        """
        self._edges = tuple(edges)
        self._chance = chance
        self._local = (source, 0) if source else None
        self._sockets: dict[tuple[str, int], _Socket] = {}
        self.cut_off = False

    async def ask(self, name: dns.name.Name, record_type: str) -> dns.message.Message:
        """Return an edge's response; raises NoAnswer when none comes."""
        if not self._edges:
            raise NoAnswer(f"{name} {record_type}: there are no DNS edges")
        first = self._chance.randrange(len(self._edges))
        failure: dns.message.Message | None = None
        for attempt in range(ATTEMPTS_MAX):
            edge = self._edges[(first + attempt) % len(self._edges)]
            query = dns.message.make_query(
                name,
                record_type,
                use_edns=0,
                payload=UDP_PAYLOAD_MAX,
                id=self._chance.randrange(_IDS),
            )
            query.flags &= ~dns.flags.RD
            try:
                async with asyncio.timeout(ATTEMPT_TIMEOUT_S):
                    response = await self._ask_edge(edge, query)
            except (OSError, EOFError, dns.exception.DNSException):
                continue
            if response.rcode() not in _FAILURES:
                return response
            failure = response
            if attempt + 1 >= len(self._edges):
                break
        if failure is not None:
            return failure
        raise NoAnswer(f"{name} {record_type}: no DNS edge answered")

    def close(self) -> None:
        """Close the sockets."""
        for socket in self._sockets.values():
            socket.close()
        self._sockets.clear()

    async def _ask_edge(
        self, edge: tuple[str, int], query: dns.message.Message
    ) -> dns.message.Message:
        if not self.cut_off:
            response = await (await self._socket(edge)).ask(query)
            if response.flags & dns.flags.TC:
                response = await self._ask_by_tcp(edge, query)
            if not self.cut_off:
                return response
        nothing: asyncio.Future[dns.message.Message] = asyncio.Future()
        # The attempt's time ends this.
        return await nothing

    async def _socket(self, edge: tuple[str, int]) -> _Socket:
        socket = self._sockets.get(edge)
        if socket is None or socket.closed:
            loop = asyncio.get_running_loop()
            _, socket = await loop.create_datagram_endpoint(
                _Socket, remote_addr=edge, local_addr=self._local
            )
            # Another query may have opened one meanwhile; one of them is enough.
            present = self._sockets.get(edge)
            if present is not None and not present.closed:
                socket.close()
                return present
            self._sockets[edge] = socket
        return socket

    async def _ask_by_tcp(
        self, edge: tuple[str, int], query: dns.message.Message
    ) -> dns.message.Message:
        reader, writer = await asyncio.open_connection(*edge, local_addr=self._local)
        try:
            wire = query.to_wire()
            writer.write(struct.pack("!H", len(wire)) + wire)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            response = dns.message.from_wire(await reader.readexactly(length))
        finally:
            writer.transport.abort()
        if not query.is_response(response):
            raise OSError("a reply to another question")
        return response


class _Socket(asyncio.DatagramProtocol):
    """One connected UDP socket; at most one query in flight for each id."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.DatagramTransport | None = None
        self._asked: dict[
            int, tuple[dns.message.Message, asyncio.Future[dns.message.Message]]
        ] = {}

    async def ask(self, query: dns.message.Message) -> dns.message.Message:
        if self._transport is None or query.id in self._asked:
            raise OSError("the socket is not ready for this query")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[dns.message.Message] = loop.create_future()
        self._asked[query.id] = (query, future)
        try:
            self._transport.sendto(query.to_wire())
            return await future
        finally:
            del self._asked[query.id]

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.closed = True
        self.error_received(OSError("the socket was closed"))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: every query in flight fails at once."""
        for _, future in self._asked.values():
            if not future.done():
                future.set_exception(exc)

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        try:
            response = dns.message.from_wire(data)
        except Exception:  # noqa: BLE001 - junk from anywhere is ignored
            return
        query, future = self._asked.get(response.id, (None, None))
        if query and future and not future.done() and query.is_response(response):
            future.set_result(response)
