"""What stands between a client's request and moto, so that moto answers as AWS?

One lock around every request. moto checks a condition and writes in separate
steps without a lock, so two conditional writers can both win, and a failing
transaction puts back a copy of the whole table, erasing what others wrote in
the meantime. One request at a time removes all of that at no visible cost, for
the work is bound to one processor core anyway.

Under the lock, record sets are `strict_zones`', replayed transactions are
`model.idempotency`'s, and requests that DynamoDB would not read are refused as
`model.table_request_rules` says; everything else goes to moto unchanged.

Some services of moto call moto again over HTTP while they answer. Such a call
cannot be served until the first is done; it gets a 503 when `LOCK_WAIT_MAX_S`
is over, instead of waiting for ever.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gameday.clock import monotonic_ms
from gameday.emulators.item_size import allow_the_largest_item
from gameday.emulators.strict_zones import StrictZones
from gameday.model.idempotency import MISMATCH_MESSAGE, Seen, TokenWindow
from gameday.model.table_request_rules import table_request_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameday.clock import Clock

__all__ = ["SerialApp"]

LOCK_WAIT_MAX_S = 20.0

_DYNAMODB = "DynamoDB_20120810."
_ERROR_TYPE = "com.amazonaws.dynamodb.v20120810#"
_MISMATCH = "IdempotentParameterMismatchException"

Environ = dict[str, Any]


class SerialApp:
    """A WSGI application around moto's.

    Attributes:
        tokens: the transactions that took effect, by their tokens.
    """

    def __init__(
        self,
        moto_app: Any,
        clock: Clock,
        *,
        choose: Callable[[str], str] = secrets.choice,
    ) -> None:
        """Put it before moto.

        Args:
            moto_app: moto's WSGI application.
            clock: dates changes and forgets tokens.
            choose: picks one character of several, for the ids of changes.
        """
        self._moto = moto_app
        self._clock = clock
        self._lock = threading.Lock()
        self._zones = StrictZones(clock, choose=choose)
        self.tokens = TokenWindow()

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request; the body is complete when this returns."""
        if not self._lock.acquire(timeout=LOCK_WAIT_MAX_S):
            text = b"another request has not finished"
            return _respond(start_response, 503, "text/plain", text)
        try:
            return self._answer(environ, start_response)
        finally:
            self._lock.release()

    def _answer(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/2013-04-01/"):
            reply = self._zones.answer(
                method=environ["REQUEST_METHOD"],
                path=path,
                query=environ.get("QUERY_STRING", ""),
                body=_read_body(environ)
                if environ["REQUEST_METHOD"] == "POST"
                else b"",
            )
            if reply is not None:
                return _respond(start_response, reply.status, "text/xml", reply.body)
        elif environ.get("HTTP_X_AMZ_TARGET", "").startswith(_DYNAMODB):
            return self._answer_dynamodb(environ, start_response)
        elif path == "/moto-api/reset":
            self._zones.clear()
            self.tokens.clear()
        return _complete(self._moto(environ, start_response))

    def _answer_dynamodb(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        allow_the_largest_item()
        operation = environ["HTTP_X_AMZ_TARGET"].removeprefix(_DYNAMODB)
        request = _json_object(_read_body(environ))
        problem = table_request_problem(operation, request)
        if problem:
            return _refuse(start_response, "ValidationException", problem)
        token = request.pop("ClientRequestToken", "")
        if operation == "TransactWriteItems" and token and isinstance(token, str):
            return self._transact(environ, start_response, token, request)
        return _complete(self._moto(environ, start_response))

    def _transact(
        self,
        environ: Environ,
        start_response: Callable[..., Any],
        token: str,
        rest: dict[str, Any],
    ) -> Iterable[bytes]:
        """Carry a transaction out once for each token."""
        token = f"{_region_of(environ)}/{token}"
        digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).digest()
        now_ms = monotonic_ms(self._clock)
        match self.tokens.look_up(token, digest, now_ms=now_ms):
            case Seen.REPLAY:
                return _respond_json(start_response, 200, self.tokens.reply_to(token))
            case Seen.MISMATCH:
                return _refuse(start_response, _MISMATCH, MISMATCH_MESSAGE)
        statuses: list[str] = []

        def note_status(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        chunks = _complete(self._moto(environ, note_status))
        if statuses and statuses[-1].startswith("200"):
            self.tokens.remember(token, digest, b"".join(chunks), now_ms=now_ms)
        return chunks


def _json_object(body: bytes) -> dict[str, Any]:
    """Return the request, empty when moto shall say what is wrong with it."""
    try:
        request = json.loads(body)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _region_of(environ: Environ) -> str:
    credential = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2]
    scope: list[str] = credential.split("/")
    return scope[2] if len(scope) > 2 else ""


def _read_body(environ: Environ) -> bytes:
    """Return the request's body and leave it for moto to read again."""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _complete(chunks: Any) -> list[bytes]:
    """Run a WSGI answer to its end while the lock is still held."""
    try:
        return list(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()


def _refuse(start_response: Callable[..., Any], code: str, message: str) -> list[bytes]:
    document = {"__type": f"{_ERROR_TYPE}{code}", "message": message}
    if code == _MISMATCH:
        # DynamoDB spells the member either way, error by error.
        document["Message"] = document.pop("message")
    return _respond_json(start_response, 400, json.dumps(document).encode())


def _respond_json(
    start_response: Callable[..., Any], status: int, body: bytes
) -> list[bytes]:
    return _respond(start_response, status, "application/x-amz-json-1.0", body)


def _respond(
    start_response: Callable[..., Any], status: int, content_type: str, body: bytes
) -> list[bytes]:
    start_response(
        f"{status} {HTTPStatus(status).phrase}",
        [
            ("Content-Type", content_type),
            ("x-amzn-RequestId", secrets.token_hex(16)),
        ],
    )
    return [body]
