"""What does one of Route 53's name servers answer, at the versions it has?

A `DnsEdge` is one authoritative server. Its zones change only through `apply`,
which `propagation` calls when a change reaches this server, so two edges may
answer from different versions, as in life. What to answer is decided by
`model.dns_answer`; here it becomes octets.

Every exception while answering becomes SERVFAIL. Answers in which chance took
no part are kept by the octets of their query, which makes them some ten times
cheaper, until any zone of this server changes. A rule is asked before anything
is kept or looked up, so what it makes of an answer is never kept here.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import dns.message
import dns.rcode

from gameday.edge.dns_faults import silence
from gameday.edge.dns_message import fill, read_question, refusal, write
from gameday.edge.dns_rules import Drop, Slow
from gameday.edge.dns_transport import DnsListener
from gameday.model.dns_answer import Question, answer
from gameday.model.zone_index import ZoneTable, index_zone

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable

    from gameday.edge.dns_faults import DnsFaults
    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_rules import DnsRuling
    from gameday.edge.dns_transport import DnsRequest
    from gameday.edge.zones import ZoneVersion

__all__ = ["ANSWERS_CACHED_MAX", "DnsEdge"]

ANSWERS_CACHED_MAX = 8_192
"""Answers kept; when there are more, all are forgotten at once."""

_ID_OCTETS = 2

_log = logging.getLogger(__name__)


class DnsEdge:
    """One authoritative name server on one address, over UDP and TCP."""

    def __init__(
        self,
        *,
        chance: random.Random,
        negative_ttl_s: int,
        faults: DnsFaults | None = None,
    ) -> None:
        """Make a server without zones.

        Args:
            chance: draws among weighted sets.
            negative_ttl_s: seconds that "no such record" may be remembered.
            faults: what decides that an answer is not the true one.
        """
        self._draw = chance.randrange
        # Route 53 lets resolvers remember a negative answer for 900 s, which
        # would outlast a run whose story takes a minute. The SOA is served with
        # this TTL instead; the zone that control-plane callers see keeps its own.
        self._negative_ttl_s = negative_ttl_s
        self._table = ZoneTable()
        self._arrived: dict[str, ZoneVersion] = {}
        self._versions: dict[str, int] = {}
        self._cache: dict[tuple[bool, bytes], bytes] = {}
        self._faults = faults
        self._listener = DnsListener(self._respond)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._listener.address

    async def start(self, host: str, port: int) -> None:
        """Listen on `host` and `port` (0: any); raises InvalidInput when taken."""
        await self._listener.start(host, port)

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    def apply(self, version: ZoneVersion) -> None:
        """Answer from `version` of its zone from now on."""
        self._arrived[version.zone_id] = version
        if version.removed:
            self._versions.pop(version.zone_id, None)
        else:
            self._versions[version.zone_id] = version.version
        self._cache.clear()

    def version_of(self, zone_id: str) -> int:
        """Return the version of a zone that it answers from, 0 for none."""
        return self._versions.get(zone_id, 0)

    @property
    def table(self) -> ZoneTable:
        """The zones that it answers from.

        A version is arranged for lookups when it is first asked for one: of many
        changes between two queries only the last one counts.
        """
        while self._arrived:
            _, version = self._arrived.popitem()
            if version.removed:
                self._table = self._table.without_zone(version.zone_id)
            else:
                index = index_zone(version.zone, soa_ttl_s=self._negative_ttl_s)
                self._table = self._table.with_zone(index)
        return self._table

    def _respond(self, request: DnsRequest) -> bytes | Awaitable[bytes | None] | None:
        if self._faults is not None and self._faults.book.armed_at_edges:
            asked = read_question(request.wire)
            if asked is not None and not isinstance(asked, bytes):
                ruling = self._faults.ruling(asked, request, edge=self.address[0])
                if ruling is not None:
                    return self._ruled(self._faults, ruling, asked, request)
        return self.respond(request)

    def respond(self, request: DnsRequest) -> bytes | None:
        """Return the true response to one message, None for silence."""
        key = (request.tcp, request.wire[_ID_OCTETS:])
        kept = self._cache.get(key)
        if kept is not None:
            return request.wire[:_ID_OCTETS] + kept
        asked = read_question(request.wire)
        if asked is None or isinstance(asked, bytes):
            return asked
        try:
            found = answer(
                self.table, Question(name=asked.name, type=asked.type), self._draw
            )
            response = asked.response()
            fill(response, asked, found)
            reply = write(response, query=asked.query, tcp=request.tcp)
        except Exception:  # noqa: BLE001 - silence would look like another fault
            _log.exception("SERVFAIL for %s %s", asked.name, asked.type)
            return refusal(asked.query, dns.rcode.SERVFAIL)
        if not found.drawn:
            if len(self._cache) >= ANSWERS_CACHED_MAX:
                self._cache.clear()
            self._cache[key] = reply[_ID_OCTETS:]
        return reply

    async def _ruled(
        self,
        faults: DnsFaults,
        ruling: DnsRuling,
        asked: AskedQuestion,
        request: DnsRequest,
    ) -> bytes | None:
        """Answer as a rule wants it, and note that in the history."""
        began_ns = faults.now_ns()
        response: dns.message.Message | None = None
        wire: bytes | None = None
        match ruling.fault:
            case Drop():
                pass
            case Slow():
                await asyncio.sleep(ruling.delay_ms / 1000)
                wire = self.respond(request)
                response = dns.message.from_wire(wire) if wire else None
            case _:
                response = self._replaced(faults, ruling, asked)
                faults.mark(response, ruling, request)
                wire = write(response, query=asked.query, tcp=request.tcp)
        edge = self.address[0]
        faults.note(ruling, asked, request, response, began_ns=began_ns, edge=edge)
        if response is None:
            await silence(request)
        return wire

    def _replaced(
        self, faults: DnsFaults, ruling: DnsRuling, asked: AskedQuestion
    ) -> dns.message.Message:
        try:
            return faults.response(ruling, asked, self.table)
        except Exception:  # noqa: BLE001 - silence would look like another fault
            _log.exception("SERVFAIL for %s %s", asked.name, asked.type)
            response = asked.response()
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
