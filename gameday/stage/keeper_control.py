"""How does another process ask the keeper to do something to an actor?

One line of JSON each way over a loopback connection. Only the keeper may signal
its children: it alone knows for certain that a pid has not been reused. The
request carries the token from the state file, which only the owner can read, so
that nobody else on the machine can stop processes through the port.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
import socket
from typing import TYPE_CHECKING, Any

from gameday.errors import GamedayError, InvalidInput, RegionFailed
from gameday.near_names import unknown_name
from gameday.stage.state import KeeperControl

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["ControlServer", "ask_keeper"]

LINE_BYTES_MAX = 65_536
_HOST = "127.0.0.1"
_ANSWER_DEADLINE_S = 60.0
_REQUEST_DEADLINE_S = 5.0


class ControlServer:
    """Answers requests with the operations that it is given."""

    def __init__(
        self, operations: Mapping[str, Callable[[str], Awaitable[int]]]
    ) -> None:
        self._operations = operations
        self._token = secrets.token_hex(16)
        self._server: asyncio.Server | None = None

    async def open(self) -> KeeperControl:
        """Listen on a free port; returns what a client needs."""
        self._server = await asyncio.start_server(
            self._serve, _HOST, 0, limit=LINE_BYTES_MAX
        )
        port = self._server.sockets[0].getsockname()[1]
        return KeeperControl(port=port, token=self._token)

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            line = await asyncio.wait_for(reader.readline(), _REQUEST_DEADLINE_S)
            answer = await self._answer(line)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            token, name, actor = request["token"], request["op"], request["actor"]
        except (ValueError, KeyError, TypeError):
            return {"error": "not a request", "kind": "InvalidInput"}
        if not hmac.compare_digest(str(token), self._token):
            return {"error": "wrong token", "kind": "InvalidInput"}
        try:
            operation = self._operations.get(str(name))
            if operation is None:
                message = unknown_name("operation", str(name), self._operations)
                raise InvalidInput(message)
            return {"pid": await operation(str(actor))}
        except (GamedayError, OSError) as error:
            return {"error": str(error), "kind": type(error).__name__}


def ask_keeper(control: KeeperControl, operation: str, actor: str) -> int:
    """Have the keeper do `operation` to `actor`; returns the actor's pid.

    Raises InvalidInput for an unknown actor, RegionFailed when the actor is not
    running or the keeper is gone. Without an answer the operation may have been
    done; each of them may be asked for again.
    """
    request = {"token": control.token, "op": operation, "actor": actor}
    try:
        with socket.create_connection(
            (_HOST, control.port), timeout=_ANSWER_DEADLINE_S
        ) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline(LINE_BYTES_MAX)
        answer = json.loads(line)
    except (OSError, ValueError) as error:
        raise RegionFailed(f"the stage's keeper does not answer: {error}") from error
    if "error" in answer:
        kind = InvalidInput if answer["kind"] == "InvalidInput" else RegionFailed
        raise kind(answer["error"])
    return int(answer["pid"])
