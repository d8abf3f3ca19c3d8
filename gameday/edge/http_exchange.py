"""How is one HTTP request read from aiohttp, and how is it answered or lost?

aiohttp's low-level server leaves to its handler what its web framework does:
reading the body within limits, `Expect: 100-continue`, and proxies' request
targets. Losing a reply is done to the socket: a reset, so that the client sees
a broken connection at once, or silence for as long as the client has patience.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from gameday.edge.listening import reset_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.edge.call import Call, RequestHead
    from gameday.edge.error_reply import Reply
    from gameday.edge.rules import Ruling

__all__ = [
    "BODY_BYTES_MAX",
    "BodyTooLarge",
    "Exchange",
    "How",
    "HttpRequest",
    "Lost",
    "forwarded_headers",
    "lose_reply",
    "read_body",
    "request_target",
    "web_response",
]

How = Literal["reset", "hang"]

BODY_BYTES_MAX = 20 << 20
HANG_S_MAX = 600.0
_CLIENT_LOOKED_AT_EVERY_S = 0.05


class HttpRequest(Protocol):
    """What is asked of a request, whoever has read it.

    `raw_path` is the target as it came, `headers` ignores case, and `transport` is
    the connection's, None for one that is gone.
    """

    @property
    def raw_path(self) -> str: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def transport(self) -> asyncio.Transport | None: ...  # noqa: D102


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request on its way through.

    Attributes:
        http: the request as it was read.
        head: its head.
        body: its body, whole.
        call: what it asks.
        start_ns: when it came in.
        ruling: what the rules said, None to let it pass.
        forwarded: whether it has, or may have, reached the emulator.
        answers: whether the caller waits for its reply, as for a further delivery
            of the same request nobody does.
        notes: what the fault has to say of this call, for the history.
    """

    http: HttpRequest
    head: RequestHead
    body: bytes
    call: Call
    start_ns: int
    ruling: Ruling | None = None
    forwarded: bool = False
    answers: bool = True
    notes: dict[str, Any] = field(default_factory=dict)

    def client_present(self) -> bool:
        """Whether the caller's connection is still open."""
        transport = self.http.transport
        return transport is not None and not transport.is_closing()


@dataclass(frozen=True, slots=True)
class Lost:
    """The caller gets no reply.

    Attributes:
        how: the connection breaks at once, or when the client gives up.
        until: ends the silence of "hang", None for nothing.
    """

    how: How
    until: asyncio.Event | None = None


class BodyTooLarge(Exception):
    """The request's body is larger than the edge takes."""


async def lose_reply(exchange: Exchange, lost: Lost, stopping: asyncio.Event) -> None:
    """Answer nothing: break the connection now, or when the client gives up.

    Args:
        exchange: the request.
        lost: how; a silence lasts `HANG_S_MAX` at most.
        stopping: ends every silence.
    """
    if lost.how == "hang":
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + HANG_S_MAX
        while exchange.client_present() and loop.time() < deadline_s:
            if lost.until is not None and lost.until.is_set():
                break
            try:
                async with asyncio.timeout(_CLIENT_LOOKED_AT_EVERY_S):
                    await stopping.wait()
                break
            except TimeoutError:
                continue
    reset_connection(exchange.http.transport)


def request_target(request: HttpRequest) -> str:
    """Return path and query as they came; a proxy's absolute form loses its host."""
    target = request.raw_path
    if target.startswith("/"):
        return target
    parts = urlsplit(target)
    if not parts.netloc:
        return "/"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def forwarded_headers(exchange: Exchange) -> list[tuple[str, str]]:
    """Return the headers to forward.

    aiohttp's server may have unpacked a compressed body on the way in; the
    header that said so must then go as well.
    """
    pairs = list(exchange.http.headers.items())
    encoding = exchange.head.headers.get("Content-Encoding", "").lower()
    if encoding == "gzip" and not exchange.body.startswith(b"\x1f\x8b"):
        pairs = [pair for pair in pairs if pair[0].lower() != "content-encoding"]
    return pairs


async def read_body(request: web.BaseRequest) -> bytes:
    """Return the whole body; raises BodyTooLarge past the limit."""
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise BodyTooLarge
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    if not request.can_read_body:
        return b""
    chunks = []
    size = 0
    while not request.content.at_eof():
        chunk = await request.content.readany()
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def web_response(reply: Reply) -> web.Response:
    """Return a reply as aiohttp sends it."""
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
