"""What does it mean that an availability zone is cut off?

A cut is the state of one zone. It says what becomes of a call by the zone that
its caller is in; a caller in no zone, such as the operator, is outside all of
them. The AWS gateway and every load balancer are outside the zone, too, so that
a caller in a cut zone reaches nothing at all.

    both           nothing passes; requests are not delivered
    outbound-only  what leaves the zone is lost; requests are not delivered
    inbound-only   what enters the zone is lost; requests take effect and their
                   replies are lost

Packets go both ways in a handshake and in a question to a DNS server, so that
whichever way is cut, the zone's load balancers cannot be reached by anybody and
its resolver cannot reach the authoritative servers. Each call here stands for
one on a connection that was there before the cut: over `inbound-only` a new
connection could not be made, and the write would not take effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from gameday.edge.document_fields import Fields
from gameday.edge.fault_kinds import DropRequest, DropResponse
from gameday.edge.http_exchange import How
from gameday.edge.rules import Ruling

__all__ = ["Cut", "NotDelivered", "NotHeard", "parse_cut"]

Direction = Literal["both", "outbound-only", "inbound-only"]

STATES = ("cut", "healed")


class NotDelivered(DropRequest):
    """A request that could not leave its caller's zone."""


class NotHeard(DropResponse):
    """A reply that could not enter its caller's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How one zone is cut off.

    Attributes:
        az: the zone.
        how: what a caller in the zone meets: silence, or a reset connection.
        direction: which way is cut, seen from the zone.
    """

    az: str
    how: How = "hang"
    direction: Direction = "both"

    def ruling(self) -> Ruling:
        """Return what becomes of a call that a caller in the zone makes now."""
        if self.direction == "inbound-only":
            return self.ruling_under_way()
        return Ruling(rule_id=self._id, fault=NotDelivered(how=self.how))

    def ruling_under_way(self) -> Ruling:
        """Return what becomes of a call that was delivered before the cut."""
        return Ruling(rule_id=self._id, fault=NotHeard(how=self.how))

    @property
    def _id(self) -> str:
        return f"partition-{self.az}"

    def document(self) -> dict[str, Any]:
        """Return what the control interface and the history say of it."""
        return {"state": "cut", "as": self.how, "direction": self.direction}


def parse_cut(document: Any, az: str) -> Cut | None:
    """Return the cut that a document asks for, None to heal the zone.

    Raises:
        InvalidInput: with every problem.
    """
    fields = Fields(document)
    if "state" not in fields:
        fields.wrong("state", "this key is required")
    state = fields.choice("state", STATES, "cut")
    cut = Cut(
        az=az,
        how=fields.choice("as", get_args(How), "hang"),
        direction=fields.choice("direction", get_args(Direction), "both"),
    )
    fields.refuse_unknown()
    fields.raise_if_wrong()
    return cut if state == "cut" else None
