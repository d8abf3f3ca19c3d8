"""Is this a rule for DNS questions, and what does it say?

The counterpart of `rule_document` for DNS: keys, kinds of fault, AZs, DNS edges,
record types and zones that do not exist are refused with the nearest that do.

    {"id"?, "owner"?, "at"?: "resolver" | "edge",
     "match"?: {"name"?, "type"?, "az"?, "edge"?, "client"?},
     "fault": {"kind": ..., ...},
     "nth"?, "count"?, "probability"?, "seed"?, "after_ms"?, "until_ms"?}

Each key of `match` takes one text or a list of them. `name` and `client` may be
globs. `az` is the AZ whose resolver is asked or, at an edge, asks. A name that
is no glob must lie in a hosted zone that there is.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from gameday.edge.dns_rules import (
    DnsFault,
    DnsMatch,
    DnsRule,
    Drop,
    Forge,
    Slow,
    Stale,
    Truncate,
)
from gameday.edge.document_fields import Fields
from gameday.edge.limits_document import parse_limits
from gameday.model.record_syntax import is_within, normalise_name
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DNS_FAULT_KINDS", "DnsVocabulary", "parse_dns_rule"]

AGE_MS_MAX = 86_400_000
DELAY_MS_MAX = 60_000
PLACES = ("resolver", "edge")
_GLOB = frozenset("*?[")
_USUAL_TYPES = ("A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
_RARE_TYPES = ("CAA", "DS", "HTTPS", "NAPTR", "SPF", "SSHFP", "SVCB", "TLSA")
_TYPES = frozenset((*_USUAL_TYPES, *_RARE_TYPES))


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsVocabulary:
    """The names that a rule may use.

    Attributes:
        azs: AZs that have a resolver.
        edges: addresses of the DNS edges.
        zones: names of the hosted zones, without their final dots.
    """

    azs: frozenset[str]
    edges: frozenset[str]
    zones: frozenset[str]


def parse_dns_rule(
    document: Any, vocabulary: DnsVocabulary, *, rule_id: str
) -> DnsRule:
    """Return the rule that a document describes.

    Args:
        document: the rule as JSON.
        vocabulary: names that exist.
        rule_id: its id, unless it brings its own.

    Raises:
        InvalidInput: with every problem.
    """
    fields = Fields(document)
    own_id = fields.text("id", rule_id)
    fields.text("owner", "")
    kind, fault = _parse_fault(fields, vocabulary)
    at = fields.choice("at", PLACES, "resolver")
    rule = DnsRule(
        id=own_id or rule_id,
        at=at,
        match=_parse_match(fields.inner("match"), vocabulary, at),
        kind=kind,
        fault=fault,
        **parse_limits(fields, rule_id=str(own_id or rule_id)),
    )
    fields.refuse_unknown()
    fields.raise_if_wrong()
    return rule


def _parse_match(fields: Fields, vocabulary: DnsVocabulary, at: str) -> DnsMatch:
    names = fields.texts("name")
    for name in names:
        if not (_is_glob(name) or _within_any(name, vocabulary.zones)):
            known = unknown_name("name", name.rstrip("."), vocabulary.zones)
            fields.wrong("name", f"it lies in no hosted zone: {known}")
    types = tuple(each.upper() for each in fields.texts("type"))
    _ensure_known(fields, "type", "record type", types, _TYPES)
    azs = fields.texts("az")
    _ensure_known(fields, "az", "availability zone", azs, vocabulary.azs)
    edges = fields.texts("edge")
    _ensure_known(fields, "edge", "DNS edge", edges, vocabulary.edges)
    if edges and at != "edge":
        fields.wrong("edge", 'a rule at the resolvers has no edge; set "at": "edge"')
    match = DnsMatch(
        names=tuple(map(_pattern, names)),
        types=types,
        azs=azs,
        edges=edges,
        clients=fields.texts("client"),
    )
    for client in match.clients:
        if not (_is_glob(client) or _is_address(client)):
            message = f"should be an IP address or a glob, not {client!r}"
            fields.wrong("client", message)
    fields.refuse_unknown()
    return match


def _ensure_known(
    fields: Fields, key: str, what: str, given: tuple[str, ...], known: frozenset[str]
) -> None:
    for each in given:
        if each not in known:
            fields.wrong(key, unknown_name(what, each, known))


def _parse_fault(outer: Fields, vocabulary: DnsVocabulary) -> tuple[str, DnsFault]:
    fields = outer.inner("fault")
    if "fault" not in outer:
        outer.wrong("fault", "this key is required")
        return "", Drop()
    kind = fields.text("kind")
    parse = _PARSERS.get(kind)
    if parse is None:
        if kind:
            message = unknown_name("kind of DNS fault", kind, DNS_FAULT_KINDS)
            fields.wrong("kind", message)
        return "", Drop()
    fault = parse(fields, vocabulary)
    fields.refuse_unknown()
    return kind, fault


def _parse_slow(fields: Fields, _: DnsVocabulary) -> Slow:
    return Slow(
        delay_ms=fields.number("delay_ms", low=0, high=DELAY_MS_MAX),
        jitter_ms=fields.number("jitter_ms", 0.0, low=0, high=DELAY_MS_MAX),
    )


def _parse_stale(fields: Fields, vocabulary: DnsVocabulary) -> Stale:
    zone = cast("str", fields.text("zone", "")).lower().rstrip(".")
    if zone and zone not in vocabulary.zones:
        fields.wrong("zone", unknown_name("hosted zone", zone, vocabulary.zones))
    version = fields.integer("version", None, low=1)
    age_ms = fields.number("age_ms", None, low=0, high=AGE_MS_MAX)
    if version is not None and age_ms is not None:
        fields.wrong("age_ms", "give either a version or an age")
    if version is not None and not zone:
        fields.wrong("version", "zones count apart; name the zone as well")
    return Stale(zone=zone, version=version, age_ms=age_ms)


def _pattern(name: str) -> str:
    """Return what a name as the zones write it must fit."""
    # Zones write the characters of a glob as octal escapes.
    return f"{name.lower().rstrip('.')}." if _is_glob(name) else normalise_name(name)


def _is_glob(text: str) -> bool:
    return not _GLOB.isdisjoint(text)


def _within_any(name: str, zones: frozenset[str]) -> bool:
    return any(is_within(normalise_name(name), f"{zone}.") for zone in zones)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_PARSERS: dict[str, Callable[[Fields, DnsVocabulary], DnsFault]] = {
    "nxdomain": lambda *_: Forge(rcode="NXDOMAIN"),
    "empty": lambda *_: Forge(rcode="NOERROR"),
    "servfail": lambda *_: Forge(rcode="SERVFAIL"),
    "refused": lambda *_: Forge(rcode="REFUSED"),
    "slow": _parse_slow,
    "drop": lambda *_: Drop(),
    "truncate": lambda *_: Truncate(),
    "stale": _parse_stale,
}
DNS_FAULT_KINDS = tuple(_PARSERS)
