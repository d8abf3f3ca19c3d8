"""What does one AZ's caching resolver tell its clients?

A resolver remembers what the authoritative edges said: a positive answer for
its TTL, a negative one for min(TTL of the SOA, MINIMUM of the SOA), as RFC 2308
has it. That memory is the tail of the October 2025 outage: an empty answer
learned just before the repair outlives it. The remembered TTL counts down in
every answer given; a failure to reach the edges is not remembered.

Clients that ask for the same name at the same time share one upstream query.
Each answer is recorded before it is sent, so a client that acts on an answer is
always behind it in the history.

A rule for DNS questions is asked before the cache is, and what it makes of an
answer is not remembered: a fault at a resolver ends with its rule.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from gameday.edge.dns_faults import rule_behind, silence
from gameday.edge.dns_message import read_question, write
from gameday.edge.dns_record import Decided, note_answer
from gameday.edge.dns_rules import Drop, Slow
from gameday.edge.dns_transport import DnsListener
from gameday.edge.dns_upstream import NoAnswer
from gameday.model.zone_index import ZoneTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.dns_faults import DnsFaults
    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_rules import DnsRuling
    from gameday.edge.dns_transport import DnsRequest
    from gameday.edge.dns_upstream import Upstream
    from gameday.model.history import Op

__all__ = ["ENTRIES_MAX", "TTL_S_MAX", "Resolver"]

ENTRIES_MAX = 10_000
"""Names and types remembered; the one used longest ago is forgotten first."""

TTL_S_MAX = 86_400
"""Longest time that anything is remembered."""

_NANOSECONDS = 1_000_000_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What the edges said to one question.

    Attributes:
        rcode: the response code.
        answers: the answer section with the TTLs it came with.
        authority: the SOA of a negative answer.
        learned_ns: when it came.
        ttl_s: how long it holds from then; 0 for not at all.
        decided: the rule that a DNS edge gave it under, None for the truth.
    """

    rcode: dns.rcode.Rcode
    answers: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()
    learned_ns: int
    ttl_s: int = 0
    decided: Decided | None = None


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
        self._cache: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[_Entry]] = {}
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

    async def _respond(self, request: DnsRequest) -> bytes | None:
        start_ns = self._now_ns()
        asked = read_question(request.wire)
        if asked is None or isinstance(asked, bytes):
            return asked
        ruling: DnsRuling | None = None
        if self._faults is not None and self._faults.book.armed_at_resolvers:
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
        if response is None:
            await silence(request)
            return None
        return write(response, query=asked.query, tcp=request.tcp)

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
        age_s = max(0, self._now_ns() - entry.learned_ns) // _NANOSECONDS
        response = asked.response(recursion_available=True)
        response.set_rcode(entry.rcode)
        owner = asked.owner
        for rrset in entry.answers:
            response.answer.append(_aged(rrset, owner, age_s))
            if rrset.rdtype == dns.rdatatype.CNAME:
                owner = rrset[0].target
        for rrset in entry.authority:
            response.authority.append(_aged(rrset, rrset.name, age_s))
        return response, cached, entry.decided

    def _remembered(self, key: tuple[str, str]) -> _Entry | None:
        entry = self._cache.get(key)
        if entry is None:
            return None
        if self._now_ns() - entry.learned_ns >= entry.ttl_s * _NANOSECONDS:
            del self._cache[key]
            return None
        self._cache.move_to_end(key)
        return entry

    async def _learn(self, key: tuple[str, str], asked: AskedQuestion) -> _Entry:
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, asked))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # One client that leaves must not take the answer away from the others.
        return await asyncio.shield(task)

    async def _ask(self, key: tuple[str, str], asked: AskedQuestion) -> _Entry:
        try:
            response = await self._upstream.ask(asked.owner, asked.type)
        except NoAnswer:
            return _Entry(rcode=dns.rcode.SERVFAIL, learned_ns=self._now_ns())
        outside = self._table().enclosing(asked.name) is None
        entry = _entry(response, self._now_ns(), outside=outside)
        if entry.ttl_s > 0:
            self._cache[key] = entry
            while len(self._cache) > ENTRIES_MAX:
                self._cache.popitem(last=False)
        return entry


def _entry(response: dns.message.Message, now_ns: int, *, outside: bool) -> _Entry:
    """Return what to remember of an edge's response, and for how long.

    Args:
        response: what the edge said.
        now_ns: when.
        outside: whether the name lies in no zone.
    """
    rcode, decided = response.rcode(), rule_behind(response)
    if rcode == dns.rcode.REFUSED and outside:
        # In the real tree the parent would say NXDOMAIN. It holds for no time at
        # all, as the zone may be created at any moment.
        return _Entry(rcode=dns.rcode.NXDOMAIN, learned_ns=now_ns, decided=decided)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _Entry(rcode=dns.rcode.SERVFAIL, learned_ns=now_ns, decided=decided)
    soa = [
        dns.rrset.from_rdata_list(each.name, min(each.ttl, each[0].minimum), list(each))
        for each in response.authority
        if each.rdtype == dns.rdatatype.SOA
    ]
    # Without an SOA a negative answer holds for no time (RFC 2308, section 5).
    ttl_s = min((each.ttl for each in (*response.answer, *soa)), default=0)
    return _Entry(
        rcode=rcode,
        answers=tuple(response.answer),
        authority=tuple(soa),
        learned_ns=now_ns,
        ttl_s=min(ttl_s, TTL_S_MAX),
        decided=decided,
    )


def _servfail(asked: AskedQuestion) -> dns.message.Message:
    response = asked.response(recursion_available=True)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response


def _decided(ruling: DnsRuling | None) -> Decided | None:
    if ruling is None:
        return None
    return Decided(kind=ruling.kind, rule=ruling.rule_id)


def _aged(rrset: dns.rrset.RRset, owner: Any, age_s: int) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(owner, max(0, rrset.ttl - age_s), list(rrset))
