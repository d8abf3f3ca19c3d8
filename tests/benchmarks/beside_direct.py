"""What does the edge cost in front of a real emulator?

Side by side in one run: a direct client and one through the edge take turns, call
by call for the latency and in short rounds for the throughput, so that whatever
else the machine does meets both.

* The latency is a boto3 client's, alone: what a program sees.
* The throughput is of four clients that cost next to nothing and never pause: the
  emulator is then the limit, and what the edge takes off it shows. Of one client
  it would be the latency again.

Behind the edge the guard does more than forward. A listing is answered from the
zones that the guard judges with. A change batch is judged before it is forwarded
and committed after, and batches of one zone go one at a time; so the four clients
have a zone each, as the endpoints of a region do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench_processes import emulator
from calls import OPERATIONS, Ground
from edge_lab import client, running_edge
from raw_load import Client, Load, record
from rows import Row

ADDED_MS_MAX = 1.0
KEPT_MIN = 0.90
CLIENTS = 4
CALLS = 200
WARM_UP_CALLS = 20
ROUNDS = 8
ROUND_S = 0.4
TABLE = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to the emulator: its address, and what each client works on."""

    url: str
    grounds: tuple[Ground, ...]


def measure(name: str, folder: Path) -> Iterator[Row]:
    """Yield the rows of one emulator."""
    with emulator(name) as url, running_edge(url, folder / name) as edge:
        client("dynamodb", edge.url).create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sides = _prepared("direct", url), _prepared("edge", edge.url)
        for operation in OPERATIONS:
            yield _latency(name, operation, *sides)
        for operation in OPERATIONS:
            yield asyncio.run(_throughput(name, operation, *sides))


def _prepared(name: str, url: str) -> Side:
    """Make what the clients of one side start from."""
    dynamodb, route53 = client("dynamodb", url), client("route53", url)
    grounds = []
    for number in range(CLIENTS + 1):
        zone = f"bench-{name}-{number}.test."
        made = route53.create_hosted_zone(Name=zone, CallerReference=zone)
        ground = Ground(
            table=TABLE,
            zone_id=made["HostedZone"]["Id"].rpartition("/")[2],
            zone=zone,
            client=f"{name}-{number}",
        )
        for one in ground.preparation():
            aws = dynamodb if one.service == "dynamodb" else route53
            getattr(aws, one.method)(**one.parameters)
        grounds.append(ground)
    return Side(url=url, grounds=tuple(grounds))


def _latency(name: str, operation: str, direct: Side, edge: Side) -> Row:
    """Ask in turns, with the client that the throughput does not use."""
    asking = [_asking(side, operation) for side in (direct, edge)]
    taken_ns: tuple[list[int], list[int]] = ([], [])
    for number in range(CALLS + WARM_UP_CALLS):
        # Whoever is second finds the emulator warm, so the order changes.
        for at in (0, 1) if number % 2 else (1, 0):
            began_ns = time.perf_counter_ns()
            asking[at]()
            if number >= WARM_UP_CALLS:
                taken_ns[at].append(time.perf_counter_ns() - began_ns)
    direct_ms, edge_ms = (median(each) / 1e6 for each in taken_ns)
    return Row(
        what=f"{name} {operation}",
        direct=f"{direct_ms:.2f} ms",
        edge=f"{edge_ms:.2f} ms",
        difference=f"{edge_ms - direct_ms:+.2f} ms",
        target=f"<= +{ADDED_MS_MAX} ms",
        met=edge_ms - direct_ms <= ADDED_MS_MAX,
        facts={"direct_ms": direct_ms, "edge_ms": edge_ms, "calls": CALLS},
    )


def _asking(side: Side, operation: str) -> Callable[[], Any]:
    requests = side.grounds[CLIENTS].circle(operation)
    aws = client(requests[0].service, side.url)
    call = getattr(aws, requests[0].method)
    at = -1

    def ask() -> Any:
        nonlocal at
        at = (at + 1) % len(requests)
        return call(**requests[at].parameters)

    return ask


async def _throughput(name: str, operation: str, direct: Side, edge: Side) -> Row:
    clients = [
        await Client.connect(
            side.url,
            [
                record(side.url, each.circle(operation))
                for each in side.grounds[:CLIENTS]
            ],
        )
        for side in (direct, edge)
    ]
    loads: tuple[list[Load], list[Load]] = ([], [])
    for number in range(ROUNDS + 1):
        for at in (0, 1) if number % 2 else (1, 0):
            load = await clients[at].play(ROUND_S)
            if number:
                loads[at].append(load)
    for each in clients:
        each.close()
    kept = median(
        through.rate_per_s / alone.rate_per_s
        for alone, through in zip(*loads, strict=True)
    )
    rates = [median(load.rate_per_s for load in side) for side in loads]
    refused = sum(load.refused for side in loads for load in side)
    return Row(
        what=f"{name} {operation}, {CLIENTS}x",
        direct=f"{rates[0]:,.0f}/s",
        edge=f"{rates[1]:,.0f}/s",
        difference=f"{refused} refused" if refused else f"{kept - 1:+.0%}",
        target=f">= {KEPT_MIN - 1:.0%}",
        met=kept >= KEPT_MIN and not refused,
        facts={
            "direct_per_s": rates[0],
            "edge_per_s": rates[1],
            "kept": kept,
            "refused": refused,
            "median_ms": [median(load.median_ms for load in side) for side in loads],
        },
    )
