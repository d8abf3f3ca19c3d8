"""How are the zones of the embedded moto kept right by construction?

moto judges a change batch by a journal of past changes, so a DELETE with
superseded values removes the live record and nobody is ever fenced. Here the
three operations that touch record sets (ChangeResourceRecordSets,
ListResourceRecordSets, GetChange) are answered from `model.zone` instead. moto
keeps the hosted zones themselves, with their tags, comments and VPCs.

The model's zone hangs on moto's zone object, so that deleting a zone or
resetting moto drops both. Callers hold one lock around every request.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from gameday.aws.route53_xml import (
    parse_change_batch_xml,
    render_change_info,
    render_error,
    render_record_sets,
)
from gameday.model.hosted_zone import DEFAULT_NAME_SERVERS
from gameday.model.zone import (
    Rejection,
    Zone,
    apply_batch,
    list_record_sets,
    new_zone,
    parse_change_batch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameday.clock import Clock

__all__ = ["Reply", "StrictZones", "keep_zone", "zone_of"]

CHANGES_KEPT_MAX = 100_000
PAGE_SIZE = 300

_RECORD_SETS = re.compile(r"/2013-04-01/hostedzone/([^/]+)/rrset/?")
_CHANGE = re.compile(r"/2013-04-01/change/([^/]+)/?")
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_HEX_DIGITS = "0123456789abcdef"
# moto answers CreateHostedZone and the VPC calls with these constant ids.
_CHANGES_OF_MOTO = ("C1PA6795UKMFR9", "C2682N5HXP0BZ4", "a1b2c3d4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP reply in XML."""

    status: int
    body: bytes


class StrictZones:
    """Answers the record-set operations of Route 53."""

    def __init__(
        self, clock: Clock, *, choose: Callable[[str], str] = secrets.choice
    ) -> None:
        """Make it.

        Args:
            clock: dates the changes.
            choose: picks one character of several, for ids.
        """
        self._clock = clock
        self._choose = choose
        self._changes: deque[str] = deque(maxlen=CHANGES_KEPT_MAX)
        self._known: set[str] = set()

    def answer(
        self, *, method: str, path: str, query: str, body: bytes
    ) -> Reply | None:
        """Return the reply, or None for a request that moto should answer."""
        record_sets = _RECORD_SETS.fullmatch(path)
        if record_sets and method == "POST":
            return self._change(record_sets.group(1), body)
        if record_sets and method == "GET":
            return self._list(record_sets.group(1), query)
        change = _CHANGE.fullmatch(path)
        if change and method == "GET":
            return self._get_change(change.group(1))
        return None

    def clear(self) -> None:
        """Forget every change id; the zones go with moto's."""
        self._changes.clear()
        self._known.clear()

    def _change(self, zone_id: str, body: bytes) -> Reply:
        found = _find_zone(zone_id)
        if found is None:
            return self._no_such_zone(zone_id)
        zones, holder = found
        try:
            params = parse_change_batch_xml(body)
            changes = parse_change_batch(params)
        except ValueError as error:
            return self._refused("InvalidInput", f"Invalid XML ; {error}")
        outcome = apply_batch(zones[zone_id], changes, other_zones=zones)
        if isinstance(outcome, Rejection):
            return self._refused(outcome.code, *outcome.messages)
        keep_zone(holder, outcome)
        comment = params["ChangeBatch"].get("Comment")
        return Reply(
            status=200,
            body=render_change_info(
                self._new_change(), "PENDING", self._now(), comment
            ),
        )

    def _list(self, zone_id: str, query: str) -> Reply:
        found = _find_zone(zone_id)
        if found is None:
            return self._no_such_zone(zone_id)
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        try:
            page = list_record_sets(
                found[0][zone_id],
                start_name=given.get("name", ""),
                start_type=given.get("type", ""),
                start_identifier=given.get("identifier", ""),
                max_items=int(given.get("maxitems", PAGE_SIZE)),
            )
        except ValueError as error:
            return self._refused("InvalidInput", str(error))
        return Reply(status=200, body=render_record_sets(page))

    def _get_change(self, change_id: str) -> Reply:
        if change_id not in self._known and change_id not in _CHANGES_OF_MOTO:
            message = f"A change with the ID {change_id} does not exist."
            body = render_error("NoSuchChange", message, self._request_id())
            return Reply(status=404, body=body)
        # This store has no name servers to wait for; propagation is the edge's.
        body = render_change_info(
            change_id, "INSYNC", self._now(), root="GetChangeResponse"
        )
        return Reply(status=200, body=body)

    def _new_change(self) -> str:
        change_id = "C" + "".join(self._choose(_ID_ALPHABET) for _ in range(20))
        if len(self._changes) == CHANGES_KEPT_MAX:
            self._known.discard(self._changes[0])
        self._changes.append(change_id)
        self._known.add(change_id)
        return change_id

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        return (
            moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
        )

    def _no_such_zone(self, zone_id: str) -> Reply:
        message = f"No hosted zone found with ID: {zone_id}"
        body = render_error("NoSuchHostedZone", message, self._request_id())
        return Reply(status=404, body=body)

    def _refused(self, code: str, *messages: str) -> Reply:
        body = render_error(code, messages, self._request_id())
        return Reply(status=400, body=body)

    def _request_id(self) -> str:
        return "".join(self._choose(_HEX_DIGITS) for _ in range(32))


def _find_zone(zone_id: str) -> tuple[dict[str, Zone], Any] | None:
    """Return all zones of the account that has this one, and moto's own zone.

    Zone ids are random, so the account need not be worked out from the caller.
    """
    for holders in _accounts():
        if zone_id in holders:
            zones = {other: zone_of(other, held) for other, held in holders.items()}
            return zones, holders[zone_id]
    return None


def _accounts() -> Iterator[dict[str, Any]]:
    from moto.route53.models import route53_backends

    for account in tuple(route53_backends.values()):
        for backend in tuple(account.values()):
            yield backend.zones


def zone_of(zone_id: str, holder: Any) -> Zone:
    """Return the model's zone that hangs on moto's, a new one at first."""
    zone: Zone | None = getattr(holder, "strict_zone", None)
    if zone is None:
        # A private zone has no delegation set.
        servers = getattr(holder.delegation_set, "name_servers", ())
        names = tuple(f"{name}." for name in servers) or DEFAULT_NAME_SERVERS
        zone = new_zone(zone_id, holder.name, name_servers=names)
        keep_zone(holder, zone)
    return zone


def keep_zone(holder: Any, zone: Zone) -> None:
    """Hang the model's zone on moto's."""
    holder.strict_zone = zone
    # moto counts these and refuses to delete a zone that has more than SOA and NS.
    holder.rrsets = [
        # moto and the fork of it in LocalStack name the type differently.
        SimpleNamespace(name=key.name, type=key.type, type_=key.type)
        for key in zone.record_sets
    ]
