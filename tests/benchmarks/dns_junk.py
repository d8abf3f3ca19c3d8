"""Do a million broken packets leave one valid query unanswered?

Random octets, truncated, bit-flipped and overlong queries over UDP, and the same
over TCP behind lengths that may lie, all of one fixed seed. After each burst one
valid query must be answered, over the transport that was just abused. A burst is
smaller than what the kernel holds for a socket, so nothing is lost before the
server has seen it.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
from bench_dns_zone import NAMES, ServedDns, dns_edge
from dns_lab import broken
from rows import Row

PACKETS = 1_000_000
TCP_SHARE = 50
"""One of so many packets goes over TCP."""

RESOLVER_SHARE = 10
"""One of so many bursts goes to the resolver."""

BURST = 200
TCP_BURST = 20
ANSWER_DEADLINE_S = 5.0
SEED = 20_251_020


@dataclass(slots=True)
class Tally:
    """What has been sent, and what came of the valid queries among it."""

    packets: int = 0
    valid: int = 0
    unanswered: int = 0


def measure(folder: Path, packets: int = PACKETS) -> Iterator[Row]:
    """Yield one row: how many valid queries stayed without their answer."""
    with dns_edge(folder / "junk") as served:
        tally = _abuse(served, packets)
        crashed = served.edge.process.poll() is not None
    logged = (folder / "junk" / "stderr").read_text()
    fine = not (crashed or tally.unanswered or logged)
    yield Row(
        what=f"DNS, {tally.packets:,} bad packets",
        edge=f"{tally.unanswered} lost",
        difference="crashed" if crashed else f"of {tally.valid:,}",
        target="0 lost",
        met=fine,
        facts={
            "packets": tally.packets,
            "valid": tally.valid,
            "unanswered": tally.unanswered,
            "crashed": crashed,
            "logged": logged[-2_000:],
            "seed": SEED,
        },
    )


def _abuse(served: ServedDns, packets: int) -> Tally:
    chance = random.Random(SEED)
    tally = Tally()
    bursts = 0
    while tally.packets < packets and served.edge.process.poll() is None:
        bursts += 1
        of_resolver = bursts % RESOLVER_SHARE == 0
        server = served.resolver if of_resolver else served.authoritative
        _udp_burst(server, chance, tally)
        if bursts % (TCP_SHARE * TCP_BURST // BURST) == 0:
            _tcp_burst(server, chance, tally)
    return tally


def _udp_burst(server: tuple[str, int], chance: random.Random, tally: Tally) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(server)
        for _ in range(BURST):
            client.send(broken(chance, _valid(chance)))
    tally.packets += BURST
    _expect_answer(_ask_udp, server, chance, tally)


def _tcp_burst(server: tuple[str, int], chance: random.Random, tally: Tally) -> None:
    for _ in range(TCP_BURST):
        wire = broken(chance, _valid(chance))
        length = len(wire) if chance.randrange(4) else chance.randrange(65_536)
        with contextlib.suppress(OSError), socket.create_connection(server) as client:
            client.sendall(struct.pack("!H", length) + wire)
            if chance.randrange(2):
                # Also leave with a reset, in the middle of it.
                reset = struct.pack("ii", 1, 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    tally.packets += TCP_BURST
    _expect_answer(_ask_tcp, server, chance, tally)


_WIRES = tuple(dns.message.make_query(name, "A").to_wire()[2:] for name in NAMES)


def _valid(chance: random.Random) -> bytes:
    return chance.randbytes(2) + chance.choice(_WIRES)


def _expect_answer(
    ask: Callable[[tuple[str, int], bytes], bytes],
    server: tuple[str, int],
    chance: random.Random,
    tally: Tally,
) -> None:
    wire = _valid(chance)
    tally.valid += 1
    try:
        answer = ask(server, wire)
    except OSError:
        answer = b""
    _, _, _, answers = struct.unpack_from("!HHHH", answer.ljust(8, b"\0"))
    if answer[:2] != wire[:2] or answers != 1:
        tally.unanswered += 1


def _ask_udp(server: tuple[str, int], wire: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(ANSWER_DEADLINE_S)
        client.connect(server)
        client.send(wire)
        return client.recv(65_535)


def _ask_tcp(server: tuple[str, int], wire: bytes) -> bytes:
    with socket.create_connection(server, ANSWER_DEADLINE_S) as client:
        client.sendall(struct.pack("!H", len(wire)) + wire)
        with client.makefile("rb") as stream:
            (length,) = struct.unpack("!H", stream.read(2).rjust(2, b"\0"))
            return stream.read(length)
