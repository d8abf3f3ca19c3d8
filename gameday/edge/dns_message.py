"""Is this datagram a question we may answer, and how is an answer written?

Shared by the authoritative servers and the resolvers. `read_question` returns a
question or the refusal that the standards ask for; whatever bytes come in, it
does not raise. `write` fits a response into what the asker can take, with the
TC bit and empty sections when it does not fit.

An unanswered query costs the asker seconds and looks like another fault, so
everything is answered except what must not be: packets too short to carry an
id, and responses, which could otherwise travel in circles between two servers.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from gameday.model.zone_index import name_of_labels

if TYPE_CHECKING:
    from gameday.model.dns_answer import DnsAnswer, Rrset

__all__ = [
    "UDP_PAYLOAD_MAX",
    "AskedQuestion",
    "fill",
    "name_of",
    "read_question",
    "refusal",
    "rrset_of",
    "write",
]

UDP_PAYLOAD_MAX = 1232
"""Octets that a UDP response may have: fits every path without fragments."""

RDATA_CACHED_MAX = 16_384

_HEADER = struct.Struct("!HHHHHH")
_TCP_PAYLOAD_MAX = 65_535
_PLAIN_UDP_PAYLOAD_MAX = 512
# Plain numbers: dnspython's flags are enumerations, and combining two of those
# costs more than all else that happens to a packet which is not a query.
_QR = int(dns.flags.QR)
_OPCODE = 0x7800
_KEPT_FLAGS = _OPCODE | int(dns.flags.RD)
_TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """One well-formed question of class IN.

    Attributes:
        query: the whole message.
        owner: the name in the case in which it was asked.
        name: the name as the zones write it.
        type: the record type's mnemonic.
    """

    query: dns.message.Message
    owner: dns.name.Name
    name: str
    type: str

    def response(self, *, recursion_available: bool = False) -> dns.message.Message:
        """Return an empty response: question, EDNS and RD taken over."""
        return dns.message.make_response(
            self.query,
            recursion_available=recursion_available,
            our_payload=UDP_PAYLOAD_MAX,
        )


def read_question(wire: bytes) -> AskedQuestion | bytes | None:
    """Return the question in `wire`, the refusal to send, or None for silence."""
    if len(wire) < _HEADER.size:
        return None
    _, flags, questions, *_ = _HEADER.unpack_from(wire)
    if flags & _QR:
        return None
    if flags & _OPCODE or questions != 1:
        # The opcode of a query is 0.
        rcode = dns.rcode.NOTIMP if flags & _OPCODE else dns.rcode.FORMERR
        return _bare_refusal(wire, rcode)
    try:
        query = dns.message.from_wire(wire)
    except dns.message.UnknownTSIGKey:
        return _bare_refusal(wire, dns.rcode.NOTAUTH)
    except Exception:  # noqa: BLE001 - what a parser raises on junk is no contract
        return _bare_refusal(wire, dns.rcode.FORMERR)
    return _judged(query)


def refusal(query: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    """Return a response that says only `rcode`, question and EDNS taken over."""
    response = dns.message.make_response(query, our_payload=UDP_PAYLOAD_MAX)
    response.set_rcode(rcode)
    return response.to_wire()


def fill(response: dns.message.Message, asked: AskedQuestion, found: DnsAnswer) -> None:
    """Put what was found into an empty response; raises on a bad value."""
    if found.authoritative:
        response.flags |= dns.flags.AA
    response.set_rcode(dns.rcode.from_text(found.rcode))
    owner = asked.owner
    for rrset in found.answers:
        response.answer.append(rrset_of(rrset, owner))
        if rrset.type == "CNAME":
            # What follows a CNAME is owned by its target, as it is written there.
            owner = name_of(rrset.values[0])
    for rrset in found.authority:
        response.authority.append(rrset_of(rrset, name_of(rrset.name)))


def write(
    response: dns.message.Message, *, query: dns.message.Message, tcp: bool
) -> bytes:
    """Return `response` in wire form, no longer than its asker can take."""
    limit = _TCP_PAYLOAD_MAX
    if not tcp:
        asked = query.payload if query.edns >= 0 else _PLAIN_UDP_PAYLOAD_MAX
        limit = min(max(asked, _PLAIN_UDP_PAYLOAD_MAX), UDP_PAYLOAD_MAX)
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        # Half an answer could be taken for a whole one by a careless client.
        for section in response.sections[1:]:
            section.clear()
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=limit)


def rrset_of(rrset: Rrset, owner: dns.name.Name) -> dns.rrset.RRset:
    """Return `rrset` for dnspython, owned by `owner`; raises on a bad value."""
    parsed = [_rdata(rrset.type, value) for value in rrset.values]
    return dns.rrset.from_rdata_list(owner, rrset.ttl_s, parsed)


def _judged(query: dns.message.Message) -> AskedQuestion | bytes:
    question = query.question[0]
    if query.edns > 0:
        return refusal(query, dns.rcode.BADVERS)
    if question.rdtype in _TRANSFERS or question.rdclass != dns.rdataclass.IN:
        return refusal(query, dns.rcode.REFUSED)
    every = question.rdtype == dns.rdatatype.ANY
    if dns.rdatatype.is_metatype(question.rdtype) and not every:
        return refusal(query, dns.rcode.NOTIMP)
    return AskedQuestion(
        query=query,
        owner=question.name,
        name=name_of_labels(question.name.labels),
        type=dns.rdatatype.to_text(question.rdtype),
    )


def _bare_refusal(wire: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """Answer with a header alone: the rest of the query cannot be trusted."""
    message_id, flags, *_ = _HEADER.unpack_from(wire)
    kept = flags & _KEPT_FLAGS
    return _HEADER.pack(message_id, _QR | kept | int(rcode), 0, 0, 0, 0)


@lru_cache(maxsize=RDATA_CACHED_MAX)
def name_of(text: str) -> dns.name.Name:
    """Return the absolute name that Route 53 writes as `text`."""
    return dns.name.from_text(_decimal_escapes(text))


@lru_cache(maxsize=RDATA_CACHED_MAX)
def _rdata(kind: str, value: str) -> dns.rdata.Rdata:
    text = _decimal_escapes(value)
    return dns.rdata.from_text("IN", kind, text, origin=dns.name.root, relativize=False)


def _decimal_escapes(text: str) -> str:
    """Route 53 escapes in octal, master files, which dnspython reads, in decimal."""
    return _OCTAL.sub(lambda found: f"\\{int(found[1], 8):03d}", text)
