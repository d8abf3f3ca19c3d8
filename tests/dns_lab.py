"""What the DNS tests share: zones by hand, a loop on a thread, dig and kdig."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import dns.message
import dns.query
import pytest

from gameday.edge.zones import ZoneVersion
from gameday.model.hosted_zone import Zone, new_zone
from gameday.model.record_set import AliasTarget, RecordSet

if TYPE_CHECKING:
    from collections.abc import Coroutine

ENDPOINT = "dynamodb.us-east-1.gameday.test"
APEX = f"{ENDPOINT}."
ZONE_ID = "Z1"
DEADLINE_S = 10.0


def record(
    name: str, record_type: str, *values: str, ttl_s: int = 1, **rest: Any
) -> RecordSet:
    return RecordSet(name=name, type=record_type, ttl_s=ttl_s, values=values, **rest)


def alias(
    name: str, target: str, record_type: str = "A", zone_id: str = ZONE_ID, **rest: Any
) -> RecordSet:
    return RecordSet(
        name=name,
        type=record_type,
        alias=AliasTarget(zone_id=zone_id, name=target),
        **rest,
    )


def zone(*record_sets: RecordSet, name: str = APEX, zone_id: str = ZONE_ID) -> Zone:
    empty = new_zone(zone_id, name)
    added = {record_set.key: record_set for record_set in record_sets}
    return replace(empty, record_sets={**empty.record_sets, **added})


def plan_tree(generation: int, *weights: int) -> list[RecordSet]:
    """The record tree of one plan: a weighted set of aliases to leaves."""
    plan = f"plan-{generation:06}.{APEX}"
    tree = []
    for number, weight in enumerate(weights, start=1):
        leaf = f"lb-{number}.{plan}"
        tree.append(record(leaf, "A", f"127.0.10.{number}"))
        tree.append(alias(plan, leaf, set_identifier=f"lb-{number}", weight=weight))
    return tree


def version(of: Zone, number: int = 1, *, removed: bool = False) -> ZoneVersion:
    return ZoneVersion(
        zone_id=of.id,
        version=number,
        change_id=f"C{of.id}{number}",
        zone=of,
        removed=removed,
    )


@dataclass
class Clock:
    """Nanoseconds that move only when a test moves them."""

    now: int = 0

    def __call__(self) -> int:
        """Return the time."""
        return self.now

    def advance_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * 1e9)


@dataclass
class Recorded:
    """Takes the place of the recorder: keeps the fields of each op."""

    ops: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, **fields: Any) -> None:
        """Keep one op."""
        self.ops.append(fields)


class LoopThread:
    """An asyncio loop on a thread of its own, so that tests may block."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DEADLINE_S)
        self.loop.close()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine there and return its result."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(DEADLINE_S)

    def call(self, function: Any, *arguments: Any) -> Any:
        """Call a plain function there and return its result."""

        async def call() -> Any:
            return function(*arguments)

        return self.run(call())


def ask(
    server: tuple[str, int],
    name: str = ENDPOINT,
    record_type: str = "A",
    *,
    tcp: bool = False,
) -> dns.message.Message:
    send = dns.query.tcp if tcp else dns.query.udp
    query = dns.message.make_query(name, record_type, use_edns=0)
    return send(query, server[0], port=server[1], timeout=DEADLINE_S)


def addresses(response: dns.message.Message) -> list[str]:
    return [rdata.to_text() for rrset in response.answer for rdata in rrset]


def exchange(server: tuple[str, int], wire: bytes) -> bytes:
    """Send octets in one datagram and return the reply's octets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE_S)
        client.connect(server)
        client.send(wire)
        return client.recv(65_535)


def broken(chance: random.Random, valid: bytes) -> bytes:
    """Return a packet that is not, or hardly, a query."""
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.randrange(64))
        case 1:
            return valid[: chance.randrange(len(valid))]
        case 2:
            flipped = bytearray(valid)
            for _ in range(chance.randrange(1, 6)):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case _:
            return valid + chance.randbytes(chance.randrange(1, 400))


@dataclass(frozen=True)
class Dug:
    """What dig or kdig printed, without what differs between the two."""

    status: str
    flags: frozenset[str]
    answers: tuple[tuple[str, ...], ...]
    authority: tuple[tuple[str, ...], ...]


_STATUS = re.compile(r"status: (\w+)")
_FLAGS = re.compile(r"^;; flags:([^;]*);", re.MULTILINE | re.IGNORECASE)


def dig(tool: str, server: tuple[str, int], *arguments: str) -> Dug:
    """Run dig or kdig against `server`; where CI asks for them, they must be there."""
    if shutil.which(tool) is None:
        missing = f"{tool} is missing: install bind9-dnsutils and knot-dnsutils"
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail(missing)
        pytest.skip(missing)
    done = subprocess.run(
        [
            tool,
            f"@{server[0]}",
            "-p",
            str(server[1]),
            "+timeout=5",
            "+retry=0",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    status, flags = _STATUS.search(done.stdout), _FLAGS.search(done.stdout)
    assert status, done.stdout + done.stderr
    assert flags, done.stdout
    return Dug(
        status=status[1],
        flags=frozenset(flags[1].split()) - {"ad"},
        answers=_section(done.stdout, "ANSWER"),
        authority=_section(done.stdout, "AUTHORITY"),
    )


def _section(text: str, title: str) -> tuple[tuple[str, ...], ...]:
    found = []
    inside = False
    for line in text.splitlines():
        if line.startswith(";;"):
            inside = f"{title} SECTION" in line
        elif inside and line and not line.startswith(";"):
            found.append(tuple(line.split()))
    return tuple(sorted(found))
