"""What does one AZ's caching resolver tell its clients?

A resolver remembers what the authoritative edges said: a positive answer for
its TTL, a negative one for min(TTL of the SOA, MINIMUM of the SOA), as RFC 2308
has it. That memory is the tail of the October 2025 outage: an empty answer
learned just before the repair outlives it. The remembered TTL counts down in
every answer given; a failure to reach the edges is not remembered.

Clients that ask for the same name at the same time share one upstream query.
Each answer is recorded before it is sent, so a client that acts on an answer is
always behind it in the history.
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

from gameday.edge.dns_message import read_question, refusal, write
from gameday.edge.dns_transport import DnsListener
from gameday.edge.dns_upstream import NoAnswer
from gameday.model.history import OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_transport import DnsRequest
    from gameday.edge.dns_upstream import Upstream
    from gameday.model.history import Op

__all__ = ["ENTRIES_MAX", "TTL_S_MAX", "Resolver"]

ENTRIES_MAX = 10_000
"""Names and types remembered; the one used longest ago is forgotten first."""

TTL_S_MAX = 86_400
"""Longest time that anything is remembered."""

ANSWERS_RECORDED_MAX = 32
"""Values of one answer that go into the history."""

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
    """

    rcode: dns.rcode.Rcode
    answers: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()
    learned_ns: int
    ttl_s: int = 0


class Resolver:
    """One caching resolver on one address, over UDP and TCP."""

    def __init__(
        self,
        *,
        az: str,
        upstream: Upstream,
        record: Callable[..., Op],
        now_ns: Callable[[], int],
    ) -> None:
        """Make a resolver with an empty cache.

        Args:
            az: the availability zone it serves, e.g. "az1".
            upstream: asks the authoritative edges.
            record: takes the fields of one op and appends it to the history.
            now_ns: nanoseconds since the run began, monotonic; counts TTLs too.
        """
        self._az = az
        self._upstream = upstream
        self._record = record
        self._now_ns = now_ns
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
        try:
            response, cached = await self._answer(asked)
        except Exception:  # noqa: BLE001 - silence would look like another fault
            _log.exception("SERVFAIL for %s %s", asked.name, asked.type)
            return refusal(asked.query, dns.rcode.SERVFAIL)
        self._note(
            asked, response, cached=cached, client=request.client, began_ns=start_ns
        )
        return write(response, query=asked.query, tcp=request.tcp)

    async def _answer(self, asked: AskedQuestion) -> tuple[dns.message.Message, bool]:
        """Return the response and whether it came out of the cache."""
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
        return response, cached

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
        entry = _entry(response, self._now_ns())
        if entry.ttl_s > 0:
            self._cache[key] = entry
            while len(self._cache) > ENTRIES_MAX:
                self._cache.popitem(last=False)
        return entry

    def _note(
        self,
        asked: AskedQuestion,
        response: dns.message.Message,
        *,
        cached: bool,
        client: str,
        began_ns: int,
    ) -> None:
        rcode = dns.rcode.to_text(response.rcode())
        name = asked.name.rstrip(".")
        sections = response.answer or response.authority
        told: dict[str, Any] = {
            "rcode": rcode,
            "answers": _values(response, asked.type),
            "ttl_s": min((rrset.ttl for rrset in sections), default=0),
            "cached": cached,
        }
        self._record(
            kind=OpKind.DNS,
            start_ns=began_ns,
            end_ns=self._now_ns(),
            actor=self._az,
            service="dns",
            operation=asked.type,
            reads=(f"dns:{name}",),
            outcome=Outcome.OK if rcode == "NOERROR" else Outcome.FAIL,
            error="" if rcode == "NOERROR" else rcode,
            via=f"resolver-{self._az}",
            request={"name": name, "client": client},
            response=told,
        )


def _entry(response: dns.message.Message, now_ns: int) -> _Entry:
    """Return what to remember of an edge's response, and for how long."""
    rcode = response.rcode()
    if rcode == dns.rcode.REFUSED:
        # Outside every zone: in the real tree the parent would say NXDOMAIN. It
        # holds for no time at all, as the zone may be created at any moment.
        return _Entry(rcode=dns.rcode.NXDOMAIN, learned_ns=now_ns)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _Entry(rcode=dns.rcode.SERVFAIL, learned_ns=now_ns)
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
    )


def _aged(rrset: dns.rrset.RRset, owner: Any, age_s: int) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(owner, max(0, rrset.ttl - age_s), list(rrset))


def _values(response: dns.message.Message, record_type: str) -> list[str]:
    """Return the values of the asked type; a CNAME on the way is not one."""
    values = [
        rdata.to_text()
        for rrset in response.answer
        if record_type in ("ANY", dns.rdatatype.to_text(rrset.rdtype))
        for rdata in rrset
    ]
    return values[:ANSWERS_RECORDED_MAX]
