"""What does ListResourceRecordSets say of a zone, without saying it anew each time?

Enactors and canaries list the same zones over and over, and a page of 300 sets
takes longer to write than the rest of the call. A page is kept for as long as its
zone is the newest one; zones are immutable, so "the same" is the same object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.edge.route53_replies import listing_reply, xml_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.edge.error_reply import Reply
    from gameday.model.zone import Zone

__all__ = ["Listings"]

ZONES_KEPT_MAX = 1_000
PAGES_KEPT_MAX = 100
"""Of one zone."""

_PARAMETERS = (
    "StartRecordName",
    "StartRecordType",
    "StartRecordIdentifier",
    "MaxItems",
)


class Listings:
    """The pages that have been asked for, of the zones as they are now."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[Zone, dict[tuple[Any, ...], bytes]]] = {}

    def reply(self, zone: Zone, parameters: Mapping[str, Any]) -> Reply:
        """Return the reply to a listing.

        Args:
            zone: the zone as it is now.
            parameters: the call's, by boto3 name.
        """
        of_zone, pages = self._pages.get(zone.id, (None, {}))
        if of_zone is not zone:
            if len(self._pages) >= ZONES_KEPT_MAX:
                self._pages.clear()
            pages = {}
            self._pages[zone.id] = zone, pages
        asked = tuple(parameters.get(name) for name in _PARAMETERS)
        body = pages.get(asked)
        if body is not None:
            return xml_reply(body)
        reply = listing_reply(zone, parameters)
        if reply.status == 200 and len(pages) < PAGES_KEPT_MAX:
            pages[asked] = reply.body
        return reply
