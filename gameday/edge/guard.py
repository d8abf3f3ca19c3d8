"""Does the emulator keep AWS's contract, and who keeps it if it does not?

DynamoDB's part is `table_guard`'s; the rest of this module is about Route 53.

The guard stands in front of the emulator's Route 53. It judges every change
batch by the model before it forwards it, so a stale compare-and-swap is refused
whatever the emulator would have done; it answers GetChange by what the DNS edges
have, and listings by the zones it judged with.

How it works: writes to one hosted zone go one at a time, from the judgement to
the commit. Two batches judged against the same version would both be accepted,
and both writers would hold the lock: that is the order which must not happen.

The emulator stays the store that other tools look into; `reconciliation` brings
it to the state that the contract says.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from gameday.aws.route53_xml import (
    parse_change_batch_xml,
    render_change_info,
)
from gameday.clock import SystemClock, utc_now
from gameday.edge.emulator import NotSent, ReplyLost
from gameday.edge.emulator_zones import (
    EmulatorZones,
    differing_changes,
    zone_ids,
    zone_name,
)
from gameday.edge.error_reply import Reply
from gameday.edge.listings import Listings
from gameday.edge.missing_operations import OPERATIONS, MissingOperations
from gameday.edge.reconciliation import Reconciler
from gameday.edge.route53_replies import refusal_reply, xml_reply
from gameday.edge.table_guard import TableGuard
from gameday.model.zone import (
    Rejection,
    Zone,
    apply_batch,
    new_zone,
    parse_change_batch,
)
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gameday.edge.call import Call
    from gameday.edge.emulator import Emulator
    from gameday.edge.recorder import Recorder
    from gameday.edge.zones import ZoneLog, ZoneVersion

    Forward = Callable[[], Awaitable[Reply]]

__all__ = ["Guard"]

CHANGES_REMEMBERED_MAX = 100_000
_CHANGE_INFO = re.compile(rb"<ChangeInfo>.*?</ChangeInfo>", re.DOTALL)


class Guard:
    """Judges what is asked of Route 53 and of DynamoDB."""

    def __init__(
        self,
        *,
        zones: ZoneLog,
        emulator: Emulator,
        recorder: Recorder,
        change_status: Callable[[str], str | None],
        judging: bool = True,
    ) -> None:
        """Watch the zone log.

        Args:
            zones: where every accepted change is committed.
            emulator: what stands behind.
            recorder: is told of drift.
            change_status: "PENDING", "INSYNC" or None for an unknown change id.
            judging: False only follows what the emulator does.
        """
        self._zones = zones
        self._emulated = EmulatorZones(emulator)
        self._reconciler = Reconciler(
            zones=zones, emulated=self._emulated, recorder=recorder
        )
        self._change_status = change_status
        self._judging = judging
        self._clock = SystemClock()
        self._tables = TableGuard()
        self._listings = Listings()
        self._missing = MissingOperations(zones=zones, emulator=emulator)
        self._locks: dict[str, asyncio.Lock] = {}
        self._submitted: OrderedDict[str, str] = OrderedDict()
        self._verified: dict[str, int] = {}
        zones.subscribe(self._note_submission)

    @property
    def drift(self) -> list[dict[str, Any]]:
        """Where the emulator ended in another state than the contract says."""
        return self._reconciler.drift

    async def adopt_all(self) -> None:
        """Take up every zone that the emulator has already."""
        try:
            for zone_id in await self._emulated.all_ids():
                await self.ensure_zone(zone_id)
        except (NotSent, ReplyLost):
            # An emulator that is not there yet: zones are met one by one later.
            return

    async def ensure_zone(self, zone_id: str) -> Zone | None:
        """Return a zone, read from the emulator when it is met first.

        Raises:
            NotSent: the emulator cannot be reached.
            ReplyLost: it broke off.
        """
        zone = self._zones.get(zone_id)
        if zone is not None:
            return zone
        async with self._lock(zone_id):
            if self._zones.get(zone_id) is None:
                zone = await self._emulated.read(zone_id)
                if zone is not None:
                    self._zones.create(zone)
            return self._zones.get(zone_id)

    async def answer(  # noqa: PLR0911 - one return an operation
        self, call: Call, body: bytes, forward: Forward
    ) -> Reply:
        """Return the reply to a call of Route 53 or DynamoDB.

        Args:
            call: what is asked.
            body: the request's body.
            forward: sends the request to the emulator as it is.

        Raises:
            NotSent: the emulator cannot be reached; nothing changed.
            ReplyLost: it broke off; something may have changed.
        """
        match call.operation:
            case "ChangeResourceRecordSets":
                return await self._change(call, body, forward)
            case "CreateHostedZone":
                return await self._create(forward)
            case "DeleteHostedZone":
                return await self._delete(_zone_id(call.parameters), forward)
            case "GetChange" if self._judging:
                return self._get_change(str(call.parameters.get("Id", "")))
            case "ListResourceRecordSets" if self._judging:
                return await self._list(call.parameters, forward)
            case operation if operation in OPERATIONS and self._judging:
                return await self._missing.answer(call, forward)
            case _ if call.service == "dynamodb" and self._judging:
                return await self._tables.answer(call, forward)
            case _:
                return await forward()

    async def verify(self) -> None:
        """Compare every zone changed since the last time with the emulator's."""
        for zone in self._zones.zones():
            async with self._lock(zone.id):
                latest = self._zones.latest(zone.id)
                if latest and self._verified.get(zone.id) != latest.version:
                    await self._reconciler.verify(latest.zone)
                    self._verified[zone.id] = latest.version

    async def _change(self, call: Call, body: bytes, forward: Forward) -> Reply:
        zone_id = _zone_id(call.parameters)
        async with self._lock(zone_id):
            if self._reconciler.is_unsure(zone_id):
                await self._reconciler.make_sure(zone_id)
            zone = self._zones.get(zone_id)
            if zone is None:
                return await forward()
            if not self._judging:
                return await self._follow(zone, forward)
            try:
                batch = _batch(call, body)
                changes = parse_change_batch(batch)
            except ValueError as error:
                return refusal_reply("InvalidInput", str(error))
            after = apply_batch(zone, changes, other_zones=self._zones.by_id)
            if isinstance(after, Rejection):
                return refusal_reply(after.code, after.messages)
            refusal = await self._reconciler.carry_out(zone, after, forward)
            if refusal is not None:
                return refusal
            comment = batch["ChangeBatch"].get("Comment")
            return self._pending(self._zones.commit(after), comment)

    async def _follow(self, zone: Zone, forward: Forward) -> Reply:
        """Forward without judging, then take up what the emulator made of it."""
        reply = await forward()
        found = await self._emulated.read(zone.id)
        if found is not None and differing_changes(zone, found):
            self._zones.commit(found)
        return reply

    async def _create(self, forward: Forward) -> Reply:
        reply = await forward()
        text = reply.body.decode("utf-8", "replace")
        ids = zone_ids(text)
        if reply.status != 201 or not ids:
            return reply
        try:
            await self.ensure_zone(ids[0])
        except (NotSent, ReplyLost):
            self._zones.create(new_zone(ids[0], zone_name(text)))
        latest = self._zones.latest(ids[0])
        return self._with_change_id(reply, latest.change_id) if latest else reply

    async def _delete(self, zone_id: str, forward: Forward) -> Reply:
        async with self._lock(zone_id):
            reply = await forward()
            if reply.status != 200 or self._zones.get(zone_id) is None:
                return reply
            reply = self._with_change_id(reply, self._zones.remove(zone_id))
        self._locks.pop(zone_id, None)
        return reply

    def _get_change(self, given: str) -> Reply:
        change_id = given.rsplit("/", 1)[-1]
        submitted_at = self._submitted.get(change_id)
        if submitted_at is None:
            return refusal_reply(
                "NoSuchChange",
                "A change with the specified change ID does not exist.",
                status=404,
            )
        # What never went to the DNS edges (no edges, a zone removed) is in sync.
        status = self._change_status(change_id) or "INSYNC"
        return xml_reply(
            render_change_info(
                change_id, status, submitted_at, root="GetChangeResponse"
            )
        )

    async def _list(self, parameters: Mapping[str, Any], forward: Forward) -> Reply:
        zone_id = _zone_id(parameters)
        if self._reconciler.is_unsure(zone_id):
            async with self._lock(zone_id):
                await self._reconciler.make_sure(zone_id)
        zone = self._zones.get(zone_id)
        if zone is None:
            return await forward()
        return self._listings.reply(zone, parameters)

    def _pending(self, change_id: str, comment: str | None) -> Reply:
        submitted_at = self._submitted[change_id]
        return xml_reply(
            render_change_info(change_id, "PENDING", submitted_at, comment)
        )

    def _with_change_id(self, reply: Reply, change_id: str) -> Reply:
        """Put our change id where the emulator put one that means nothing."""
        if not self._judging:
            return reply
        own = render_change_info(change_id, "PENDING", self._submitted[change_id])
        info = _CHANGE_INFO.search(own)
        if info is None:
            return reply
        body = _CHANGE_INFO.sub(info.group().replace(b"\\", rb"\\"), reply.body)
        return Reply(status=reply.status, headers=reply.headers, body=body)

    def _note_submission(self, version: ZoneVersion) -> None:
        now = utc_now(self._clock).isoformat(timespec="milliseconds")
        self._submitted[version.change_id] = now.replace("+00:00", "Z")
        if len(self._submitted) > CHANGES_REMEMBERED_MAX:
            self._submitted.popitem(last=False)

    def _lock(self, zone_id: str) -> asyncio.Lock:
        lock = self._locks.get(zone_id)
        if lock is None:
            lock = self._locks[zone_id] = asyncio.Lock()
        return lock


def _batch(call: Call, body: bytes) -> Mapping[str, Any]:
    """Return the parameters with the batch, as they were read to name the call.

    A body that was not read then, or not to the end, is read here, for the reason.

    Raises:
        ValueError: it is not a change batch.
    """
    batch = call.parameters.get("ChangeBatch")
    if not call.problem and isinstance(batch, dict) and batch.get("Changes"):
        return call.parameters
    return parse_change_batch_xml(body)


def _zone_id(parameters: Mapping[str, Any]) -> str:
    return bare_zone_id(str(parameters.get("HostedZoneId") or parameters.get("Id", "")))
