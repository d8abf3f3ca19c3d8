"""What may a harness ask of DNS while the edge runs?

The part of the control interface that shows the zones, sets rules for DNS
questions and pauses propagation. Those rules are listed and removed together
with the rules for AWS calls: whoever counts faults, or clears them away, need
not tell them apart, and so no two of them may have one id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.edge.document_fields import Fields
from gameday.errors import InvalidInput
from gameday.model.zone import render_record_set

if TYPE_CHECKING:
    from gameday.edge.dns_plane import DnsPlane
    from gameday.edge.recorder import Recorder
    from gameday.edge.zones import ZoneLog
    from gameday.model.hosted_zone import Zone

__all__ = ["DnsControl"]

_PROPAGATION = ("paused", "running")


class DnsControl:
    """Answers for DNS, in documents."""

    def __init__(self, *, dns: DnsPlane, zones: ZoneLog, recorder: Recorder) -> None:
        self._dns = dns
        self._zones = zones
        self._recorder = recorder

    def set_rule(self, document: Any, *, taken: tuple[str, ...]) -> dict[str, Any]:
        """Set a rule; returns its id and, for a stale answer, what is held.

        Args:
            document: the rule as JSON.
            taken: ids of the rules for AWS calls.

        Raises:
            InvalidInput: with every problem.
        """
        if self._dns.rules is None:
            raise InvalidInput("the DNS servers are not up yet; try again")
        return self._dns.rules.set(document, taken=taken)

    def ensure_free(self, rule_id: str) -> None:
        """Raise InvalidInput when a rule for DNS questions has this id."""
        if rule_id in self.ids():
            raise InvalidInput(
                f"id: rule {rule_id!r} is set already, for DNS; remove it first or "
                "choose another id"
            )

    def remove(self, rule_id: str) -> dict[str, Any] | None:
        """Remove a rule; returns its last counts, None when it is not for DNS."""
        book = self._dns.rules
        return book.remove(rule_id) if book and rule_id in book.ids() else None

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the rules, in order."""
        return self._dns.rules.ids() if self._dns.rules else ()

    def documents(self) -> list[dict[str, Any]]:
        """Return every rule with its counts, in order."""
        return self._dns.rules.documents() if self._dns.rules else []

    def set_propagation(self, document: Any) -> dict[str, Any]:
        """Pause or resume propagation to one DNS edge, or to all.

        Raises:
            InvalidInput: with every problem.
        """
        fields = Fields(document)
        state = fields.choice("state", _PROPAGATION)
        edge = fields.text("edge", None)
        fields.refuse_unknown()
        fields.raise_if_wrong()
        self._dns.set_propagation(state, edge)
        fact = {"state": state} if edge is None else {"state": state, "edge": edge}
        self._recorder.mark("propagation", fact)
        return fact

    def status(self) -> dict[str, Any]:
        """Return the state of propagation, as a whole and by DNS edge."""
        return {
            "propagation": self._dns.propagation,
            "dns_edges": self._dns.propagation_by_edge,
        }

    def zones(self) -> list[dict[str, Any]]:
        """Return id, name, version and size of every hosted zone."""
        return [
            {**self._identity(zone), "record_sets": len(zone.record_sets)}
            for zone in self._zones.zones()
        ]

    def zone(self, name: str) -> dict[str, Any] | None:
        """Return a zone and the version each DNS edge serves, None without one.

        Args:
            name: the zone's name or id.
        """
        zone = self._zones.by_name(name) or self._zones.get(name)
        if zone is None:
            return None
        return {
            **self._identity(zone),
            "record_sets": [
                render_record_set(zone.record_sets[key])
                for key in sorted(zone.record_sets)
            ],
            "served": self._dns.served_versions(zone.id),
        }

    def _identity(self, zone: Zone) -> dict[str, Any]:
        latest = self._zones.latest(zone.id)
        version = latest.version if latest else 0
        return {"id": zone.id, "name": zone.name, "version": version}
