"""Who answers a program's AWS calls when they must not leave the process?

Inside `answered_here()` every attempt that botocore is about to send, by a client
of any age, goes to the `Answerer` of the context it is made in. botocore has
serialised and signed it by then and will parse the reply and decide on a retry
itself, so a program meets one answer an attempt and cannot tell the difference.

An attempt from a context without an answerer (a thread that the program started)
is refused by name: nobody could put it in an order.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import botocore.endpoint
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from gameday.errors import GamedayError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ANSWERER",
    "Answerer",
    "Attempt",
    "AttemptOutOfOrder",
    "Reply",
    "ReplyLost",
    "answered_here",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One HTTP request as botocore would send it; `headers` are sorted by name."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP reply."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ReplyLost(Exception):
    """The attempt's reply never comes; the program sees a read time-out."""


class Answerer(Protocol):
    """Answers attempts."""

    def answer(self, attempt: Attempt) -> Reply:
        """Return the reply; raises ReplyLost when there is none."""
        ...


class AttemptOutOfOrder(GamedayError):
    """An AWS call came from a thread whose order nobody controls."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        super().__init__(
            f"{attempt.method} {attempt.url} was called from a thread that the program "
            "started itself; its order cannot be chosen, so call AWS from the "
            "program's own thread"
        )


_INVOCATION_ID = UUID(int=0)

ANSWERER: ContextVar[Answerer | None] = ContextVar("ANSWERER", default=None)
"""Who answers in this context; threads and greenlets begin without one."""


@contextmanager
def answered_here() -> Iterator[list[AttemptOutOfOrder]]:
    """Let no attempt of this process leave it.

    Yields the attempts that came from nowhere, as they come; botocore turns
    what is raised at them into errors of its own, which a program may swallow.
    """
    strays: list[AttemptOutOfOrder] = []
    # The emitter's before-send would miss the clients made earlier. `_send` comes
    # after every before-send handler, once for each attempt.
    original = botocore.endpoint.Endpoint._send  # type: ignore[attr-defined] # noqa: SLF001 - see above

    def send(_endpoint: Any, request: Any) -> AWSResponse:
        attempt = _attempt(request)
        answerer = ANSWERER.get()
        if answerer is None:
            strays.append(AttemptOutOfOrder(attempt))
            raise strays[-1]
        try:
            return _response(request.url, answerer.answer(attempt))
        except ReplyLost as error:
            raise ReadTimeoutError(endpoint_url=request.url) from error

    # The invocation id means nothing here; it must not use up the program's chance.
    drawn_ids = botocore.endpoint.uuid  # type: ignore[attr-defined]
    botocore.endpoint.uuid = SimpleNamespace(uuid4=lambda: _INVOCATION_ID)  # type: ignore[attr-defined]
    botocore.endpoint.Endpoint._send = send  # type: ignore[attr-defined] # noqa: SLF001 - see above
    try:
        yield strays
    finally:
        botocore.endpoint.uuid = drawn_ids  # type: ignore[attr-defined]
        botocore.endpoint.Endpoint._send = original  # type: ignore[attr-defined] # noqa: SLF001 - see above


def _attempt(request: Any) -> Attempt:
    body = request.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes | bytearray):
        body = body.read()
    return Attempt(
        method=str(request.method),
        url=str(request.url),
        headers=tuple(
            sorted((str(name), _text(value)) for name, value in request.headers.items())
        ),
        body=bytes(body),
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _response(url: str, reply: Reply) -> AWSResponse:
    headers: Any = dict(reply.headers)
    return AWSResponse(url, reply.status, headers, _Stream(reply.body))


class _Stream:
    """The body as urllib3 would hand it over."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield what is left of the body."""
        left, self._left = self._left, b""
        if left:
            yield left

    def read(self, amount: int | None = None) -> bytes:
        """Return up to `amount` bytes of what is left."""
        size = len(self._left) if amount is None or amount < 0 else amount
        taken, self._left = self._left[:size], self._left[size:]
        return taken
