"""How does a call reach the emulator, and what is answered when it does not?

Calls of Route 53 and DynamoDB go through the guard, all others straight. An
emulator that cannot be reached, or that broke off, is a 503 of the service that
was called, so that an SDK treats it as an outage of AWS.

The invariant that the history rests on: `Exchange.forwarded` is set before the
request leaves, and taken back only when it certainly did not arrive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.edge.emulator import Emulator, NotSent, ReplyLost
from gameday.edge.error_reply import Reply, error_reply
from gameday.edge.http_exchange import Exchange, forwarded_headers, request_target

if TYPE_CHECKING:
    from gameday.edge.guard import Guard
    from gameday.edge.image_taking import ImageTaker
    from gameday.edge.table_keys import TableKeys

__all__ = ["Forwarder"]


class Forwarder:
    """Hands calls to the guard and to the emulator."""

    def __init__(
        self,
        *,
        guard: Guard,
        emulator: Emulator,
        tables: TableKeys,
        images: ImageTaker,
    ) -> None:
        self._guard = guard
        self._emulator = emulator
        self._tables = tables
        self._images = images

    async def forward(self, exchange: Exchange) -> Reply:
        """Return the emulator's or the guard's reply, a 503 when there is none."""
        head, call = exchange.head, exchange.call

        async def send() -> Reply:
            exchange.forwarded = True
            try:
                return await self._emulator.send(
                    head.method,
                    request_target(exchange.http),
                    forwarded_headers(exchange),
                    exchange.body,
                )
            except NotSent:
                exchange.forwarded = False
                raise

        try:
            if call.service == "dynamodb" and call.writes:
                authorization = head.headers.get("Authorization", "")

                async def leave_images() -> Reply:
                    return await self._images.around(call, authorization, send)

                reply = await self._guard.answer(call, exchange.body, leave_images)
            elif call.service in ("route53", "dynamodb"):
                reply = await self._guard.answer(call, exchange.body, send)
            else:
                reply = await send()
        except (NotSent, ReplyLost) as error:
            return error_reply(
                service=call.service,
                protocol=call.protocol,
                model=call.model,
                code="ServiceUnavailable",
                message=str(error),
                status=503,
            )
        if call.operation == "DeleteTable" and reply.status == 200:
            self._tables.forget(call.region, str(call.parameters.get("TableName")))
        return reply
