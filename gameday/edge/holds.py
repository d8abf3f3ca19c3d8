"""Which calls stand still right now, and how do they get away?

A held call waits until it is released, its client goes away under
`on_disconnect: drop`, or its time is up. It then ends one of three ways: deliver
(it goes on to the emulator, however late), lose-reply (so it does, and its caller
never hears of it) or drop.

The dangerous case is a client that gave up under `on_disconnect: deliver`: its
write is applied when the hold is released, long after the client has retried.
Real networks do that too, which is why the rule has to say it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.call import Call
    from gameday.edge.fault_kinds import Hold

    Outcome = Literal["deliver", "lose-reply", "drop"]

__all__ = ["HELD_MAX", "HeldCall", "Holds"]

HELD_MAX = 10_000
"""Calls held at a time; a further one is delivered at once."""

CLIENT_LOOKED_AT_EVERY_S = 0.02
"""aiohttp tells nobody when a client goes away, so its transport is looked at."""


@dataclass(slots=True, eq=False, kw_only=True)
class HeldCall:
    """One call that stands still.

    Attributes:
        id: "h1", "h2", ...
        rule_id: the rule that holds it.
        call: what was asked.
        since_ns: since when, nanoseconds of the run.
        client_gone: whether its client has closed the connection.
        ending: how it will end; set by whoever releases it.
    """

    id: str
    rule_id: str
    call: Call
    since_ns: int
    ending: asyncio.Future[Outcome]
    client_gone: bool = False

    def document(self) -> dict[str, Any]:
        """Return what the control interface shows of it."""
        return {
            "id": self.id,
            "rule": self.rule_id,
            "actor": self.call.actor,
            "service": self.call.service,
            "operation": self.call.operation,
            "writes": list(self.call.writes),
            "request": dict(self.call.parameters),
            "since_ns": self.since_ns,
            "client_gone": self.client_gone,
        }


class Holds:
    """Every call that stands still."""

    def __init__(self) -> None:
        self._held: dict[str, HeldCall] = {}
        self._numbered = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._held)

    def held(self, rule_id: str | None = None) -> tuple[HeldCall, ...]:
        """Return the calls that are held (by one rule), oldest first."""
        return tuple(
            one for one in self._held.values() if rule_id in (None, one.rule_id)
        )

    async def hold(
        self,
        *,
        call: Call,
        rule_id: str,
        fault: Hold,
        since_ns: int,
        client_present: Callable[[], bool],
    ) -> Outcome:
        """Keep a call until it is released, and return how it ends.

        Args:
            call: what was asked.
            rule_id: the rule that holds it.
            fault: what happens at disconnect, and for how long at most.
            since_ns: now, nanoseconds of the run.
            client_present: whether the client's connection is still open.
        """
        if len(self._held) >= HELD_MAX:
            return "deliver"
        self._numbered += 1
        loop = asyncio.get_running_loop()
        one = HeldCall(
            id=f"h{self._numbered}",
            rule_id=rule_id,
            call=call,
            since_ns=since_ns,
            ending=loop.create_future(),
        )
        self._held[one.id] = one
        self._changed.set()
        try:
            deadline_s = loop.time() + fault.timeout_ms / 1000
            return await self._ending(one, fault, deadline_s, client_present)
        finally:
            self._held.pop(one.id, None)

    async def wait_held(self, rule_id: str, timeout_s: float) -> tuple[HeldCall, ...]:
        """Return what a rule holds once it holds something, () after the time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.held(rule_id):
                    if self._changed.is_set():
                        self._changed = asyncio.Event()
                    await self._changed.wait()
        except TimeoutError:
            return ()
        return self.held(rule_id)

    def release(
        self,
        *,
        hold_id: str | None = None,
        rule_id: str | None = None,
        outcome: Outcome = "deliver",
    ) -> int:
        """Let one call, the calls of one rule, or all go; returns how many."""
        released = 0
        for one in self.held(rule_id):
            if hold_id in (None, one.id) and not one.ending.done():
                one.ending.set_result(outcome)
                del self._held[one.id]
                released += 1
        return released

    async def _ending(
        self,
        one: HeldCall,
        fault: Hold,
        deadline_s: float,
        client_present: Callable[[], bool],
    ) -> Outcome:
        loop = asyncio.get_running_loop()
        while True:
            left_s = deadline_s - loop.time()
            if left_s <= 0:
                return "deliver"
            pause_s = left_s
            if not one.client_gone:
                pause_s = min(CLIENT_LOOKED_AT_EVERY_S, left_s)
            await asyncio.wait((one.ending,), timeout=pause_s)
            if one.ending.done():
                return one.ending.result()
            if not one.client_gone and not client_present():
                one.client_gone = True
                if fault.on_disconnect == "drop":
                    return "drop"
