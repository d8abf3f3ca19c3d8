"""How does an ordinary request come in without a web framework?

Nearly all that an SDK sends is of one kind: HTTP/1.1, a path, headers, and a body
whose length is told. Such requests are read and answered here, for a third of what
aiohttp takes. Whatever is not of that kind (chunks, `Expect`, an upgrade, HEAD, a
large body, our own interfaces), and whatever is not quite HTTP, is aiohttp's: the
connection is handed over with every octet that has no answer yet, and stays there.

So nothing is refused here and nothing is guessed. The dangerous order: a further
request on a connection waits until the one before is answered, or replies would
change places; and no connection is handed over while one is under way.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from multidict import CIMultiDict, CIMultiDictProxy

from gameday.clock import SystemClock, utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameday.edge.error_reply import Reply

__all__ = ["NotPlain", "PlainConnection", "PlainRequest", "read_request"]

HEAD_BYTES_MAX = 32_768
BODY_BYTES_MAX = 1 << 20
"""Larger ones are read by aiohttp, piece by piece."""
WAITING_BYTES_MAX = 2 << 20
"""Of further requests while one is under way; then the connection is not read."""
IDLE_S_MAX = 3_600.0

_HEAD = re.compile(
    rb"(GET|POST|PUT|DELETE|PATCH) (/(?!_)[!\"$-~]*) HTTP/1\.1"
    rb"((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*)*)"
)
_LENGTH = re.compile(r"[0-9]{1,7}")
_NOT_PLAIN = frozenset({"transfer-encoding", "expect", "upgrade"})
_BODILESS = frozenset({204, 304})
_REASONS = {status.value: status.phrase for status in HTTPStatus}

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class PlainRequest:
    """One request, whole; what `Exchange` needs of one.

    Attributes:
        method: in upper case.
        raw_path: path and query as they came.
        headers: a mapping that ignores case.
        body: as it came.
        transport: of the connection that it came on, None once that is gone.
    """

    method: str
    raw_path: str
    headers: CIMultiDictProxy[str]
    body: bytes
    transport: asyncio.Transport | None = None


class NotPlain(Exception):
    """These octets are not the beginning of an ordinary request."""


def read_request(received: bytearray) -> PlainRequest | None:
    """Take the first request out of `received`; None when it is not whole yet.

    Raises:
        NotPlain: it is another kind of request, or none; nothing was taken.
    """
    end = received.find(b"\r\n\r\n", 0, HEAD_BYTES_MAX)
    if end < 0:
        if len(received) >= HEAD_BYTES_MAX:
            raise NotPlain
        return None
    head = _HEAD.fullmatch(received, 0, end)
    if head is None:
        raise NotPlain
    method, path, fields = head.groups()
    headers = _headers(fields)
    begin, length = end + 4, _body_bytes(headers)
    if len(received) < begin + length:
        return None
    body = bytes(received[begin : begin + length])
    del received[: begin + length]
    return PlainRequest(
        method=method.decode(),
        raw_path=path.decode(),
        headers=CIMultiDictProxy(headers),
        body=body,
    )


def _headers(fields: bytes) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    for line in fields.decode("utf-8", "surrogateescape").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers.add(name, value.strip(" \t"))
        lowered = name.lower()
        if lowered in _NOT_PLAIN:
            raise NotPlain
        if lowered == "connection" and value.strip().lower() != "keep-alive":
            raise NotPlain
    if len(headers.getall("Host", ())) != 1:
        raise NotPlain
    return headers


def _body_bytes(headers: CIMultiDict[str]) -> int:
    lengths = headers.getall("Content-Length", ())
    if not lengths:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise NotPlain
    length = int(lengths[0])
    if length > BODY_BYTES_MAX:
        raise NotPlain
    return length


class PlainConnection(asyncio.Protocol):
    """One connection, until it ends or aiohttp has it."""

    def __init__(
        self,
        *,
        answer: Callable[[PlainRequest], Awaitable[Reply | None]],
        framework: Callable[[], asyncio.Protocol],
        open_ones: set[PlainConnection],
    ) -> None:
        """Wait for a connection.

        Args:
            answer: returns the reply to a request, None for a lost one.
            framework: makes what takes over when a request is not plain.
            open_ones: holds this one for as long as it is open and not handed over.
        """
        self._answer = answer
        self._framework = framework
        self._open_ones = open_ones
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._request: PlainRequest | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard_s = 0.0
        self._watch: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Break the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; see `asyncio.Protocol`."""
        # Not every event loop's transports say by their class what they are.
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)
        loop = asyncio.get_running_loop()
        self._heard_s = loop.time()
        self._watch = loop.call_later(IDLE_S_MAX, self._look)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """End; a request that is under way is carried out nevertheless."""
        if self._request is not None:
            self._request.transport = None
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Take octets of a request, or of some."""
        self._received += data
        if self._request is None:
            self._proceed()
        elif len(self._received) > WAITING_BYTES_MAX and self._transport is not None:
            self._transport.pause_reading()

    def _proceed(self) -> None:
        """Begin with the next request, when it is whole."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        loop = asyncio.get_running_loop()
        self._heard_s = loop.time()
        try:
            request = read_request(self._received)
        except NotPlain:
            self._hand_over(transport)
            return
        if request is not None:
            request.transport = transport
            self._request = request
            # The loop itself keeps only weak references to its tasks.
            self._task = loop.create_task(self._carry(request, transport))

    async def _carry(self, request: PlainRequest, transport: asyncio.Transport) -> None:
        reply = await self._answer(request)
        # A caller that has gone has lost its reply, which is in the history.
        if reply is not None and not transport.is_closing():
            try:
                transport.write(_wire(reply))
            except ValueError:
                _log.exception("a reply to %s cannot be sent", request.raw_path)
                self.close()
        self._request = None
        if self._received and not transport.is_closing():
            transport.resume_reading()
            self._proceed()

    def _hand_over(self, transport: asyncio.Transport) -> None:
        self._leave()
        protocol = self._framework()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        transport.resume_reading()
        protocol.data_received(bytes(self._received))

    def _leave(self) -> None:
        self._open_ones.discard(self)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        """End a connection on which nothing has been asked for too long.

        One timer watches it over many requests.
        """
        loop = asyncio.get_running_loop()
        left_s = self._heard_s + IDLE_S_MAX - loop.time()
        if left_s <= 0 and self._request is None:
            self.close()
        else:
            self._watch = loop.call_later(max(left_s, 1.0), self._look)


def _wire(reply: Reply) -> bytes:
    """Return a reply as it goes out, dated if it is not yet."""
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}"]
    dated = False
    for name, value in reply.headers:
        lines.append(f"{name}: {value}")
        dated = dated or name.lower() == "date"
    if not dated:
        lines.append(f"Date: {_dates.text()}")
    if reply.status not in _BODILESS:
        lines.append(f"Content-Length: {len(reply.body)}")
    head = "\r\n".join(lines)
    if head.count("\n") >= len(lines):
        raise ValueError(f"a header of the reply has a line break: {lines!r}")
    body = b"" if reply.status in _BODILESS else reply.body
    return f"{head}\r\n\r\n".encode("utf-8", "surrogateescape") + body


class _Dates:
    """The date of this second, written once."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._second = -1
        self._text = ""

    def text(self) -> str:
        second = self._clock.now_ms() // 1000
        if second != self._second:
            self._second = second
            self._text = format_datetime(utc_now(self._clock), usegmt=True)
        return self._text


_dates = _Dates()
