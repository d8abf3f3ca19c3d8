"""How is the embedded moto run as a process of its own?

    python -m gameday.emulators.moto --port 0 --lifeline

prints one line of JSON, {"url": ..., "pid": ...}, once it listens, and serves
until SIGTERM or, with --lifeline, until its standard input ends, so that it
never outlives whoever started it. Loopback only. Exit status 2: the port is
taken.

It is a separate process because moto is slow pure Python: in the edge's process
it would hold up every answer and every timer there.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from gameday.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

HOST = "127.0.0.1"
BACKLOG_MAX = 256
PORT_MAX = 65_535
EXIT_PORT_TAKEN = 2

_WARMED_UP = (
    ("GET", "/2013-04-01/hostedzone", "route53", ""),
    ("POST", "/", "dynamodb", "DynamoDB_20120810.ListTables"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    options = _parse(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING, stream=sys.stderr
    )
    try:
        # Before moto is imported: a taken port is known at once.
        listener = socket.create_server((HOST, options.port), backlog=BACKLOG_MAX)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        sys.stderr.write(
            f"moto cannot listen on {HOST}:{options.port}: {reason}; "
            "give another --port, or 0 for any\n"
        )
        return EXIT_PORT_TAKEN
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    os.environ.setdefault("MOTO_PORT", url.rsplit(":", 1)[1])
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    _serve(listener, url, lifeline=options.lifeline)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m gameday.emulators.moto",
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


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"{port} is not a port from 0 to {PORT_MAX}")
    return port


def _serve(listener: socket.socket, url: str, *, lifeline: bool) -> None:
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        create_backend_app,
    )

    from gameday.emulators.keep_alive import serve_on
    from gameday.emulators.serial_app import SerialApp

    app = SerialApp(DomainDispatcherApplication(create_backend_app), SystemClock())
    server = serve_on(listener, app)
    if lifeline:
        threading.Thread(target=_watch_lifeline, daemon=True).start()
    threading.Thread(target=_warm_up, args=(app,), daemon=True).start()
    sys.stdout.write(json.dumps({"url": url, "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


def _watch_lifeline() -> None:
    """Stop the process when nobody holds the other end of standard input."""
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Nothing needs to be saved, and request threads must not hold up the exit.
    os._exit(0)


def _warm_up(app: Any) -> None:
    """Load the services that every game day uses before the first call comes."""
    from werkzeug.test import EnvironBuilder

    for method, path, service, target in _WARMED_UP:
        scope = f"AKIAWARMUP/20251020/us-east-1/{service}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
        if target:
            headers["X-Amz-Target"] = target
        builder = EnvironBuilder(
            method=method, path=path, headers=headers, data=b"{}" if target else None
        )
        app(builder.get_environ(), lambda *_: None)


if __name__ == "__main__":
    sys.exit(main())
