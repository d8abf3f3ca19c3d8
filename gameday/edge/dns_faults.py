"""What does a client get when a rule decides its DNS question?

`DnsFaults` stands at one resolver or one DNS edge. It asks the book of rules,
makes the answer that a ruling wants, and notes it in the history with the
rule's id.

A forged or stale answer that a DNS edge gives to a resolver of ours carries the
rule in an EDNS option of the range for local use. So what the resolver goes on
telling its clients from memory is known to be ours as well, also after the rule
was removed: the tail belongs to the fault. Clients never see the option.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from gameday.edge.dns_message import UDP_PAYLOAD_MAX, fill
from gameday.edge.dns_record import Decided, note_answer
from gameday.edge.dns_rules import AskedDns, Forge, Stale, Truncate
from gameday.model.dns_answer import DnsAnswer, Question, Rcode, Rrset, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_rule_book import DnsRuleBook
    from gameday.edge.dns_rules import DnsRuling, Place
    from gameday.edge.dns_transport import DnsRequest
    from gameday.model.history import Op
    from gameday.model.zone_index import ZoneTable

__all__ = ["DnsFaults", "rule_behind", "silence"]

TCP_SILENCE_S = 10.0
"""How long a question over TCP hangs when its answer is dropped."""

_RULE_OPTION = dns.edns.OptionType.make(65_184)
"""An EDNS option of the range for local and experimental use (RFC 6891)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFaults:
    """The faults of one resolver or DNS edge.

    Attributes:
        book: the rules.
        at: which of the two it is.
        azs: AZ of each resolver by its address.
        az: the resolver's own AZ, "" at a DNS edge.
        draw: draws among weighted sets.
        record: appends an op to the history.
        now_ns: the clock of the history, nanoseconds.
    """

    book: DnsRuleBook
    at: Place
    azs: Mapping[str, str]
    az: str = ""
    draw: Callable[[int], int]
    record: Callable[..., Op]
    now_ns: Callable[[], int]

    def ruling(
        self, asked: AskedQuestion, request: DnsRequest, *, edge: str = ""
    ) -> DnsRuling | None:
        """Return what a rule decides about a question, None for a true answer.

        Args:
            asked: the question.
            request: how it came in.
            edge: address of the DNS edge that was asked.
        """
        return self.book.decide(
            AskedDns(
                at=self.at,
                name=asked.name,
                type=asked.type,
                az=self.az or self.azs.get(request.client, ""),
                edge=edge,
                client=request.client,
                tcp=request.tcp,
            )
        )

    def response(
        self, ruling: DnsRuling, asked: AskedQuestion, table: ZoneTable
    ) -> dns.message.Message:
        """Return the answer that a ruling wants in the place of the true one.

        Args:
            ruling: of a kind that replaces the answer.
            asked: the question.
            table: the zones as they are really served here.
        """
        recursive = self.at == "resolver"
        response = asked.response(recursion_available=recursive)
        match ruling.fault:
            case Forge(rcode=rcode):
                found = _forged(Rcode(rcode), asked.name, table)
            case Stale() if ruling.hold is not None:
                question = Question(name=asked.name, type=asked.type)
                found = answer(ruling.hold.over(table), question, self.draw)
            case Truncate():
                response.flags |= dns.flags.TC
                return response
            case _:
                raise AssertionError(f"{ruling.kind} replaces no answer")
        fill(
            response, asked, replace(found, authoritative=False) if recursive else found
        )
        if recursive:
            _shorten_soa(response)
        return response

    def mark(
        self, response: dns.message.Message, ruling: DnsRuling, request: DnsRequest
    ) -> None:
        """Tell a resolver of ours which rule an answer comes from."""
        if request.client in self.azs and response.edns >= 0:
            text = f"{ruling.kind} {ruling.rule_id}".encode()
            option = dns.edns.GenericOption(_RULE_OPTION, text)
            response.use_edns(0, payload=UDP_PAYLOAD_MAX, options=[option])

    def note(
        self,
        ruling: DnsRuling,
        asked: AskedQuestion,
        request: DnsRequest,
        response: dns.message.Message | None,
        *,
        began_ns: int,
        edge: str,
    ) -> None:
        """Note what a DNS edge answered under a rule; None for nothing."""
        note_answer(
            self.record,
            asked,
            response,
            az=self.azs.get(request.client, ""),
            via=f"edge-{edge}",
            client=request.client,
            span_ns=(began_ns, self.now_ns()),
            decided=Decided(kind=ruling.kind, rule=ruling.rule_id),
        )


def rule_behind(response: dns.message.Message) -> Decided | None:
    """Return the rule that a DNS edge gave an answer under, None for none."""
    for option in response.options:
        if isinstance(option, dns.edns.GenericOption) and option.otype == _RULE_OPTION:
            kind, _, rule = option.data.decode().partition(" ")
            return Decided(kind=kind, rule=rule)
    return None


async def silence(request: DnsRequest) -> None:
    """Return when a question that gets no answer may be forgotten.

    A TCP connection would show its end to the client, which is an answer too.
    """
    if request.tcp:
        await asyncio.sleep(TCP_SILENCE_S)


def _forged(rcode: Rcode, name: str, table: ZoneTable) -> DnsAnswer:
    zone = table.enclosing(name)
    if zone is None or rcode in (Rcode.SERVFAIL, Rcode.REFUSED):
        return DnsAnswer(rcode=rcode, authoritative=False)
    soa = Rrset(
        name=zone.name,
        type="SOA",
        ttl_s=zone.soa.ttl_s or 0,
        values=zone.soa.values,
    )
    return DnsAnswer(rcode=rcode, authority=(soa,))


def _shorten_soa(response: dns.message.Message) -> None:
    """Give the SOA the TTL that a resolver shows: how long the answer holds."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            rrset.ttl = min(rrset.ttl, rrset[0].minimum)
