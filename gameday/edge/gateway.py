"""How does an AWS request come in, what is it called, and how is it answered?

It is read and named here, handed to `dispatch`, which rules on it and records it,
and answered or lost, in that order.

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
from gameday.edge.dispatch import Dispatcher
from gameday.edge.emulator import Emulator, NotSent, ReplyLost
from gameday.edge.error_reply import Reply, error_reply
from gameday.edge.forwarding import Forwarder
from gameday.edge.http_exchange import (
    BODY_BYTES_MAX,
    BodyTooLarge,
    Exchange,
    HttpRequest,
    lose_reply,
    read_body,
    request_target,
    web_response,
)
from gameday.edge.image_taking import ImageTaker
from gameday.edge.item_images import ItemImages
from gameday.edge.resources import table_names
from gameday.edge.stale_reads import StaleReads, longest_staleness_ms
from gameday.edge.table_keys import TableKeys
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from gameday.edge.guard import Guard
    from gameday.edge.holds import Holds
    from gameday.edge.partitions import Partitions
    from gameday.edge.plain_http import PlainRequest
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.zones import ZoneLog

__all__ = ["GATEWAY", "Gateway"]

STOP_GRACE_S = 0.5
"""For requests that the emulator is about to answer."""
GATEWAY = "gateway"
"""Where a request came in that came by no load balancer."""
_FAILED = Reply(
    status=500,
    headers=(("Content-Type", "text/plain; charset=utf-8"),),
    body=b"the edge failed; see its log\n",
)

_log = logging.getLogger(__name__)


class Gateway:
    """Handles every AWS request that reaches the edge."""

    def __init__(
        self,
        *,
        namer: CallNamer,
        rules: RuleBook,
        partitions: Partitions,
        holds: Holds,
        guard: Guard,
        zones: ZoneLog,
        emulator: Emulator,
        recorder: Recorder,
    ) -> None:
        self._namer = namer
        self._holds = holds
        self._guard = guard
        self._zones = zones
        self._recorder = recorder
        self._tables = TableKeys(emulator)
        images = ItemImages(recorder.now_ns)
        rules.watch(lambda faults: images.keep(longest_staleness_ms(faults)))
        forwarder = Forwarder(
            guard=guard,
            emulator=emulator,
            tables=self._tables,
            images=ImageTaker(images=images, emulator=emulator, tables=self._tables),
        )
        self._dispatcher = Dispatcher(
            rules=rules,
            partitions=partitions,
            holds=holds,
            forwarder=forwarder,
            stale_reads=StaleReads(
                forwarder=forwarder,
                zones=zones,
                images=images,
                tables=self._tables,
                rules=rules,
                recorder=recorder,
            ),
            recorder=recorder,
            zone_name=self._zone_name,
        )
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[object]] = set()

    async def handle(self, request: web.BaseRequest, *, via: str) -> web.StreamResponse:
        """Answer one request.

        Args:
            request: as aiohttp's low-level server hands it over.
            via: "gateway" or the name of a load balancer.
        """
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
        reply = await self._reply(request, head, body, start_ns, via)
        return web_response(reply) if reply else web.Response(status=503)

    async def answer(self, request: PlainRequest) -> Reply | None:
        """Return the reply to a request at the gateway, None for a lost one."""
        start_ns = self._recorder.now_ns()
        head = RequestHead.parse(request.method, request.raw_path, request.headers)
        return await self._reply(request, head, request.body, start_ns, GATEWAY)

    async def stop(self) -> None:
        """Let whatever hangs or is held go, unforwarded, and end the rest."""
        self._stopping.set()
        self._holds.release(outcome="drop")
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=STOP_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._dispatcher.stop()

    async def _reply(
        self,
        request: HttpRequest,
        head: RequestHead,
        body: bytes,
        start_ns: int,
        via: str,
    ) -> Reply | None:
        """Return what is answered; None when the connection was broken instead."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("requests are handled in tasks")
        # Whose client has gone is forgotten by who read it; `stop` must not.
        self._under_way.add(task)
        try:
            call = await self._name(head, body, via)
            exchange = Exchange(
                http=request, head=head, body=body, call=call, start_ns=start_ns
            )
            fate = await self._dispatcher.dispatch(exchange)
            if isinstance(fate, Reply):
                return fate
            await lose_reply(exchange, fate, self._stopping)
        except Exception as error:  # noqa: BLE001 - one request, never the edge
            _log.exception("the edge failed at %s %s", head.method, head.path)
            fact = {"request": f"{head.method} {head.path}", "error": repr(error)}
            self._recorder.mark("edge_failure", fact)
            return _FAILED
        finally:
            self._under_way.discard(task)
        return None

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
        self._dispatcher.record(exchange, reply)
        response = web_response(reply)
        # The rest of the body is still on its way; it must not be the next request.
        response.force_close()
        return response

    def _zone_name(self, zone_id: str) -> str | None:
        zone = self._zones.get(bare_zone_id(zone_id))
        return zone.name if zone else None
