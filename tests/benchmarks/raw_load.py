"""How many recorded requests does a server answer, and how soon?

A load generator that costs some 30 us a call, so that it is never the limit:
each connection sends the next of its recorded requests when the answer to the one
before is complete. The requests are boto3's own bytes, signed, recorded once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

ANSWER_DEADLINE_S = 30.0
SETTINGS: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "AKIAENACTORAZ1000001",
    "aws_secret_access_key": "gameday",
    "config": Config(retries={"total_max_attempts": 1, "mode": "standard"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One AWS call as boto3 takes it."""

    service: str
    method: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one round of load came to.

    Attributes:
        calls: answered within the round.
        refused: those of them with a status other than 2xx.
        seconds: how long it took.
        latencies_ns: of each call.
    """

    calls: int
    refused: int
    seconds: float
    latencies_ns: list[int]

    @property
    def rate_per_s(self) -> float:
        return self.calls / self.seconds

    @property
    def median_ms(self) -> float:
        return median(self.latencies_ns) / 1e6


def record(url: str, requests: Sequence[Request]) -> list[bytes]:
    """Return what boto3 would send to `url`, without sending it."""
    sent: list[bytes] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> None:
        sent.append(_wire(request))
        raise _Recorded

    clients = {}
    for one in requests:
        if one.service not in clients:
            client = boto3.client(one.service, endpoint_url=url, **SETTINGS)
            client.meta.events.register("before-send", keep)
            clients[one.service] = client
        with suppress(_Recorded):
            getattr(clients[one.service], one.method)(**one.parameters)
    return sent


class _Recorded(Exception):
    """The request was kept and shall not be sent."""


def _wire(request: AWSPreparedRequest) -> bytes:
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity"}
    for name, value in request.headers.items():
        headers[name] = value.decode() if isinstance(value, bytes) else str(value)
    if body:
        headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One client that asks without a pause."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = cycle(requests)
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._sent_ns = 0
        self._until_ns = 0
        self._done: asyncio.Future[None] | None = None
        self.latencies_ns: list[int] = []
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def play(self, seconds: float) -> None:
        """Ask for that long; the last answer is awaited."""
        self.latencies_ns, self.refused = [], 0
        self._done = asyncio.get_running_loop().create_future()
        self._until_ns = time.monotonic_ns() + int(seconds * 1e9)
        self._ask()
        async with asyncio.timeout(seconds + ANSWER_DEADLINE_S):
            await self._done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not _is_whole(self._buffer):
            return
        now_ns = time.monotonic_ns()
        self.latencies_ns.append(now_ns - self._sent_ns)
        if self._buffer[9:10] != b"2":
            self.refused += 1
        self._buffer = b""
        if now_ns < self._until_ns:
            self._ask()
        elif self._done is not None and not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(
                exc or ConnectionResetError("closed by the server")
            )

    def _ask(self) -> None:
        assert self._transport is not None
        self._sent_ns = time.monotonic_ns()
        self._transport.write(next(self._requests))


def _is_whole(buffer: bytes) -> bool:
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = buffer[:end].lower()
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return len(buffer) >= end + 4 + int(rest.partition(b"\r\n")[0])
    if b"chunked" in head:
        return buffer.endswith(b"0\r\n\r\n")
    return True


class Client:
    """Some connections to one server."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    @classmethod
    async def connect(cls, url: str, requests: Sequence[Sequence[bytes]]) -> Client:
        """Connect once for each sequence of requests, to be sent over and over."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        made = [
            (
                await loop.create_connection(
                    lambda own=own: Connection(own), parts.hostname, parts.port
                )
            )[1]
            for own in requests
        ]
        return cls(made)

    async def play(self, seconds: float) -> Load:
        """Put the server under load for that long."""
        began_ns = time.monotonic_ns()
        await asyncio.gather(*(each.play(seconds) for each in self._connections))
        taken_ns = time.monotonic_ns() - began_ns
        latencies = [ns for each in self._connections for ns in each.latencies_ns]
        return Load(
            calls=len(latencies),
            refused=sum(each.refused for each in self._connections),
            seconds=taken_ns / 1e9,
            latencies_ns=latencies,
        )

    def close(self) -> None:
        for each in self._connections:
            each.close()
