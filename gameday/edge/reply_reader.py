"""Which reply do these octets say, and where does it end?

The reading half of an HTTP/1.1 client, without any I/O: octets go in as they
come, a `Reply` comes out with the last of them. An ending is told by a
Content-Length, by chunks, by the status or the method, or by the end of the
connection, in the order of RFC 9112, section 6.3.

Strict, because the one that answers is an emulator on this machine: what is not
HTTP is `MalformedReply`, never a guess. A connection is only used again when
exactly one reply has come over it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gameday.edge.error_reply import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HOP_BY_HOP", "MalformedReply", "ReplyReader"]

HEAD_BYTES_MAX = 262_144
BODY_BYTES_MAX = 256 << 20
_CHUNK_LINE_BYTES_MAX = 4_096

HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection, not of a message; each end has its own."""

_LENGTH = "content-length"
_BODILESS = frozenset({204, 304})
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: .*)?")
_DIGITS = re.compile("[0-9]{1,18}")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")
_UNTIL_THE_END = -1


class MalformedReply(Exception):
    """What came is not an HTTP reply."""


class ReplyReader:
    """Reads one reply.

    Attributes:
        reusable: once the reply is whole, whether the connection may carry
            another.
    """

    def __init__(self, *, method: str) -> None:
        """Wait for the reply to a request of that method, in upper case."""
        self._is_head = method == "HEAD"
        self._received = bytearray()
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._body_bytes = 0
        self._chunks: list[bytes] | None = None
        self._chunked_bytes = 0
        self.reusable = False

    def feed(self, data: bytes) -> Reply | None:
        """Take octets; returns the reply once it is whole.

        Raises:
            MalformedReply: this is not HTTP, or it is too large.
        """
        self._received += data
        if not self._status and not self._read_head():
            return None
        if self._chunks is not None:
            return self._read_chunks()
        if self._body_bytes == _UNTIL_THE_END:
            self._limit(len(self._received))
            return None
        if len(self._received) < self._body_bytes:
            return None
        body = bytes(self._received[: self._body_bytes])
        return self._whole(body, left_over=len(self._received) > self._body_bytes)

    def end(self) -> Reply:
        """Return the reply that the end of the connection completes.

        Raises:
            MalformedReply: the connection ended too early.
        """
        if self._status and self._body_bytes == _UNTIL_THE_END:
            self.reusable = False
            return self._reply(bytes(self._received))
        raise MalformedReply("the connection ended before the reply did")

    def _read_head(self) -> bool:
        """Read status and headers, past those of interim replies."""
        while True:
            end = self._received.find(b"\r\n\r\n")
            if end < 0 or end > HEAD_BYTES_MAX:
                if len(self._received) > HEAD_BYTES_MAX:
                    raise MalformedReply(f"a head of more than {HEAD_BYTES_MAX} bytes")
                return False
            head = bytes(self._received[:end])
            del self._received[: end + 4]
            first, _, rest = head.partition(b"\r\n")
            found = _STATUS_LINE.fullmatch(first)
            if found is None:
                raise MalformedReply(f"no HTTP/1 status line: {first[:80]!r}")
            status = int(found[2])
            if status >= 200:
                self._status = status
                self._frame(rest, old=found[1] == b"0")
                return True

    def _frame(self, fields: bytes, *, old: bool) -> None:
        """Keep the headers and find out how the body ends."""
        connection = "close" if old else ""
        coding, lengths = "", set()
        for name, value in _pairs(fields):
            lowered = name.lower()
            if lowered not in HOP_BY_HOP or (self._is_head and lowered == _LENGTH):
                self._headers.append((name, value))
            if lowered == _LENGTH:
                lengths.add(value)
            elif lowered == "transfer-encoding":
                coding = value.lower()
            elif lowered == "connection":
                connection = value.lower()
        self.reusable = "close" not in connection
        if not (self._is_head or self._status in _BODILESS):
            self._expect_body(coding, lengths)

    def _expect_body(self, coding: str, lengths: set[str]) -> None:
        if coding == "chunked":
            self._chunks = []
        elif coding:
            raise MalformedReply(f"an unknown transfer coding {coding!r}")
        elif lengths:
            self._body_bytes = _length(lengths)
        else:
            self._body_bytes = _UNTIL_THE_END

    def _read_chunks(self) -> Reply | None:
        if self._chunks is None:
            raise MalformedReply("the reply has no chunks")
        while True:
            end = self._received.find(b"\r\n")
            if end < 0:
                if len(self._received) > _CHUNK_LINE_BYTES_MAX:
                    raise MalformedReply("a chunk's size takes too long a line")
                return None
            size = _chunk_size(bytes(self._received[:end]))
            if size == 0:
                return self._read_trailer(end + 2)
            following = end + 2 + size + 2
            self._limit(self._chunked_bytes + size)
            if len(self._received) < following:
                return None
            if self._received[following - 2 : following] != b"\r\n":
                raise MalformedReply("a chunk does not end where it says")
            self._chunks.append(bytes(self._received[end + 2 : following - 2]))
            self._chunked_bytes += size
            del self._received[:following]

    def _read_trailer(self, start: int) -> Reply | None:
        """Leave out what stands behind the last chunk, up to an empty line."""
        line = start
        while True:
            end = self._received.find(b"\r\n", line)
            if end < 0:
                if len(self._received) > HEAD_BYTES_MAX:
                    raise MalformedReply("the trailer is too long")
                return None
            if end == line:
                break
            line = end + 2
        left_over = len(self._received) > end + 2
        return self._whole(b"".join(self._chunks or ()), left_over=left_over)

    def _whole(self, body: bytes, *, left_over: bool) -> Reply:
        self.reusable = self.reusable and not left_over
        return self._reply(body)

    def _reply(self, body: bytes) -> Reply:
        return Reply(status=self._status, headers=tuple(self._headers), body=body)

    def _limit(self, size: int) -> None:
        if size > BODY_BYTES_MAX:
            raise MalformedReply(f"a body of more than {BODY_BYTES_MAX} bytes")


def _pairs(fields: bytes) -> Sequence[tuple[str, str]]:
    if not fields:
        return ()
    pairs = []
    for line in fields.decode("utf-8", "surrogateescape").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not name or name[0] in " \t" or name[-1] in " \t":
            raise MalformedReply(f"not a header: {line[:80]!r}")
        pairs.append((name, value.strip(" \t")))
    return pairs


def _length(texts: set[str]) -> int:
    text = next(iter(texts))
    if len(texts) > 1 or not _DIGITS.fullmatch(text):
        raise MalformedReply(f"no one Content-Length: {', '.join(sorted(texts))}")
    size = int(text)
    if size > BODY_BYTES_MAX:
        raise MalformedReply(f"a body of more than {BODY_BYTES_MAX} bytes")
    return size


def _chunk_size(line: bytes) -> int:
    text = line.partition(b";")[0].strip(b" \t")
    if not _HEX.fullmatch(text):
        raise MalformedReply(f"not the size of a chunk: {line[:80]!r}")
    return int(text, 16)
