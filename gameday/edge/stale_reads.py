"""How is a read answered by what was true some time ago?

The past is never invented. A listing of Route 53 comes from the version of the zone
that was the newest then. A read of DynamoDB is asked of the emulator, and the items
that were written to since are put back to what they held before (`item_images`,
`stale_items`). Where the edge does not know so long ago, because the rule is younger
than that or memory ran out, the read is as old as can be told; the op of the read
says how old it is ("StalenessMs"). A read whose past cannot be told passes as it is:
a mark says why, and the rule has not fired.

The dangerous order: which items were written to is asked after the reply as well as
before, for a write that lands in between is in the reply and was not in the past.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gameday.edge.fault_kinds import Fault, StaleRead
from gameday.edge.item_images import item_key
from gameday.edge.parameters import members
from gameday.edge.resources import table_of
from gameday.edge.route53_replies import listing_reply
from gameday.edge.stale_items import CannotBeStale, StaleBatch, StaleGet, StaleQuery
from gameday.edge.stale_read import is_consistent
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gameday.edge.error_reply import Reply
    from gameday.edge.forwarding import Forwarder
    from gameday.edge.http_exchange import Exchange
    from gameday.edge.item_images import ItemImages
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.stale_items import Past
    from gameday.edge.table_keys import TableKeys
    from gameday.edge.zones import ZoneLog

__all__ = ["StaleReads", "longest_staleness_ms"]

TRIES_MAX = 3
"""A read that meets the first write while it is asked is asked again."""


def longest_staleness_ms(faults: Iterable[Fault]) -> float:
    """Return how far back the faults look, milliseconds; 0 for not at all."""
    looks = [each.staleness_ms for each in faults if isinstance(each, StaleRead)]
    return max(looks, default=0)


@dataclass(slots=True, kw_only=True)
class _Question:
    """One read and the moment that it is answered for."""

    exchange: Exchange
    fault: StaleRead
    moment_ns: int
    told_ns: int


class StaleReads:
    """Answers reads by an earlier state."""

    def __init__(
        self,
        *,
        forwarder: Forwarder,
        zones: ZoneLog,
        images: ItemImages,
        tables: TableKeys,
        rules: RuleBook,
        recorder: Recorder,
    ) -> None:
        self._forwarder = forwarder
        self._zones = zones
        self._images = images
        self._tables = tables
        self._rules = rules
        self._recorder = recorder

    async def answer(self, exchange: Exchange, fault: StaleRead) -> Reply:
        """Return the past reply to a read, or the present one with a mark."""
        now_ns = self._recorder.now_ns()
        moment_ns = max(0, now_ns - round(fault.staleness_ms * 1_000_000))
        question = _Question(
            exchange=exchange, fault=fault, moment_ns=moment_ns, told_ns=moment_ns
        )
        try:
            reply = await self._past_reply(question)
        except CannotBeStale as error:
            self._give_up(exchange, str(error))
            return await self._forwarder.forward(exchange)
        staleness_ms = round((now_ns - question.told_ns) / 1_000_000, 3)
        exchange.notes = {"StalenessMs": staleness_ms}
        return reply

    async def _past_reply(self, question: _Question) -> Reply:
        call = question.exchange.call
        if call.service == "route53":
            return await self._listing(question)
        if call.protocol != "json":
            raise CannotBeStale(f"the protocol {call.protocol} is not read")
        match call.operation:
            case "GetItem":
                return await self._get(question)
            case "BatchGetItem":
                return await self._batch(question)
            case _:
                return await self._query(question)

    def _give_up(self, exchange: Exchange, reason: str) -> None:
        ruling, call = exchange.ruling, exchange.call
        if ruling is None:
            return
        fact = {
            "rule": ruling.rule_id,
            "actor": call.actor,
            "operation": call.operation,
            "reads": list(call.reads),
            "reason": reason,
        }
        self._recorder.mark("stale_read_not_applied", fact)
        self._rules.take_back(ruling)
        exchange.ruling = None

    async def _listing(self, question: _Question) -> Reply:
        parameters = question.exchange.call.parameters
        zone_id = bare_zone_id(str(parameters.get("HostedZoneId", "")))
        version = self._zones.as_of(zone_id, question.moment_ns)
        if version is None or version == self._zones.latest(zone_id):
            return await self._forwarder.forward(question.exchange)
        question.told_ns = max(question.moment_ns, version.committed_ns)
        return listing_reply(version.zone, parameters)

    async def _get(self, question: _Question) -> Reply:
        read = question.exchange.call.parameters
        table = str(read.get("TableName"))
        key = item_key(members(read.get("Key")), self._names(question, table))
        reply = await self._forwarder.forward(question.exchange)
        found = self._past(question, table).get(key or "")
        if reply.status != 200 or found is None:
            return reply
        return _with(reply, StaleGet(read=read, before=found[1]).reply(_read(reply)))

    async def _query(self, question: _Question) -> Reply:
        call = question.exchange.call
        table = str(call.parameters.get("TableName"))
        names = self._names(question, table)

        def plan() -> StaleQuery | None:
            past = self._past(question, table)
            if not past:
                return None
            return StaleQuery.of(call.operation, call.parameters, past, names)

        for _ in range(TRIES_MAX):
            before = plan()
            reply = await self._ask(question, before.request() if before else None)
            if reply.status != 200:
                return reply
            after = plan()
            if before is not None:
                # What was asked before is not what the caller asked, and must be
                # brought into that form even if its reason has gone.
                past = (after or replace(before, past={})).reply(_read(reply))
                return _with(reply, past)
            if after is None:
                return reply
        raise CannotBeStale("the table was written to whenever it was read")

    async def _batch(self, question: _Question) -> Reply:
        parameters = question.exchange.call.parameters
        asked = members(parameters.get("RequestItems"))
        for _ in range(TRIES_MAX):
            before = self._batch_parts(question, asked)
            request = None
            if before:
                rewritten = {name: part.request() for name, part in before.items()}
                request = {**parameters, "RequestItems": {**asked, **rewritten}}
            reply = await self._ask(question, request)
            if reply.status != 200:
                return reply
            after = self._batch_parts(question, asked)
            if not before and not after:
                return reply
            if after.keys() <= before.keys():
                return _with(reply, _batch_reply(reply, before, after))
        raise CannotBeStale("the tables were written to whenever they were read")

    def _batch_parts(
        self, question: _Question, asked: Mapping[str, Any]
    ) -> dict[str, StaleBatch]:
        parts = {}
        for table, value in asked.items():
            read = members(value)
            if is_consistent(read) and not question.fault.consistent_too:
                continue
            names = self._names(question, table)
            keys = {item_key(members(key), names) for key in read.get("Keys") or ()}
            past = self._past(question, table)
            wanted = {key: found for key, found in past.items() if key in keys}
            if wanted:
                parts[table] = StaleBatch(read=read, past=wanted, names=names)
        return parts

    def _names(self, question: _Question, table: str) -> Sequence[str]:
        region = question.exchange.call.region
        names = self._tables.keys_of(region, table_of(table))
        if names is None:
            raise CannotBeStale(f"the key attributes of {table} are not known")
        return names

    def _past(self, question: _Question, table: str) -> Past:
        """Return what a table's items held that were written to since."""
        scope = f"{question.exchange.call.region} {table_of(table)}"
        told_ns = max(question.moment_ns, self._images.known_since_ns(scope))
        question.told_ns = max(question.told_ns, told_ns)
        return self._images.changed_since(scope, told_ns)

    async def _ask(
        self, question: _Question, request: Mapping[str, Any] | None
    ) -> Reply:
        """Forward the read, or another one in its place."""
        exchange = question.exchange
        if request is None:
            return await self._forwarder.forward(exchange)
        other = replace(exchange, body=json.dumps(request).encode())
        try:
            return await self._forwarder.forward(other)
        finally:
            exchange.forwarded = other.forwarded


def _batch_reply(
    reply: Reply, before: Mapping[str, StaleBatch], after: Mapping[str, StaleBatch]
) -> dict[str, Any]:
    document = _read(reply)
    responses = dict(members(document.get("Responses")))
    unprocessed = dict(members(document.get("UnprocessedKeys")))
    for table, asked in before.items():
        part = after.get(table) or replace(asked, past={})
        keys = members(unprocessed.get(table)).get("Keys") or ()
        responses[table] = part.items(responses.get(table) or (), keys)
        if keys:
            unprocessed[table] = {**asked.read, "Keys": keys}
    return {**document, "Responses": responses, "UnprocessedKeys": unprocessed}


def _with(reply: Reply, document: Mapping[str, Any]) -> Reply:
    """Return a reply with another document; a checksum of the old one goes."""
    headers = tuple(h for h in reply.headers if h[0].lower() != "x-amz-crc32")
    return replace(reply, headers=headers, body=json.dumps(document).encode())


def _read(reply: Reply) -> dict[str, Any]:
    document = json.loads(reply.body)
    if not isinstance(document, dict):
        raise CannotBeStale("the emulator's reply is not an object")
    return document
