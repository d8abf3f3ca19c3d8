"""How is LocalStack itself put right, where it runs in host mode?

This module is loaded by LocalStack's own process, through its plug-in entry
points (`ENTRY_POINTS`), and imports nothing of gameday but values:

* `route53` keeps LocalStack's provider and answers the three operations on
  record sets from `model.zone`, as the embedded moto does;
* `dynamodb` stands in for DynamoDB Local where that is not installed: moto's
  DynamoDB with one request at a time, and each token applied once;
* `LoopbackServer` is LocalStack's server, listening on the address that it was
  given. LocalStack 4.14 opens its port on every interface whatever it is told.

LocalStack calls a provider from many threads: one lock goes round every
operation of a service.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.dynamodb import DynamodbApi
from localstack.http import Response
from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, ServiceLifecycleHook, aws_provider

from gameday.clock import SystemClock, monotonic_ms
from gameday.emulators.strict_zones import StrictZones
from gameday.model.idempotency import Seen, TokenWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Any, Any], Any]

__all__ = ["LoopbackServer", "dynamodb", "route53"]

_RECORD_SET_OPERATIONS = (
    "ChangeResourceRecordSets",
    "GetChange",
    "ListResourceRecordSets",
)
_TRANSACT_WRITE = "TransactWriteItems"
_MISMATCH = (
    "The request uses the same client token as a previous, but non-identical "
    "request. Do not reuse a client token with different requests, unless the "
    "requests are identical"
)


@aws_provider(api="route53", name="gameday")  # type: ignore[untyped-decorator]
def route53() -> Any:
    """Return LocalStack's Route 53 with zones that are right."""
    from localstack.services.route53.provider import Route53Provider

    zones = StrictZones(SystemClock())

    def answer(context: Any, _: Any) -> Response:
        request = context.request
        reply = zones.answer(
            method=request.method,
            path=request.path,
            query=request.query_string.decode(),
            body=request.get_data(),
        )
        assert reply is not None, request.path  # noqa: S101 - they are all its own
        return Response(reply.body, reply.status, {"Content-Type": "text/xml"})

    def dispatch_table(provider: Any) -> dict[str, Handler]:
        table: dict[str, Handler] = MotoFallbackDispatcher(provider)
        return _one_at_a_time(
            {**table, **dict.fromkeys(_RECORD_SET_OPERATIONS, answer)}
        )

    return Service.for_provider(
        Route53Provider(), dispatch_table_factory=dispatch_table
    )


class _Provider(DynamodbApi, ServiceLifecycleHook):  # type: ignore[misc]
    """Nothing of its own: every operation is moto's."""


@aws_provider(api="dynamodb", name="gameday")  # type: ignore[untyped-decorator]
def dynamodb() -> Any:
    """Return moto's DynamoDB, one request at a time."""

    def dispatch_table(provider: Any) -> dict[str, Handler]:
        table: dict[str, Handler] = MotoFallbackDispatcher(provider)
        once = _each_token_once(table[_TRANSACT_WRITE])
        return _one_at_a_time({**table, _TRANSACT_WRITE: once})

    return Service.for_provider(_Provider(), dispatch_table_factory=dispatch_table)


class LoopbackServer(RuntimeServerPlugin):  # type: ignore[misc]
    """LocalStack's own server, on the interface that GATEWAY_LISTEN names."""

    name = "gameday"

    def load(self, *_: Any, **__: Any) -> Any:
        """Return the server."""
        from localstack.runtime.server.twisted import TwistedRuntimeServer
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import endpoints, reactor

        class Server(TwistedRuntimeServer):  # type: ignore[misc]
            """Plain HTTP: nobody asks an emulator on loopback for TLS."""

            def register(
                self, gateway: Any, listen: Any, ssl_creds: Any = None
            ) -> None:
                del ssl_creds
                for place in listen:
                    endpoint = endpoints.TCP4ServerEndpoint(
                        reactor, place.port, interface=place.host
                    )
                    endpoint.listen(TwistedGateway(gateway))

        return Server()


def _one_at_a_time(table: dict[str, Handler]) -> dict[str, Handler]:
    lock = threading.Lock()

    def locked(handler: Handler) -> Handler:
        def call(context: Any, request: Any) -> Any:
            with lock:
                return handler(context, request)

        return call

    return {operation: locked(handler) for operation, handler in table.items()}


def _each_token_once(transact: Handler) -> Handler:
    clock = SystemClock()
    tokens = TokenWindow()

    def call(context: Any, request: Any) -> Any:
        rest = dict(request)
        token = rest.pop("ClientRequestToken", "")
        if not token:
            return transact(context, request)
        token = f"{context.account_id}/{context.region}/{token}"
        digest = hashlib.sha256(
            json.dumps(rest, sort_keys=True, default=repr).encode()
        ).digest()
        now_ms = monotonic_ms(clock)
        match tokens.look_up(token, digest, now_ms=now_ms):
            case Seen.REPLAY:
                return json.loads(tokens.reply_to(token))
            case Seen.MISMATCH:
                raise CommonServiceException(
                    "IdempotentParameterMismatchException", _MISMATCH
                )
        reply = transact(context, request)
        body = json.dumps(reply or {}, default=repr).encode()
        tokens.remember(token, digest, body, now_ms=now_ms)
        return reply

    return call
