"""How does the edge run as a process of its own?

    python -m gameday.edge.server --config edge.json --lifeline

prints one line of JSON that says where everything listens, and serves until
SIGTERM or, with --lifeline, until its standard input ends, so that it never
outlives whoever started it. Exit status 2 with one line for each reason: the
configuration is wrong, a port is in use, or a target is not on this machine.

The dangerous order is at the end: calls that stand still are dropped first, so
that nothing is forwarded to an emulator which is being taken down, and the
history is closed last.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from gameday.aws.service_models import service_models
from gameday.edge.call import CallNamer
from gameday.edge.config import EdgeConfig, load_config
from gameday.edge.control import Control, is_control
from gameday.edge.dns_plane import DnsPlane
from gameday.edge.emulator import Emulator
from gameday.edge.gateway import GATEWAY, Gateway
from gameday.edge.guard import Guard
from gameday.edge.holds import Holds
from gameday.edge.load_balancer import LoadBalancers
from gameday.edge.localstack_chaos import LocalStackChaos, is_chaos
from gameday.edge.partitions import Partitions
from gameday.edge.plain_http import PlainConnection
from gameday.edge.recorder import Recorder
from gameday.edge.rule_book import RuleBook
from gameday.edge.rule_document import Vocabulary
from gameday.edge.zones import ZoneLog
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Edge", "main"]

EXIT_INVALID_INPUT = 2
STOP_TIMEOUT_S = 1.0
LINGER_S = 1.0
"""How long the rest of a refused body is awaited before the connection closes."""
ADOPTION_WAIT_S = 1.0
BACKLOG_MAX = 512
LINE_BYTES_MAX = 65_536
HEADER_BYTES_MAX = 32_768


class Edge:
    """Every part of one edge, wired together."""

    def __init__(self, config: EdgeConfig) -> None:
        self._config = config
        self.recorder = Recorder(config.history)
        self.zones = ZoneLog(seed=config.seed, now_ns=self.recorder.now_ns)
        self._emulator = Emulator(config.emulator_url)
        self._dns = DnsPlane()
        self._load_balancers = LoadBalancers()
        self._guard = Guard(
            zones=self.zones,
            emulator=self._emulator,
            recorder=self.recorder,
            change_status=self._dns.change_status,
            judging=config.guard,
        )
        holds = Holds()
        models = service_models()
        rules = RuleBook(vocabulary=_vocabulary(config), recorder=self.recorder)
        partitions = Partitions(
            config,
            load_balancers=self._load_balancers,
            dns=self._dns,
            recorder=self.recorder,
        )
        self._gateway = Gateway(
            namer=CallNamer(config.actors, models),
            rules=rules,
            partitions=partitions,
            holds=holds,
            guard=self._guard,
            zones=self.zones,
            emulator=self._emulator,
            recorder=self.recorder,
        )
        self._control = Control(
            rules=rules,
            holds=holds,
            guard=self._guard,
            zones=self.zones,
            recorder=self.recorder,
            dns=self._dns,
            load_balancers=self._load_balancers,
            partitions=partitions,
        )
        self._chaos = LocalStackChaos(rules=rules, holds=holds, models=models)
        self._http: web.Server | None = None
        self._plain: set[PlainConnection] = set()
        self._listener: asyncio.Server | None = None
        self._adoption: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, Any]:
        """Listen everywhere and return where, as the ready line says it.

        Raises:
            InvalidInput: an address and port cannot be used.
        """
        config = self._config
        await self._emulator.start()
        gateway_port = await self._listen()
        await self._load_balancers.start(
            load_balancers=config.load_balancers,
            port=config.load_balancer_port,
            handler=self._gateway.handle,
            connection_age_max_ms=config.connection_age_max_ms,
        )
        await self._adopt_zones()
        await self._dns.start(
            config=config,
            zones=self.zones,
            record=self.recorder.append,
            mark=self.recorder.mark,
            now_ns=self.recorder.now_ns,
        )
        return {
            "gateway_url": f"http://{_bracketed(config.host)}:{gateway_port}",
            "load_balancer_port": self._load_balancers.port,
            "dns_edges": self._dns.dns_edges,
            "resolvers": self._dns.resolvers,
            "pid": os.getpid(),
        }

    async def _adopt_zones(self) -> None:
        """Take up the zones there are, in the background if that takes long.

        An emulator that is still loading accepts connections and does not answer;
        one that is started with the edge has no zones yet anyway.
        """
        self._adoption = asyncio.create_task(self._guard.adopt_all())
        await asyncio.wait((self._adoption,), timeout=ADOPTION_WAIT_S)

    async def stop(self) -> None:
        """Close everything; the history is complete on disk afterwards."""
        self._control.stop()
        if self._listener is not None:
            self._listener.close()
        if self._adoption is not None:
            self._adoption.cancel()
        await self._gateway.stop()
        await self._load_balancers.stop()
        for connection in tuple(self._plain):
            connection.close()
        if self._http is not None:
            await self._http.shutdown(STOP_TIMEOUT_S)
        await self._dns.stop()
        await self._emulator.stop()
        self.recorder.close()

    async def _listen(self) -> int:
        host, port = self._config.host, self._config.gateway_port
        self._http = framework = web.Server(
            self._handle,
            access_log=None,
            auto_decompress=False,
            lingering_time=LINGER_S,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
        )
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: PlainConnection(
                    answer=self._gateway.answer,
                    framework=framework,
                    open_ones=self._plain,
                ),
                host,
                port,
                backlog=BACKLOG_MAX,
            )
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise InvalidInput(
                f"the gateway's address {host}:{port} cannot be used: {reason}"
            ) from error
        return int(self._listener.sockets[0].getsockname()[1])

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if is_control(request):
            return await self._control.handle(request)
        if is_chaos(request):
            return await self._chaos.handle(request)
        return await self._gateway.handle(request, via=GATEWAY)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m gameday.edge.server")
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument(
        "--lifeline", action="store_true", help="stop when standard input ends"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # aiohttp logs a malformed request whole, with a traceback; our own handlers
    # log what goes wrong in them.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(_serve(load_config(options.config), options.lifeline))
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_INVALID_INPUT


async def _serve(config: EdgeConfig, lifeline: bool) -> int:  # noqa: FBT001 - a flag
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if lifeline:
        watch = threading.Thread(target=_watch_lifeline, args=(loop, stopped))
        watch.daemon = True
        watch.start()
    edge = Edge(config)
    try:
        sys.stdout.write(json.dumps(await edge.start()) + "\n")
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await edge.stop()
    return 0


def _watch_lifeline(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    # A loop that is closed already has nothing left to stop.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stopped.set)


def _vocabulary(config: EdgeConfig) -> Vocabulary:
    return Vocabulary(
        actors=frozenset(config.actors.values()),
        vias=frozenset({"gateway", *(each.name for each in config.load_balancers)}),
        models=service_models(),
        zones_of_actors=config.zones_of_actors,
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
