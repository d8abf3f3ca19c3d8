"""How does the embedded server keep its connections open, as AWS does?

werkzeug's server says `Connection: close` in every reply, whatever the protocol
version, because http.server cannot skip a request body that the application
left unread. On such a server "old connections work, new ones fail" cannot be
seen. Here the body is read in full before the application is called, and the
reply is complete before it is sent, so nothing is left over and the next
request line is where it should be.

Head and body leave in one write: with two, the client's delayed acknowledgement
costs 40 ms a call.
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["KeepAliveHandler", "serve_on"]

IDLE_MAX_S = 300.0
BODY_BYTES_MAX = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


class KeepAliveHandler(MotoRequestHandler):  # type: ignore[misc]
    """Reads whole requests, sends whole replies, leaves the connection open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_MAX_S

    def run_wsgi(self) -> None:
        """Answer the request whose head has been read."""
        try:
            environ = self.make_environ()
            body = self._read_request_body(environ)
        except (OSError, ValueError) as error:
            # Where the next request would begin is not known any more.
            self.close_connection = True
            self._send("400 Bad Request", [], f"not a valid request: {error}".encode())
            return
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        self._send(*self._call(environ))

    def _read_request_body(self, environ: dict[str, Any]) -> bytes:
        chunked = environ.get("wsgi.input_terminated", False)
        length = 0 if chunked else int(environ.get("CONTENT_LENGTH") or "0")
        if not 0 <= length <= BODY_BYTES_MAX:
            raise ValueError(f"Content-Length is not within 0 to {BODY_BYTES_MAX}")
        body: bytes = environ["wsgi.input"].read(
            BODY_BYTES_MAX + 1 if chunked else length
        )
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"the body is longer than {BODY_BYTES_MAX} bytes")
        if len(body) < length:
            raise ValueError("the client went away in the middle of the body")
        return body

    def _call(
        self, environ: dict[str, Any]
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: Any = None
        ) -> Callable[[bytes], None]:
            started.append((status, headers))
            return lambda _: None

        try:
            body = b"".join(self.server.app(environ, start_response))
        except Exception:  # noqa: BLE001 - one failed request, not a dead server
            _log.exception("%s %s failed inside moto", self.command, self.path)
            return "500 Internal Server Error", [], b"the emulator failed; see its log"
        return (*started[-1], body)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        bodiless = self.command == "HEAD" or code in ("204", "304")
        for name, value in headers:
            if bodiless or name.lower() != "content-length":
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Tell the client at once to send its body; the writer is buffered."""
        proceed: bool = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def log_request(self, *args: Any) -> None:
        """Log a request line only for whoever asked for it."""
        if _log.isEnabledFor(logging.DEBUG):
            super().log_request(*args)


def serve_on(listener: socket.socket, app: Any) -> ThreadedWSGIServer:
    """Return a server for a socket that already listens; one thread a connection."""
    host, port = listener.getsockname()
    return ThreadedWSGIServer(
        host, port, app, handler=KeepAliveHandler, fd=listener.fileno()
    )
