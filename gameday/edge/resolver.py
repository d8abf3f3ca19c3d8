"""What does one AZ's caching resolver tell its clients?

A resolver remembers what the authoritative edges said: a positive answer for
its TTL, a negative one for min(TTL of the SOA, MINIMUM of the SOA), as RFC 2308
has it. That memory is the tail of the October 2025 outage: an empty answer
learned just before the repair outlives it. The remembered TTL counts down in
every answer given; a failure to reach the edges is not remembered.

Clients that ask for the same name at the same time share one upstream query.
Each answer is recorded before it is sent, so a client that acts on an answer is
always behind it in the history.

An answer from memory is kept as it was written, by the octets of its query, until
its TTLs have counted down by a second: a quarter of the work of writing it again.

A rule for DNS questions is asked before the cache is, and what it makes of an
answer is not remembered: a fault at a resolver ends with its rule.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from gameday.edge.dns_faults import silence
from gameday.edge.dns_memory import Entry, remember
from gameday.edge.dns_message import read_question, write
from gameday.edge.dns_record import Decided, note_answer
from gameday.edge.dns_rules import Drop, Slow
from gameday.edge.dns_transport import DnsListener
from gameday.edge.dns_upstream import NoAnswer
from gameday.model.zone_index import ZoneTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameday.edge.dns_faults import DnsFaults
    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_rules import DnsRuling
    from gameday.edge.dns_transport import DnsRequest
    from gameday.edge.dns_upstream import Upstream
    from gameday.model.history import Op

__all__ = ["ENTRIES_MAX", "Resolver"]

ENTRIES_MAX = 10_000
"""Names and types remembered; the one used longest ago is forgotten first."""

WRITTEN_MAX = 8_192
"""Written answers kept; when there are more, all are forgotten at once."""

_ID_OCTETS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An answer as it was sent, right while its entry holds and is of that age."""

    asked: AskedQuestion
    response: dns.message.Message
    entry: Entry
    age_s: int
    wire: bytes


