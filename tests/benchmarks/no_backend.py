"""How many calls does the edge carry on one core when the emulator costs nothing?

The edge has a core of its own; the load generator and the null responder share
the other one. Two measures: calls a second in the best of some short rounds (the
others say what the machine was doing besides), and calls for each second of
processor time, which other programs disturb little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench_processes import cpu_s, null_responder, pin, pinned_here
from calls import OPERATIONS, Ground
from edge_lab import EdgeProcess, running_edge
from null_responder import TABLE, ZONE_ID, ZONE_NAME
from raw_load import Client, record
from rows import Row

RATE_PER_S_MIN = 1_500
CLIENTS = 4
ROUNDS = 8
ROUND_S = 0.5
EDGE_CORE, OTHER_CORE = 1, 0


def measure(folder: Path) -> Iterator[Row]:
    """Yield a row for each operation."""
    with (
        null_responder() as (url, responder_pid),
        running_edge(url, folder / "null") as edge,
        pinned_here(OTHER_CORE),
    ):
        pin(responder_pid, OTHER_CORE)
        pin(edge.process.pid, EDGE_CORE)
        asyncio.run(_prepare(edge.url))
        for operation in OPERATIONS:
            yield asyncio.run(_carried(operation, url, edge))


def _ground(number: int) -> Ground:
    return Ground(table=TABLE, zone_id=ZONE_ID, zone=ZONE_NAME, client=str(number))


async def _prepare(url: str) -> None:
    for number in range(CLIENTS):
        for one in record(url, _ground(number).preparation()):
            client = await Client.connect(url, [[one]])
            load = await client.play(0)
            client.close()
            assert not load.refused, "the null responder refused a preparation"


async def _carried(operation: str, null_url: str, edge: EdgeProcess) -> Row:
    wires = [
        record(edge.url, _ground(number).circle(operation)) for number in range(CLIENTS)
    ]
    alone = await Client.connect(null_url, wires)
    unhindered = await alone.play(ROUND_S)
    alone.close()
    client = await Client.connect(edge.url, wires)
    await client.play(ROUND_S)
    began_cpu_s = cpu_s(edge.process.pid)
    loads = [await client.play(ROUND_S) for _ in range(ROUNDS)]
    used_s = cpu_s(edge.process.pid) - began_cpu_s
    client.close()
    rates = [load.rate_per_s for load in loads]
    calls, refused = (
        sum(load.calls for load in loads),
        sum(load.refused for load in loads),
    )
    return Row(
        what=f"no backend {operation}",
        edge=f"{max(rates):,.0f}/s",
        difference=f"{refused} refused"
        if refused
        else f"{used_s / calls * 1e6:.0f} us CPU",
        target=f">= {RATE_PER_S_MIN:,}/s",
        met=max(rates) >= RATE_PER_S_MIN and not refused,
        facts={
            "direct_per_s": unhindered.rate_per_s,
            "edge_best_per_s": max(rates),
            "edge_median_per_s": median(rates),
            "edge_cpu_us_per_call": used_s / calls * 1e6,
            "calls_per_cpu_s": calls / used_s,
            "refused": refused,
        },
    )
