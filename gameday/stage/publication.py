"""Is every endpoint published: in Route 53, and on every DNS server?

Zones are looked at, no resolver is asked: a resolver that is asked too early
remembers that there was no answer, and everybody who asks it waits for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gameday.edge.control_client import ControlClient

__all__ = ["Publication"]


@dataclass(slots=True)
class Publication:
    """Remembers with which zone version each endpoint first had an address."""

    versions: dict[str, int] = field(default_factory=dict)

    def missing(self, edge: ControlClient, endpoints: Iterable[str]) -> str:
        """Return what is not published yet as a sentence, "" when all is."""
        for endpoint in endpoints:
            zone = edge.zone(endpoint)
            if not _has_address(zone["record_sets"], f"{endpoint}."):
                return f"{endpoint} is not in Route 53 yet"
            published = self.versions.setdefault(endpoint, int(zone["version"]))
            if any(version < published for version in zone["served"].values()):
                return f"{endpoint} has not reached every DNS server yet"
        return ""


def _has_address(record_sets: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(r["Name"] == name and r["Type"] in {"A", "AAAA"} for r in record_sets)
