"""How is the embedded moto run as a process of its own?

    python -m gameday.emulators.moto --port 0 --lifeline

See `own_process` for how it begins and ends. It is a separate process because
moto is slow pure Python: in the edge's process it would hold up every answer
and every timer there.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from gameday.clock import SystemClock
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
    from collections.abc import Sequence

__all__ = ["main"]

_WARMED_UP = (
    ("GET", "/2013-04-01/hostedzone", "route53", ""),
    ("POST", "/", "dynamodb", "DynamoDB_20120810.ListTables"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    options = parse("moto", arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING, stream=sys.stderr
    )
    try:
        # Before moto is imported: a taken port is known at once.
        listener = listen("moto", options.port)
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_INVALID_INPUT
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    os.environ.setdefault("MOTO_PORT", url.rsplit(":", 1)[1])
    watch(lifeline=options.lifeline)
    _serve(listener, url)
    return 0


def _serve(listener: socket.socket, url: str) -> None:
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        create_backend_app,
    )

    from gameday.emulators.keep_alive import serve_on
    from gameday.emulators.serial_app import SerialApp

    app = SerialApp(DomainDispatcherApplication(create_backend_app), SystemClock())
    server = serve_on(listener, app)
    threading.Thread(target=_warm_up, args=(app,), daemon=True).start()
    announce(url)
    server.serve_forever()


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