class Resolver:
    """One caching resolver on one address, over UDP and TCP."""

    def __init__(
        self,
        *,
        az: str,
        upstream: Upstream,
        record: Callable[..., Op],
        now_ns: Callable[[], int],
        faults: DnsFaults | None = None,
        table: Callable[[], ZoneTable] = ZoneTable,
    ) -> None:
        """Make a resolver with an empty cache.

        Args:
            az: the availability zone it serves, e.g. "az1".
            upstream: asks the authoritative edges.
            record: takes the fields of one op and appends it to the history.
            now_ns: nanoseconds since the run began, monotonic; counts TTLs too.
            faults: what decides that an answer is not the true one.
            table: returns the zones as a DNS edge serves them: the parent that
                knows which names are delegated, and the SOA of forged answers.
        """
        self._az = az
        self._upstream = upstream
        self._record = record
        self._now_ns = now_ns
        self._faults = faults
        self._table = table
        self._cache: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Entry]] = {}
        self._written: dict[tuple[bool, bytes], _Written] = {}
        self._listener = DnsListener(self._respond)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._listener.address

    async def start(self, host: str, port: int) -> None:
        """Listen on `host` and `port` (0: any); raises InvalidInput when taken."""
        await self._listener.start(host, port)

    async def stop(self) -> None:
        """Stop listening and forget."""
        await self._listener.stop()
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        self._upstream.close()

    def cut_off(self, *, cut: bool) -> None:
        """Cut it off from the authoritative servers, or join it again."""
        self._upstream.cut_off = cut

    def _respond(self, request: DnsRequest) -> bytes | Awaitable[bytes | None]:
        start_ns = self._now_ns()
        written = self._written.get((request.tcp, request.wire[_ID_OCTETS:]))
        if written is None or self._is_ruled or not self._holds(written, start_ns):
            return self._respond_anew(request, start_ns)
        asked, decided = written.asked, written.entry.decided
        self._note(asked, written.response, request, start_ns, decided, cached=True)
        return request.wire[:_ID_OCTETS] + written.wire[_ID_OCTETS:]

    async def _respond_anew(self, request: DnsRequest, start_ns: int) -> bytes | None:
        asked = read_question(request.wire)
        if asked is None or isinstance(asked, bytes):
            return asked
        ruling: DnsRuling | None = None
        if self._faults is not None and self._is_ruled:
            ruling = self._faults.ruling(asked, request)
        try:
            response, cached, decided = await (
                self._answer(asked)
                if ruling is None or self._faults is None
                else self._ruled(self._faults, ruling, asked)
            )
        except Exception:  # noqa: BLE001 - silence would look like another fault
            _log.exception("SERVFAIL for %s %s", asked.name, asked.type)
            response, cached, decided = _servfail(asked), False, _decided(ruling)
        self._note(asked, response, request, start_ns, decided, cached=cached)
        if response is None:
            await silence(request)
            return None
        wire = write(response, query=asked.query, tcp=request.tcp)
        if ruling is None:
            self._keep(request, asked, response, wire, start_ns)
        return wire

    @property
    def _is_ruled(self) -> bool:
        return self._faults is not None and self._faults.book.armed_at_resolvers

    def _holds(self, written: _Written, now_ns: int) -> bool:
        entry = self._remembered((written.asked.name, written.asked.type))
        return entry is written.entry and entry.age_s(now_ns) == written.age_s

    def _keep(
        self,
        request: DnsRequest,
        asked: AskedQuestion,
        response: dns.message.Message,
        wire: bytes,
        start_ns: int,
    ) -> None:
        entry = self._cache.get((asked.name, asked.type))
        if entry is None:
            return
        age_s = entry.age_s(self._now_ns())
        if age_s != entry.age_s(start_ns):
            return  # Which of the two the answer says is not known here.
        if len(self._written) >= WRITTEN_MAX:
            self._written.clear()
        self._written[request.tcp, request.wire[_ID_OCTETS:]] = _Written(
            asked=asked, response=response, entry=entry, age_s=age_s, wire=wire
        )

    def _note(
        self,
        asked: AskedQuestion,
        response: dns.message.Message | None,
        request: DnsRequest,
        start_ns: int,
        decided: Decided | None,
        *,
        cached: bool,
    ) -> None:
        note_answer(
            self._record,
            asked,
            response,
            az=self._az,
            via=f"resolver-{self._az}",
            client=request.client,
            span_ns=(start_ns, self._now_ns()),
            cached=cached,
            decided=decided,
        )

    async def _ruled(
        self, faults: DnsFaults, ruling: DnsRuling, asked: AskedQuestion
    ) -> tuple[dns.message.Message | None, bool, Decided | None]:
        """Return what `_answer` does, as a rule wants it; None for no response."""
        match ruling.fault:
            case Drop():
                return None, False, _decided(ruling)
            case Slow():
                await asyncio.sleep(ruling.delay_ms / 1000)
                response, cached, learned = await self._answer(asked)
                # What an edge made of an answer tells more than that it was late.
                return response, cached, learned or _decided(ruling)
            case _:
                response = faults.response(ruling, asked, self._table())
                return response, False, _decided(ruling)

    async def _answer(
        self, asked: AskedQuestion
    ) -> tuple[dns.message.Message | None, bool, Decided | None]:
        """Return the response, whether from the cache, and the rule behind it."""
        key = (asked.name, asked.type)
        entry = self._remembered(key)
        cached = entry is not None
        if entry is None:
            entry = await self._learn(key, asked)
        return entry.told(asked, self._now_ns()), cached, entry.decided

    def _remembered(self, key: tuple[str, str]) -> Entry | None:
        entry = self._cache.get(key)
        if entry is None:
            return None
        if not entry.holds(self._now_ns()):
            del self._cache[key]
            return None
        self._cache.move_to_end(key)
        return entry

    async def _learn(self, key: tuple[str, str], asked: AskedQuestion) -> Entry:
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, asked))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # One client that leaves must not take the answer away from the others.
        return await asyncio.shield(task)

    async def _ask(self, key: tuple[str, str], asked: AskedQuestion) -> Entry:
        try:
            response = await self._upstream.ask(asked.owner, asked.type)
        except NoAnswer:
            return Entry(rcode=dns.rcode.SERVFAIL, learned_ns=self._now_ns())
        outside = self._table().enclosing(asked.name) is None
        entry = remember(response, self._now_ns(), outside=outside)
        if entry.ttl_s > 0:
            self._cache[key] = entry
            while len(self._cache) > ENTRIES_MAX:
                self._cache.popitem(last=False)
        return entry


def _servfail(asked: AskedQuestion) -> dns.message.Message:
    response = asked.response(recursion_available=True)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response


def _decided(ruling: DnsRuling | None) -> Decided | None:
    if ruling is None:
        return None
    return Decided(kind=ruling.kind, rule=ruling.rule_id)
