"""Which sockets make an address take, refuse, swallow or reset connections?

* A bound socket that does not listen: connects are refused, and nobody else can
  take the port. Held for as long as the load balancer exists.
* A listener beside it; `SO_REUSEADDR` on both lets them share the address.
* A black hole, made without privileges: a socket that listens with a backlog of
  0 and is never accepted from. One connection of our own fills the backlog; from
  then on Linux drops every SYN, so connects time out (with its default
  `tcp_abort_on_overflow=0`).
* A connection closed without lingering: its peer sees a reset, not an end.
"""

from __future__ import annotations

import asyncio
import socket
import struct

from gameday.errors import InvalidInput

__all__ = ["bind", "bind_all", "black_hole", "reset_connection"]

PORT_ATTEMPTS_MAX = 20
FILLERS_MAX = 8
FILL_TIMEOUT_S = 0.05


def bind_all(addresses: list[str], port: int) -> list[socket.socket]:
    """Bind one port on every address; port 0 tries until one is free on all.

    Raises:
        InvalidInput: an address and port cannot be used; none is left open.
    """
    for attempt in range(1, PORT_ATTEMPTS_MAX + 1):
        made: list[socket.socket] = []
        wanted = port
        try:
            for address in addresses:
                made.append(bind(address, wanted))
                wanted = made[0].getsockname()[1]
        except OSError as error:
            for each in made:
                each.close()
            if port or attempt == PORT_ATTEMPTS_MAX:
                raise InvalidInput(
                    f"load balancer address {address}:{wanted} cannot be used: "
                    f"{error.strerror}"
                ) from error
        else:
            return made
    return []


def bind(address: str, port: int) -> socket.socket:
    """Return a socket bound there that does not listen; raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


async def black_hole(address: tuple[str, int]) -> list[socket.socket]:
    """Return sockets that, while they are open, let connects time out.

    Raises:
        OSError: this machine goes on accepting; none is left open.
    """
    listener = bind(*address)
    listener.listen(0)
    sockets = [listener]
    loop = asyncio.get_running_loop()
    for _ in range(FILLERS_MAX):
        filler = socket.socket(listener.family, socket.SOCK_STREAM)
        filler.setblocking(False)
        sockets.append(filler)
        try:
            async with asyncio.timeout(FILL_TIMEOUT_S):
                await loop.sock_connect(filler, address)
        except TimeoutError:
            return sockets  # The backlog is full: every client now meets this.
    for each in sockets:
        each.close()
    raise OSError(f"{address[0]}:{address[1]} cannot be black-holed on this machine")


def reset_connection(transport: asyncio.BaseTransport | None) -> None:
    """Break a connection so that its peer sees a reset; None is one that is gone."""
    if not isinstance(transport, asyncio.WriteTransport):
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        linger_off = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
    transport.abort()
