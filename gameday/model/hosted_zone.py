"""What is a hosted zone at one version, and what is in a new one?

A zone is a value: the next version has a mapping of its own, so whoever holds
an old version (a DNS edge that lags, a history) holds it unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.record_set import RecordKey, RecordSet
from gameday.model.record_syntax import normalise_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_NAME_SERVERS", "Zone", "new_zone"]

SOA_TTL_S = 900
SOA_MINIMUM_S = 86_400
NS_TTL_S = 172_800
_SOA_MAILBOX = "awsdns-hostmaster.amazon.com."
DEFAULT_NAME_SERVERS = (
    "ns-2048.awsdns-64.com.",
    "ns-2049.awsdns-65.net.",
    "ns-2050.awsdns-66.org.",
    "ns-2051.awsdns-67.co.uk.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One hosted zone at one version.

    Attributes:
        id: the bare zone id, e.g. "Z0123".
        name: absolute, lower case, with the final dot.
        record_sets: every set by key, SOA and NS included; nobody changes it.
    """

    id: str
    name: str
    record_sets: Mapping[RecordKey, RecordSet]

    def record_set(
        self, name: str, record_type: str, set_identifier: str = ""
    ) -> RecordSet | None:
        """Return one record set, or None when the zone has no such set."""
        key = RecordKey(
            name=normalise_name(name), type=record_type, set_identifier=set_identifier
        )
        return self.record_sets.get(key)


def new_zone(
    zone_id: str,
    name: str,
    *,
    negative_ttl_s: int | None = None,
    name_servers: tuple[str, ...] = DEFAULT_NAME_SERVERS,
) -> Zone:
    """Return a zone as Route 53 creates it: SOA and NS at the apex, nothing else.

    Args:
        zone_id: the bare zone id.
        name: the zone's name, with or without the final dot.
        negative_ttl_s: how long resolvers remember that there is no answer, in
            seconds: the smaller of the SOA's TTL and minimum. None means Route
            53's own, a TTL of 900 with a minimum of 86,400.
        name_servers: with the final dot; the first is named in the SOA.
    """
    apex = normalise_name(name)
    minimum_s = SOA_MINIMUM_S if negative_ttl_s is None else negative_ttl_s
    soa = RecordSet(
        name=apex,
        type="SOA",
        ttl_s=SOA_TTL_S if negative_ttl_s is None else negative_ttl_s,
        values=(f"{name_servers[0]} {_SOA_MAILBOX} 1 7200 900 1209600 {minimum_s}",),
    )
    ns = RecordSet(name=apex, type="NS", ttl_s=NS_TTL_S, values=name_servers)
    return Zone(id=zone_id, name=apex, record_sets={ns.key: ns, soa.key: soa})
