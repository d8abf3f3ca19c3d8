"""How do DNS messages get in and out of this process, over UDP and TCP?

A `DnsListener` owns one address and port for both transports and hands every
message to a responder. It knows nothing of what the messages say.

Nothing that arrives may stop it: a responder is expected to answer everything,
and whatever it raises is logged and costs that one message. Everything is
bounded: UDP queries in flight, TCP connections, and the time a TCP connection
may be idle.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["DnsListener", "DnsRequest", "Responder"]

QUERIES_IN_FLIGHT_MAX = 2_000
TCP_CONNECTIONS_MAX = 256
TCP_IDLE_TIMEOUT_S = 10.0
PORT_ATTEMPTS_MAX = 20
RECEIVE_BUFFER_OCTETS = 1 << 20

_LENGTH_OCTETS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRequest:
    """One message as it came in.

    Attributes:
        wire: its octets.
        client: the sender's IP address.
        tcp: whether it came over TCP.
    """

    wire: bytes
    client: str
    tcp: bool


if TYPE_CHECKING:
    Responder = Callable[[DnsRequest], bytes | Awaitable[bytes | None] | None]
    """Returns the response, or None to stay silent, now or when awaited."""


class DnsListener:
    """One address that takes DNS queries over UDP and TCP."""

    def __init__(self, respond: Responder) -> None:
        self._respond = respond
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self.address: tuple[str, int] = ("", 0)

    async def start(self, host: str, port: int) -> None:
        """Bind both transports.

        Args:
            host: an IP address of this machine.
            port: the port; 0 takes one that is free for both.

        Raises:
            InvalidInput: the port is in use.
        """
        udp, tcp = _bound_pair(host, port)
        self.address = udp.getsockname()[:2]
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), sock=udp
        )
        self._server = await asyncio.start_server(
            self._connected, sock=tcp, backlog=TCP_CONNECTIONS_MAX
        )

    async def stop(self) -> None:
        """Close both transports; queries in flight are abandoned."""
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
        tasks = [*self._tasks, *self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # Transports report their end one turn later.

    def datagram(self, data: bytes, sender: tuple[str, int]) -> None:
        """Take one UDP message."""
        reply = self._begin(DnsRequest(wire=data, client=sender[0], tcp=False))
        if isinstance(reply, bytes):
            self._send(reply, sender)
        elif reply is not None:
            if len(self._tasks) >= QUERIES_IN_FLIGHT_MAX:
                # The query is lost, as on a network that is full.
                if asyncio.iscoroutine(reply):
                    reply.close()
                return
            task = asyncio.create_task(self._send_later(reply, sender))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _send(self, reply: bytes, sender: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(reply, sender)

    async def _send_later(
        self, pending: Awaitable[bytes | None], sender: tuple[str, int]
    ) -> None:
        reply = await self._finish(pending)
        if reply is not None:
            self._send(reply, sender)

    def _begin(self, request: DnsRequest) -> bytes | Awaitable[bytes | None] | None:
        try:
            return self._respond(request)
        except Exception:  # noqa: BLE001 - one bad message must not stop the rest
            _log.exception("no reply to a DNS query from %s", request.client)
            return None

    async def _finish(self, pending: Awaitable[bytes | None]) -> bytes | None:
        try:
            return await pending
        except Exception:  # noqa: BLE001 - one bad message must not stop the rest
            _log.exception("no reply to a DNS query")
            return None

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= TCP_CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # The client left, was cut off, or said nothing for too long.
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        client = writer.get_extra_info("peername")[0]
        while True:
            async with asyncio.timeout(TCP_IDLE_TIMEOUT_S):
                length = int.from_bytes(await reader.readexactly(_LENGTH_OCTETS))
                wire = await reader.readexactly(length)
            reply = self._begin(DnsRequest(wire=wire, client=client, tcp=True))
            if reply is not None and not isinstance(reply, bytes):
                reply = await self._finish(reply)
            if reply is None:
                return
            writer.write(len(reply).to_bytes(_LENGTH_OCTETS) + reply)
            async with asyncio.timeout(TCP_IDLE_TIMEOUT_S):
                await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, listener: DnsListener) -> None:
        self._listener = listener

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.datagram(data, addr)


def _bound_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Bind one port on UDP and TCP; port 0 tries until one is free for both."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(PORT_ATTEMPTS_MAX if port == 0 else 1):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        tcp = socket.socket(family, socket.SOCK_STREAM)
        try:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
            udp.bind((host, port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((host, udp.getsockname()[1]))
            tcp.listen(TCP_CONNECTIONS_MAX)
        except OSError as error:
            udp.close()
            tcp.close()
            reason = error.strerror or str(error)
        else:
            return udp, tcp
    raise InvalidInput(f"DNS address {host}:{port} cannot be used: {reason}")
