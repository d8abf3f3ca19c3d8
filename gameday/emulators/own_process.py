"""How does an emulator of ours live as a process of its own?

Each is started as `python -m gameday.emulators.<name> --port 0 --lifeline`,
prints one line of JSON, {"url": ..., "pid": ...}, once it serves, and ends by
SIGTERM or, with --lifeline, when its standard input does, so that it never
outlives whoever started it. Loopback only. Exit status 2: what was asked for
cannot be had, the port above all; the last line on standard error says why.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["EXIT_INVALID_INPUT", "HOST", "announce", "listen", "parse", "watch"]

HOST = "127.0.0.1"
EXIT_INVALID_INPUT = 2

_BACKLOG_MAX = 256
_PORT_MAX = 65_535


def parse(name: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return `port`, `lifeline` and `verbose` from the command line."""
    parser = argparse.ArgumentParser(
        prog=f"python -m gameday.emulators.{name}",
        description="Serve emulated AWS on loopback.",
    )
    parser.add_argument("--port", type=_port, default=0, help="0 takes any free port")
    parser.add_argument(
        "--lifeline", action="store_true", help="stop when standard input ends"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="log every request to standard error"
    )
    return parser.parse_args(arguments)


def listen(name: str, port: int) -> socket.socket:
    """Return a socket that listens on loopback; raises InvalidInput."""
    try:
        return socket.create_server((HOST, port), backlog=_BACKLOG_MAX)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise InvalidInput(
            f"{name} cannot listen on {HOST}:{port}: {reason}; "
            "give another --port, or 0 for any"
        ) from error


def announce(url: str, *, note: str = "") -> None:
    """Print the line that says where the emulator serves.

    Args:
        url: where it serves.
        note: what whoever started it should be told, a line; "" for nothing.
    """
    said = {"url": url, "pid": os.getpid()} | ({"note": note} if note else {})
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def watch(*, lifeline: bool, stop: Callable[[], None] | None = None) -> None:
    """End at SIGTERM and SIGINT, and with `lifeline` when standard input ends.

    Args:
        lifeline: whether the end of standard input is the end of the process.
        stop: what to do at the end, on the main thread; None ends at once,
            because nothing is to be saved and request threads must not hold up
            the exit.
    """

    def end(*_: object) -> None:
        if stop is None:
            os._exit(0)
        stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if lifeline:
        threading.Thread(target=_watch_lifeline, daemon=True).start()


def _watch_lifeline() -> None:
    """Stop the process when nobody holds the other end of standard input."""
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _PORT_MAX:
        raise argparse.ArgumentTypeError(f"{port} is not a port from 0 to {_PORT_MAX}")
    return port
