"""What does a resolver of the region answer right now?

One real DNS question over UDP, asked as any program in that availability zone
would ask it, so that caches and negative caches count.
"""

import socket
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from gameday.chaos.running import Running

__all__ = ["Answer", "look_up", "look_up_everywhere"]

_TIMEOUT_S = 2.0
_DATAGRAM_BYTES_MAX = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A resolver's answer.

    Attributes:
        az: the availability zone whose resolver answered.
        rcode: "NOERROR", "NXDOMAIN", "SERVFAIL", ..., or "" for no answer.
        addresses: IPv4 addresses in the order of the answer.
    """

    az: str
    rcode: str
    addresses: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it is the answer of October 2025: no error, no address."""
        return self.rcode == "NOERROR" and not self.addresses


def look_up(stage: Running, endpoint: str, az: str) -> Answer:
    """Ask the resolver of one availability zone for the endpoint's addresses."""
    question = dns.message.make_query(f"{endpoint}.", dns.rdatatype.A)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_TIMEOUT_S)
        try:
            asking.connect(stage.resolver(az))
            asking.send(question.to_wire())
            reply = dns.message.from_wire(asking.recv(_DATAGRAM_BYTES_MAX))
        except (OSError, dns.exception.DNSException):
            return Answer(az=az, rcode="", addresses=())
    addresses = tuple(
        record.address
        for record_set in reply.answer
        if record_set.rdtype == dns.rdatatype.A
        for record in record_set
    )
    return Answer(az=az, rcode=dns.rcode.to_text(reply.rcode()), addresses=addresses)


def look_up_everywhere(stage: Running, endpoint: str, az: str) -> list[Answer]:
    """Ask one availability zone's resolver, or each of them for "all"."""
    return [look_up(stage, endpoint, each) for each in stage.zones_of(az)]
