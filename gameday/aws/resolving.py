"""How does a boto3 client find a managed endpoint by its own AZ's resolver?

`resolve_through` makes a client ask a given resolver for the names under given
suffixes, on every new connection and never for a pooled one. That is the whole
point: a client with a warm pool goes on working after its endpoint's name is
gone, and a client that has to connect does not. Everything else about the
client stays as it was; names outside the suffixes are none of its business.

What fails looks as it does on an EC2 host: NODATA, NXDOMAIN, an unreachable
resolver and a refused connect are all EndpointConnectionError, told apart only
by the cause underneath; a connect that times out is ConnectTimeoutError.

`query` asks a resolver one question. There is no cache here, positive or
negative: remembering is the resolver's part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from gameday.aws.resolved_session import ResolvedSession

__all__ = [
    "NO_REPLY",
    "QUERY_TIMEOUT_S",
    "Answer",
    "Resolution",
    "query",
    "resolve_through",
]

NO_REPLY = "NOREPLY"
"""The `rcode` of an answer that never came."""

QUERY_TIMEOUT_S = 3.0
QUERY_ATTEMPTS = 2
"""Datagrams sent for one question; they share its timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a resolver said.

    Attributes:
        rcode: "NOERROR", "NXDOMAIN", "SERVFAIL", ... or `NO_REPLY`.
        addresses: values of the asked type, in the order given; addresses for A
            and AAAA, record text for others.
        ttl_s: how long it holds: of the values, or of the SOA that says there
            are none; 0 when it must not be remembered.
    """

    rcode: str
    addresses: tuple[str, ...] = ()
    ttl_s: int = 0


class Resolution:
    """The hold that `resolve_through` has on a client."""

    def __init__(self, session: ResolvedSession) -> None:
        self._session = session

    def drop_connections(self) -> None:
        """Close pooled connections, so that the next call resolves and connects."""
        self._session.close()

    close = drop_connections


def query(
    name: str,
    record_type: str,
    resolver: tuple[str, int],
    timeout_s: float = QUERY_TIMEOUT_S,
) -> Answer:
    """Ask `resolver` one question; a silent resolver is an answer too.

    Args:
        name: the name, taken as absolute with or without the final dot.
        record_type: "A", "AAAA", "TXT", ...
        resolver: its IP address and port.
        timeout_s: seconds for everything together.
    """
    kind = dns.rdatatype.from_text(record_type)
    message = dns.message.make_query(f"{name.rstrip('.')}.", kind, use_edns=0)
    host, port = resolver
    for _ in range(QUERY_ATTEMPTS):
        try:
            response, _ = dns.query.udp_with_fallback(
                message, host, timeout_s / QUERY_ATTEMPTS, port
            )
        except (OSError, EOFError, dns.exception.DNSException):
            continue
        return _answer(response, kind)
    return Answer(rcode=NO_REPLY)


def resolve_through(
    client: Any,
    *,
    resolver: tuple[str, int],
    suffixes: tuple[str, ...],
    timeout_s: float = QUERY_TIMEOUT_S,
    record_types: tuple[str, ...] = ("A",),
) -> Resolution:
    """Make a boto3 client find the names under `suffixes` by `resolver`.

    Args:
        client: any boto3 client; its timeouts and pool size are kept.
        resolver: IP address and port.
        suffixes: domains, e.g. ("gameday.test",); the domains themselves count.
        timeout_s: seconds for one resolution.
        record_types: asked in this order until one has addresses.

    Returns:
        What can drop the client's pooled connections. They belong to it, so
        close it when the client is closed.
    """
    from gameday.aws.resolved_session import Lookup, ResolvedSession

    session = ResolvedSession(
        lookup=Lookup(
            resolver=resolver, timeout_s=timeout_s, record_types=record_types
        ),
        config=client.meta.config,
    )
    endings = tuple(f".{suffix.strip('.').lower()}" for suffix in suffixes)

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        if not f".{_host(request.url)}".endswith(endings):
            return None
        response: AWSResponse = session.send(request)
        return response

    # What is raised in before-send botocore treats, and retries, as a network
    # error; later events cannot send, and earlier ones are not retried.
    client.meta.events.register("before-send.*.*", send)
    return Resolution(session)


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return (urlsplit(url).hostname or "").rstrip(".")


def _answer(response: dns.message.Message, kind: dns.rdatatype.RdataType) -> Answer:
    rcode = dns.rcode.to_text(response.rcode())
    found = [rrset for rrset in response.answer if rrset.rdtype == kind]
    sections = response.answer if found else response.authority
    return Answer(
        rcode=rcode,
        addresses=tuple(rdata.to_text() for rrset in found for rdata in rrset),
        ttl_s=min((rrset.ttl for rrset in sections), default=0),
    )
