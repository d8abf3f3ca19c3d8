"""How are the emulator and the edge started, and where do they answer?

Both print one line of JSON when they serve. The edge is told the emulator's port
before the emulator listens, so that both load at the same time: most of a cold
start is imports.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from typing import TYPE_CHECKING, Any

from gameday.errors import EmulatorUnavailable, InvalidInput, RegionFailed
from gameday.stage.children import log_tail, spawn_service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.emulators.registry import EmulatorKind
    from gameday.region.topology import Region
    from gameday.stage.children import Child
    from gameday.stage.order import StageOrder
    from gameday.stage.state import StageState

__all__ = [
    "EDGE",
    "EMULATOR",
    "edge_config",
    "emulator_url",
    "ready_line",
    "spawn_edge",
    "spawn_emulator",
]

EMULATOR = "emulator"
EDGE = "edge"

EXIT_INVALID_INPUT = 2
"""The status with which both refuse what they were asked, a taken port above all."""

_HOST = "127.0.0.1"


def emulator_url(order: StageOrder) -> str:
    """Return the URL that the emulator has, or will have once it is started."""
    if order.emulator_url:
        return order.emulator_url
    with socket.create_server((_HOST, 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://{_HOST}:{port}"


async def spawn_emulator(
    kind: EmulatorKind, url: str, *, env: Mapping[str, str], state: StageState
) -> Child:
    """Start an emulator of this kind on the port of `url`."""
    port = url.rpartition(":")[2]
    return await spawn_service(
        EMULATOR,
        [
            sys.executable,
            "-m",
            kind.module,
            "--port",
            port,
            "--lifeline",
        ],
        env=env,
        cwd=state.folder,
        log=state.log_file(EMULATOR),
    )


async def spawn_edge(
    order: StageOrder, url: str, *, env: Mapping[str, str], state: StageState
) -> Child:
    """Start the edge in front of the emulator at `url`."""
    file = state.folder / "edge.json"
    config = edge_config(order, emulator=url, history=str(state.history_file))
    file.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return await spawn_service(
        EDGE,
        [
            sys.executable,
            "-m",
            "gameday.edge.server",
            "--config",
            str(file),
            "--lifeline",
        ],
        env=env,
        cwd=state.folder,
        log=state.log_file(EDGE),
    )


def edge_config(order: StageOrder, *, emulator: str, history: str) -> dict[str, Any]:
    """Return the document that the edge is started with."""
    region: Region = order.region
    return {
        "emulator_url": emulator,
        "guard": True,
        "host": _HOST,
        "gateway_port": order.gateway_port or region.ports.gateway,
        "load_balancer_port": region.ports.load_balancers,
        "dns_port": region.ports.dns,
        "actors": region.access_keys(),
        "zones_of_actors": region.zones_of_callers(),
        "load_balancers": [
            {"name": each.name, "address": each.address, "az": each.az}
            for each in region.load_balancers
        ],
        "dns_edges": list(region.dns.edges),
        "resolvers": region.resolvers(),
        "negative_ttl_s": region.dns.negative_ttl_s,
        "propagation_ms": list(region.dns.propagation_ms),
        "connection_age_max_ms": region.connection_age_max_ms,
        "seed": order.seed,
        "history": history,
    }


async def ready_line(child: Child, *, deadline_s: float) -> dict[str, Any]:
    """Wait for the line that says where `child` answers; the rest goes to its log.

    Raises InvalidInput when it refuses its configuration, EmulatorUnavailable or
    RegionFailed when it ends or stays silent.
    """
    assert child.reader is not None  # noqa: S101 - services always have one
    try:
        async with asyncio.timeout(deadline_s):
            line = await child.reader.readline()
            if line:
                ready: dict[str, Any] = json.loads(line)
                return ready
            status = await child.ended
    except TimeoutError:
        raise _failure(child, f"is not ready after {deadline_s:.0f} s") from None
    except ValueError:
        raise _failure(child, f"printed {line!r} in place of its address") from None
    if status == EXIT_INVALID_INPUT:
        raise InvalidInput(_last_words(child))
    raise _failure(child, f"{child.exit_text()} while starting")


async def drain_output(child: Child) -> None:
    """Copy what a service prints after its first line to its log, until it ends."""
    assert child.reader is not None  # noqa: S101 - services always have one
    with child.log.open("ab") as stream, contextlib.suppress(OSError):
        while chunk := await child.reader.read(65_536):
            stream.write(chunk)
            stream.flush()


def _last_words(child: Child) -> str:
    lines = log_tail(child.log).strip().splitlines()
    return lines[-1].strip() if lines else f"the {child.name} refused to start"


def _failure(child: Child, what: str) -> EmulatorUnavailable | RegionFailed:
    kind = EmulatorUnavailable if child.name == EMULATOR else RegionFailed
    tail = log_tail(child.log) or " (empty)"
    return kind(f"the {child.name} {what}; the end of its log:{tail}")
