"""How is the installed MiniStack run as a process of its own?

    python -m gameday.emulators.ministack --port 0 --lifeline

See `own_process` for how it begins and ends. MiniStack's own command listens on
every interface of the machine, opens ports for SFTP and MQTT beside the one that
was asked for, and at its start and end stops the containers that any other
MiniStack on the machine has started. Served from here it has the one socket on
loopback that it is given, everything in memory, and no Docker.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

from gameday.emulators.own_process import (
    EXIT_INVALID_INPUT,
    HOST,
    announce,
    listen,
    parse,
    watch,
)
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["main", "why_missing"]

KEEP_ALIVE_S = 75
"""MiniStack's own; longer than any client here keeps an idle connection."""

KEEP_ALIVE_REQUESTS_MAX = 1_000_000_000
"""Hypercorn ends a connection after 1,000; clients of AWS see no such end."""

_PACKAGES = ("ministack", "hypercorn")
_SETTINGS = {
    "BIND_HOST": HOST,
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
    "LOCALSTACK_PERSISTENCE": "0",
    "USE_SSL": "0",
    # Signatures are made for the edge's address, not for MiniStack's.
    "AUTH": "false",
    "SERVICES": "",
    # Nothing answers there, so MiniStack leaves Docker alone.
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
}


def why_missing() -> Iterator[str]:
    """Yield why MiniStack cannot be started, if it cannot."""
    if not all(importlib.util.find_spec(package) for package in _PACKAGES):
        yield (
            "the emulator 'ministack' is not installed; "
            "install it with: pip install 'gameday[ministack]'"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    options = parse("ministack", arguments)
    try:
        if reasons := tuple(why_missing()):
            raise InvalidInput(*reasons)  # noqa: TRY301 - told like a taken port
        listener = listen("ministack", options.port)
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_INVALID_INPUT
    import asyncio
    import logging

    level = "INFO" if options.verbose else "WARNING"
    port = listener.getsockname()[1]
    # MiniStack reads all of them while it is imported.
    os.environ.update(_SETTINGS, GATEWAY_PORT=str(port), LOG_LEVEL=level)
    logging.basicConfig(level=level, stream=sys.stderr)
    watch(lifeline=options.lifeline)
    asyncio.run(_serve(listener, f"http://{HOST}:{port}", level))
    return 0


async def _serve(listener: socket.socket, url: str, level: str) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.keep_alive_max_requests = KEEP_ALIVE_REQUESTS_MAX
    config.loglevel = level
    application: Any = _Announcing(app, url)
    await serve(application, config)


class _Announcing:
    """MiniStack's ASGI application, which says where it is once it has started."""

    def __init__(self, app: Any, url: str) -> None:
        self._app = app
        self._url = url

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def announcing(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                announce(self._url)

        first = scope["type"] == "lifespan"
        await self._app(scope, receive, announcing if first else send)


if __name__ == "__main__":
    sys.exit(main())
