"""What becomes of one named call?

The rules are asked, their ruling is carried out, and the op is recorded, in that
order. The op is in the history before the caller is answered, so whoever acts on
a reply comes later in the history than the reply.

A caller in a zone that is cut off is ruled on before any rule is asked, because its
call never comes so far; a reply that finds its caller's zone cut off is lost too.

A ruling ends one of two ways: the caller gets a `Reply`, or it is `Lost`. What
the emulator was given meanwhile is `forwarding`'s, and what that means for the
outcome is `call_record`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.clock import utc_now
from gameday.edge.call_record import record_call
from gameday.edge.duplicates import Duplicates
from gameday.edge.error_reply import Reply, error_reply, throttling_code
from gameday.edge.fault_kinds import (
    Delay,
    DropRequest,
    DropResponse,
    Duplicate,
    Error,
    Hold,
    RejectSkew,
    StaleRead,
    Throttle,
)
from gameday.edge.http_exchange import Exchange, Lost
from gameday.edge.signature_age import signed_at, skew_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.forwarding import Forwarder
    from gameday.edge.holds import Holds
    from gameday.edge.http_exchange import How
    from gameday.edge.partitions import Partitions
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.stale_reads import StaleReads

__all__ = ["FAULT_HEADER", "Dispatcher"]

FAULT_HEADER = "x-gameday-fault"
"""Names the rule in an error that a rule made."""


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A call that took effect, and a caller that is not told."""

    reply: Reply
    how: How


class Dispatcher:
    """Carries rulings out."""

    def __init__(
        self,
        *,
        rules: RuleBook,
        partitions: Partitions,
        holds: Holds,
        forwarder: Forwarder,
        stale_reads: StaleReads,
        recorder: Recorder,
        zone_name: Callable[[str], str | None],
    ) -> None:
        self._rules = rules
        self._partitions = partitions
        self._holds = holds
        self._forwarder = forwarder
        self._stale_reads = stale_reads
        self._recorder = recorder
        self._zone_name = zone_name
        self._duplicates = Duplicates(
            forwarder=forwarder, record=self.record, now_ns=recorder.now_ns
        )

    async def stop(self) -> None:
        """End what is still delivered for callers that have their answer."""
        await self._duplicates.stop()

    async def dispatch(self, exchange: Exchange) -> Reply | Lost:
        """Rule on a call, carry the ruling out and record the op."""
        call = exchange.call
        try:
            # The network is in front of all: rules and cuts may change meanwhile.
            if call.service and self._rules.latency_ms:
                await asyncio.sleep(self._rules.latency_ms / 1000)
            cut = self._partitions.cut_of(call.actor)
            exchange.ruling = (
                cut.ruling() if cut else self._rules.decide(call, exchange.head.headers)
            )
            return await self._carry_out(exchange)
        except asyncio.CancelledError:
            # The edge stops: what was forwarded must still be in the history.
            self.record(exchange, None, lost=True)
            raise

    def record(
        self, exchange: Exchange, reply: Reply | None, *, lost: bool = False
    ) -> None:
        """Append the op of a call; see `record_call`."""
        call = exchange.call
        zone_id = str(call.parameters.get("HostedZoneId", ""))
        record_call(
            self._recorder,
            exchange,
            reply,
            lost=lost,
            zone_name=self._zone_name(zone_id) if call.service == "route53" else None,
        )

    async def _carry_out(self, exchange: Exchange) -> Reply | Lost:
        fate = await self._fate(exchange)
        if isinstance(fate, _Unanswered):
            self.record(exchange, fate.reply, lost=True)
            return self._lost(exchange, fate.how)
        cut = self._partitions.cut_of(exchange.call.actor)
        if cut is not None and isinstance(fate, Reply):
            exchange.ruling = exchange.ruling or cut.ruling_under_way()
            self.record(exchange, fate, lost=True)
            return self._lost(exchange, cut.how)
        self.record(exchange, fate if isinstance(fate, Reply) else None)
        return fate

    async def _fate(  # noqa: PLR0911 - one for each kind of fault
        self, exchange: Exchange
    ) -> Reply | Lost | _Unanswered:
        fault = exchange.ruling.fault if exchange.ruling else None
        match fault:
            case None:
                return await self._forwarder.forward(exchange)
            case Delay(on=on):
                return await self._delayed(exchange, on)
            case Error() | Throttle() | RejectSkew():
                return self._refused(exchange, fault)
            case DropRequest(how=how):
                return self._lost(exchange, how)
            case DropResponse(how=how):
                return _Unanswered(await self._forwarder.forward(exchange), how)
            case Hold():
                return await self._held(exchange, fault)
            case Duplicate():
                return await self._duplicates.deliver(exchange, fault)
            case StaleRead():
                return await self._stale_reads.answer(exchange, fault)

    def _lost(self, exchange: Exchange, how: How) -> Lost:
        return Lost(how, until=self._partitions.healed(exchange.call.actor))

    async def _delayed(self, exchange: Exchange, on: str) -> Reply:
        delay_s = exchange.ruling.delay_ms / 1000 if exchange.ruling else 0.0
        if on == "request":
            await asyncio.sleep(delay_s)
            return await self._forwarder.forward(exchange)
        reply = await self._forwarder.forward(exchange)
        await asyncio.sleep(delay_s)
        return reply

    async def _held(
        self, exchange: Exchange, fault: Hold
    ) -> Reply | Lost | _Unanswered:
        ending = await self._holds.hold(
            call=exchange.call,
            rule_id=exchange.ruling.rule_id if exchange.ruling else "",
            fault=fault,
            since_ns=exchange.start_ns,
            client_present=exchange.client_present,
        )
        if ending == "drop":
            return Lost("reset")
        reply = await self._forwarder.forward(exchange)
        return _Unanswered(reply, "reset") if ending == "lose-reply" else reply

    def _refused(
        self, exchange: Exchange, fault: Error | Throttle | RejectSkew
    ) -> Reply:
        service, protocol = exchange.call.service, exchange.call.protocol
        match fault:
            case Error():
                return self._faulty(exchange, fault.code, fault.message, fault.status)
            case Throttle():
                code = fault.code or throttling_code(service, protocol)
                return self._faulty(exchange, code, "Rate exceeded", None)
            case RejectSkew(skew_ms_max=skew_ms_max):
                now = utc_now()
                signed = signed_at(exchange.head.headers) or now
                refusal = skew_refusal(service, protocol, signed, now, skew_ms_max)
                return self._faulty(
                    exchange, refusal.code, refusal.message, refusal.status
                )

    def _faulty(
        self, exchange: Exchange, code: str, message: str, status: int | None
    ) -> Reply:
        rule_id = exchange.ruling.rule_id if exchange.ruling else ""
        reply = error_reply(
            service=exchange.call.service,
            protocol=exchange.call.protocol,
            model=exchange.call.model,
            code=code,
            message=message or f"{code}, by rule {rule_id}",
            status=status,
            request_id=f"gameday-{self._recorder.now_ns()}",
        )
        headers = (*reply.headers, (FAULT_HEADER, rule_id))
        return Reply(status=reply.status, headers=headers, body=reply.body)
