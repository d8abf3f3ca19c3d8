"""What does the emulator hold in its hosted zones, and how is that changed?

The guard's own requests to the emulator's Route 53, outside the history: reading
a whole zone, listing the zones there are, and sending a net change. Whatever the
emulator answers is read with care: moto's listing can repeat a page for ever,
and its SOA record is not one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from gameday.aws.route53_xml import parse_record_sets_xml
from gameday.edge.emulator import ReplyLost
from gameday.edge.xml_shapes import first_text
from gameday.model.record_set import Action
from gameday.model.zone import (
    Change,
    RecordSet,
    Zone,
    net_changes,
    new_zone,
    parse_record_set,
    render_change,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.edge.emulator import Emulator
    from gameday.edge.error_reply import Reply

__all__ = [
    "AUTHORIZATION",
    "EmulatorZones",
    "differing_changes",
    "zone_ids",
    "zone_name",
]

PAGES_MAX = 500
_API = "/2013-04-01"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAGAMEDAYEDGE00000/20251020/us-east-1/route53/"
    "aws4_request, SignedHeaders=host, Signature=0"
)
"""Emulators read the service and the account from it; none verifies it."""

_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_SOA_FIELDS = 7


class EmulatorZones:
    """The hosted zones as the emulator has them."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def all_ids(self) -> tuple[str, ...]:
        """Return the ids of every hosted zone. Raises NotSent and ReplyLost."""
        found: dict[str, None] = {}
        marker = ""
        for _ in range(PAGES_MAX):
            query = f"?{urlencode({'marker': marker})}" if marker else ""
            reply = await self._get(f"{_API}/hostedzone{query}")
            if reply.status != 200:
                break
            text = reply.body.decode("utf-8", "replace")
            found.update(dict.fromkeys(zone_ids(text)))
            seen, marker = marker, first_text(text, "NextMarker")
            if not marker or marker == seen:
                break
        return tuple(found)

    async def read(self, zone_id: str) -> Zone | None:
        """Return a zone as the emulator has it, None when it has none.

        Raises:
            NotSent: the emulator cannot be reached.
            ReplyLost: it broke off, or answered something that is not a zone.
        """
        reply = await self._get(f"{_API}/hostedzone/{quote(zone_id, safe='')}")
        if reply.status == 404:
            return None
        name = zone_name(reply.body.decode("utf-8", "replace"))
        if reply.status != 200 or not name:
            raise ReplyLost(f"GetHostedZone answered {reply.status}")
        record_sets = await self._record_sets(zone_id)
        return _zone(zone_id, name, record_sets)

    async def change(self, zone_id: str, changes: Sequence[Change]) -> Reply:
        """Send a change batch. Raises NotSent and ReplyLost."""
        return await self._emulator.send(
            "POST",
            f"{_API}/hostedzone/{quote(zone_id, safe='')}/rrset/",
            (("Authorization", AUTHORIZATION), ("Content-Type", "text/xml")),
            _change_batch_xml(changes),
        )

    async def _record_sets(self, zone_id: str) -> list[RecordSet]:
        path = f"{_API}/hostedzone/{quote(zone_id, safe='')}/rrset"
        found: list[RecordSet] = []
        starts: set[str] = set()
        query = ""
        for _ in range(PAGES_MAX):
            starts.add(query)
            reply = await self._get(f"{path}{query}")
            if reply.status != 200:
                raise ReplyLost(f"ListResourceRecordSets answered {reply.status}")
            try:
                page = parse_record_sets_xml(reply.body)
                found += [parse_record_set(one) for one in page["ResourceRecordSets"]]
            except (ValueError, KeyError, TypeError) as error:
                raise ReplyLost(f"ListResourceRecordSets: {error}") from error
            query = _next_page(page)
            if not query or query in starts:
                break
        return found

    async def _get(self, target: str) -> Reply:
        return await self._emulator.send(
            "GET", target, (("Authorization", AUTHORIZATION),)
        )


def differing_changes(before: Zone, after: Zone) -> tuple[Change, ...]:
    """Return the net change between two zones, their apex SOA and NS aside.

    Emulators make up those two; no program of a region writes them. A set that
    is new is upserted, because moto refuses to create what once existed.
    """
    return tuple(
        Change(action=Action.UPSERT, record_set=change.record_set)
        if change.action is Action.CREATE
        else change
        for change in net_changes(before, after)
        if change.record_set.type not in ("SOA", "NS")
        or change.record_set.name != after.name
    )


def zone_ids(text: str) -> list[str]:
    """Return the zone ids in a reply, bare."""
    return re.findall(r"<Id>/hostedzone/([^<]+)</Id>", text)


def zone_name(text: str) -> str:
    """Return the name of the (first) hosted zone in a reply, "" without one."""
    return first_text(text.partition("<HostedZone>")[2], "Name")


def _zone(zone_id: str, name: str, record_sets: list[RecordSet]) -> Zone:
    fresh = new_zone(zone_id, name)
    sets = {one.key: one for one in record_sets}
    for key, made in fresh.record_sets.items():
        found = sets.get(key)
        junk = found is not None and not all(
            len(value.split()) == _SOA_FIELDS for value in found.values
        )
        if found is None or (key.type == "SOA" and junk):
            sets[key] = made
    return Zone(id=zone_id, name=fresh.name, record_sets=sets)


def _next_page(page: dict[str, Any]) -> str:
    if not page.get("IsTruncated") or "NextRecordName" not in page:
        return ""
    start = {"name": page["NextRecordName"]}
    if "NextRecordType" in page:
        start["type"] = page["NextRecordType"]
    if page.get("NextRecordIdentifier"):
        start["identifier"] = page["NextRecordIdentifier"]
    return f"?{urlencode(start)}"


def _change_batch_xml(changes: Sequence[Change]) -> bytes:
    lines = "".join(_xml("Change", render_change(change)) for change in changes)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<ChangeResourceRecordSetsRequest xmlns="{_NAMESPACE}"><ChangeBatch>'
        f"<Changes>{lines}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    ).encode()


def _xml(name: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = "".join(_xml(key, member) for key, member in value.items())
    elif isinstance(value, list):
        inner = "".join(_xml(name.removesuffix("s"), item) for item in value)
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
