"""What happens to one AWS request between the caller and the emulator?

It is named, ruled on, forwarded (through the guard), recorded and
answered, in that order. The op is in the history before the reply is on the
wire, so whoever acts on a reply comes later in the history than the reply.

A request whose caller has gone is still forwarded and still recorded: it is
what a network would do with packets that are under way, and the history must
not miss a write. Whatever goes wrong in here costs one request, never the edge.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from gameday.edge.call import Call, CallNamer, Identity, RequestHead
from gameday.edge.call_record import record_call
from gameday.edge.emulator import Emulator, NotSent, ReplyLost
from gameday.edge.error_reply import Reply, error_reply, throttling_code
from gameday.edge.http_exchange import (
    BODY_BYTES_MAX,
    BodyTooLarge,
    Exchange,
    Lost,
    forwarded_headers,
    lose_reply,
    read_body,
    request_target,
    web_response,
)
from gameday.edge.resources import table_names
from gameday.edge.rules import (
    Delay,
    DropRequest,
    DropResponse,
    Error,
    Hold,
    Throttle,
)
from gameday.edge.table_keys import TableKeys
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from gameday.edge.guard import Guard
    from gameday.edge.holds import Holds
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.zones import ZoneLog

__all__ = ["FAULT_HEADER", "Gateway"]

FAULT_HEADER = "x-gameday-fault"
"""Names the rule in an error that a rule made."""

STOP_GRACE_S = 0.5
"""For requests that the emulator is about to answer."""

_log = logging.getLogger(__name__)


class Gateway:
    """Handles every AWS request that reaches the edge."""

    def __init__(
        self,
        *,
        namer: CallNamer,
        rules: RuleBook,
        holds: Holds,
        guard: Guard,
        zones: ZoneLog,
        emulator: Emulator,
        recorder: Recorder,
    ) -> None:
        self._namer = namer
        self._rules = rules
        self._holds = holds
        self._guard = guard
        self._zones = zones
        self._emulator = emulator
        self._recorder = recorder
        self._tables = TableKeys(emulator)
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[object]] = set()

    async def handle(self, request: web.BaseRequest, *, via: str) -> web.StreamResponse:
        """Answer one request.

        Args:
            request: as aiohttp's low-level server hands it over.
            via: "gateway" or the name of a load balancer.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("requests are handled in tasks")
        # aiohttp forgets the handlers of clients that have gone; `stop` must not.
        self._under_way.add(task)
        try:
            return await self._handle(request, via)
        finally:
            self._under_way.discard(task)

    async def stop(self) -> None:
        """Let whatever hangs or is held go, unforwarded, and end the rest."""
        self._stopping.set()
        self._holds.release(outcome="drop")
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=STOP_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest, via: str) -> web.StreamResponse:
        start_ns = self._recorder.now_ns()
        head = RequestHead.parse(
            request.method, request_target(request), request.headers
        )
        try:
            body = await read_body(request)
        except BodyTooLarge:
            return self._refuse_body(request, head, start_ns, via)
        except (web.RequestPayloadError, OSError):
            return web.Response(status=400)
        try:
            call = await self._name(head, body, via)
            exchange = Exchange(
                http=request, head=head, body=body, call=call, start_ns=start_ns
            )
            fate = await self._decide(exchange)
        except Exception as error:  # noqa: BLE001 - one request, never the edge
            _log.exception("the edge failed at %s %s", head.method, head.path)
            fact = {"request": f"{head.method} {head.path}", "error": repr(error)}
            self._recorder.mark("edge_failure", fact)
            return web.Response(status=500, text="the edge failed; see its log\n")
        return await self._deliver(exchange, fate)

    async def _name(self, head: RequestHead, body: bytes, via: str) -> Call:
        identity = self._namer.identify(head, body)
        await self._look_up(identity, head.headers.get("Authorization", ""))
        return self._namer.complete(
            identity,
            via=via,
            keys_of=lambda table: self._tables.keys_of(identity.region, table),
            zone_name=self._zone_name,
        )

    async def _look_up(self, identity: Identity, authorization: str) -> None:
        """Fetch what naming the resources needs and nobody has met before."""
        parameters = identity.parameters
        if identity.service == "dynamodb":
            if identity.operation == "CreateTable":
                self._tables.learn(identity.region, parameters)
            tables = sorted(table_names(identity.operation, parameters))
            await self._tables.ensure(identity.region, tables, authorization)
        elif identity.service == "route53" and identity.operation != "GetChange":
            zone_id = parameters.get("HostedZoneId") or parameters.get("Id")
            if isinstance(zone_id, str):
                try:
                    await self._guard.ensure_zone(bare_zone_id(zone_id))
                except (NotSent, ReplyLost):
                    # The call itself will meet the same emulator.
                    return

    async def _decide(self, exchange: Exchange) -> Reply | Lost:
        """Rule on the call, carry the ruling out and record the op."""
        exchange.ruling = self._rules.decide(exchange.call)
        try:
            return await self._carry_out(exchange)
        except asyncio.CancelledError:
            # The edge stops: what was forwarded must still be in the history.
            self._record(exchange, None, lost=True)
            raise

    async def _carry_out(self, exchange: Exchange) -> Reply | Lost:
        fault = exchange.ruling.fault if exchange.ruling else None
        fate: Reply | Lost
        match fault:
            case None:
                fate = await self._forward(exchange)
            case Delay(on=on):
                fate = await self._delayed(exchange, on)
            case Error():
                fate = self._faulty(exchange, fault.code, fault.message, fault.status)
            case Throttle():
                call = exchange.call
                code = fault.code or throttling_code(call.service, call.protocol)
                fate = self._faulty(exchange, code, "Rate exceeded", None)
            case DropRequest(how=how):
                fate = Lost(how)
            case DropResponse(how=how):
                self._record(exchange, await self._forward(exchange), lost=True)
                return Lost(how)
            case Hold():
                fate = await self._held(exchange, fault)
        self._record(exchange, fate if isinstance(fate, Reply) else None)
        return fate

    async def _delayed(self, exchange: Exchange, on: str) -> Reply:
        delay_s = exchange.ruling.delay_ms / 1000 if exchange.ruling else 0.0
        if on == "request":
            await asyncio.sleep(delay_s)
            return await self._forward(exchange)
        reply = await self._forward(exchange)
        await asyncio.sleep(delay_s)
        return reply

    async def _held(self, exchange: Exchange, fault: Hold) -> Reply | Lost:
        ending = await self._holds.hold(
            call=exchange.call,
            rule_id=exchange.ruling.rule_id if exchange.ruling else "",
            fault=fault,
            since_ns=exchange.start_ns,
            client_present=exchange.client_present,
        )
        return Lost("reset") if ending == "drop" else await self._forward(exchange)

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

    async def _forward(self, exchange: Exchange) -> Reply:
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
            if call.service in ("route53", "dynamodb"):
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

    def _record(
        self, exchange: Exchange, reply: Reply | None, *, lost: bool = False
    ) -> None:
        call = exchange.call
        zone_id = str(call.parameters.get("HostedZoneId", ""))
        record_call(
            self._recorder,
            exchange,
            reply,
            lost=lost,
            zone_name=self._zone_name(zone_id) if call.service == "route53" else None,
        )

    async def _deliver(
        self, exchange: Exchange, fate: Reply | Lost
    ) -> web.StreamResponse:
        if isinstance(fate, Reply):
            return web_response(fate)
        return await lose_reply(exchange, fate.how, self._stopping)

    def _refuse_body(
        self, request: web.BaseRequest, head: RequestHead, start_ns: int, via: str
    ) -> web.StreamResponse:
        identity = self._namer.identify(head, b"")
        call = self._namer.complete(
            identity, via=via, keys_of=lambda _: None, zone_name=self._zone_name
        )
        exchange = Exchange(
            http=request, head=head, body=b"", call=call, start_ns=start_ns
        )
        reply = error_reply(
            service=call.service,
            protocol=call.protocol,
            model=call.model,
            code="RequestEntityTooLarge",
            message=f"the edge takes bodies of at most {BODY_BYTES_MAX} bytes",
            status=413,
        )
        self._record(exchange, reply)
        response = web_response(reply)
        # The rest of the body is still on its way; it must not be the next request.
        response.force_close()
        return response

    def _zone_name(self, zone_id: str) -> str | None:
        zone = self._zones.get(bare_zone_id(zone_id))
        return zone.name if zone else None
