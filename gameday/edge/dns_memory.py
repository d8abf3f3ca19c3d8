"""What does a resolver remember of an answer, for how long, and what does it tell?

A positive answer holds for its TTL, a negative one for min(TTL of the SOA, MINIMUM
of the SOA), as RFC 2308 has it; a failure holds for no time. What is told of it has
the TTLs counted down by its age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from gameday.edge.dns_faults import rule_behind

if TYPE_CHECKING:
    from gameday.edge.dns_message import AskedQuestion
    from gameday.edge.dns_record import Decided

__all__ = ["TTL_S_MAX", "Entry", "remember"]

TTL_S_MAX = 86_400
"""Longest time that anything is remembered."""

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
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

    def holds(self, now_ns: int) -> bool:
        """Whether it may still be told."""
        return now_ns - self.learned_ns < self.ttl_s * _NANOSECONDS

    def age_s(self, now_ns: int) -> int:
        """Return by how much its TTLs have counted down."""
        return max(0, now_ns - self.learned_ns) // _NANOSECONDS

    def told(self, asked: AskedQuestion, now_ns: int) -> dns.message.Message:
        """Return the response to a question for what this is about."""
        age_s = self.age_s(now_ns)
        response = asked.response(recursion_available=True)
        response.set_rcode(self.rcode)
        owner = asked.owner
        for rrset in self.answers:
            response.answer.append(_aged(rrset, owner, age_s))
            if rrset.rdtype == dns.rdatatype.CNAME:
                owner = rrset[0].target
        for rrset in self.authority:
            response.authority.append(_aged(rrset, rrset.name, age_s))
        return response


def remember(response: dns.message.Message, now_ns: int, *, outside: bool) -> Entry:
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
        return Entry(rcode=dns.rcode.NXDOMAIN, learned_ns=now_ns, decided=decided)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Entry(rcode=dns.rcode.SERVFAIL, learned_ns=now_ns, decided=decided)
    soa = [
        dns.rrset.from_rdata_list(each.name, min(each.ttl, each[0].minimum), list(each))
        for each in response.authority
        if each.rdtype == dns.rdatatype.SOA
    ]
    # Without an SOA a negative answer holds for no time (RFC 2308, section 5).
    ttl_s = min((each.ttl for each in (*response.answer, *soa)), default=0)
    return Entry(
        rcode=rcode,
        answers=tuple(response.answer),
        authority=tuple(soa),
        learned_ns=now_ns,
        ttl_s=min(ttl_s, TTL_S_MAX),
        decided=decided,
    )


def _aged(rrset: dns.rrset.RRset, owner: Any, age_s: int) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(owner, max(0, rrset.ttl - age_s), list(rrset))
