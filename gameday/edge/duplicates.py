"""How is one request delivered several times?

Deliveries follow one another: the next one leaves `gap_ms` after the reply to the
one before. One of them is the caller's own and is answered; every other is an op
of its own in the history, with the caller's reads and writes, no status, because
nobody was told, and the outcome that the emulator's reply shows. Their requests in
the history say which is which ("Delivery" of "Deliveries").

When the caller is answered first, the further deliveries are made in the
background, whether the caller is still there or not. They end with the edge: what
has not been delivered by then never is, and the history says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.error_reply import Reply
    from gameday.edge.fault_kinds import Duplicate
    from gameday.edge.forwarding import Forwarder
    from gameday.edge.http_exchange import Exchange

    Record = Callable[[Exchange, Reply | None], None]

__all__ = ["LATE_MAX", "Duplicates"]

LATE_MAX = 10_000
"""Requests whose further deliveries are outstanding; a further one has none."""


class Duplicates:
    """Delivers requests several times."""

    def __init__(
        self, *, forwarder: Forwarder, record: Record, now_ns: Callable[[], int]
    ) -> None:
        """Take what is needed.

        Args:
            forwarder: makes one delivery.
            record: appends the op of a delivery that the caller is not told of.
            now_ns: the clock of the history.
        """
        self._forwarder = forwarder
        self._record = record
        self._now_ns = now_ns
        self._late: set[asyncio.Task[None]] = set()

    async def deliver(self, exchange: Exchange, fault: Duplicate) -> Reply:
        """Deliver a request and return the reply that its caller gets."""
        gap_s = fault.gap_ms / 1000
        if fault.reply == "first":
            exchange.notes = _numbered(1, fault)
            reply = await self._forwarder.forward(exchange)
            if len(self._late) < LATE_MAX:
                task = asyncio.create_task(self._deliver_late(exchange, fault))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            return reply
        for number in range(1, fault.copies):
            await self._deliver_copy(exchange, number, fault)
            await asyncio.sleep(gap_s)
        exchange.notes = _numbered(fault.copies, fault)
        return await self._forwarder.forward(exchange)

    async def stop(self) -> None:
        """End the deliveries that are outstanding."""
        late = tuple(self._late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _deliver_late(self, exchange: Exchange, fault: Duplicate) -> None:
        for number in range(2, fault.copies + 1):
            await self._deliver_copy(
                exchange, number, fault, after_s=fault.gap_ms / 1000
            )

    async def _deliver_copy(
        self, exchange: Exchange, number: int, fault: Duplicate, *, after_s: float = 0
    ) -> None:
        """Make a delivery of which the caller is not told, and record it."""
        copy = replace(exchange, answers=False, forwarded=False)
        copy.notes = _numbered(number, fault)
        reply = None
        try:
            if after_s:
                await asyncio.sleep(after_s)
            copy.start_ns = self._now_ns()
            reply = await self._forwarder.forward(copy)
        finally:
            self._record(copy, reply)


def _numbered(number: int, fault: Duplicate) -> dict[str, int]:
    return {"Delivery": number, "Deliveries": fault.copies}
