"""How does the emulator come to the state that the contract says?

A batch that the model accepted is forwarded as it came. Four things can happen:

* the emulator accepts it: done;
* it refuses it: it is sent the net change instead, a few times over if need be,
  which even an emulator that judges by a journal of the past can carry out;
* its reply is lost, or it fails with a 5xx: the zone is read back, and whatever
  it holds is the truth;
* it cannot even be read: the zone is *unsure*, and the next write reads it first.

Where the emulator ends in another state, that is *drift*: it is told in the
history and in the status, and no verdict may be given on such a run.

Every function here is called under the zone's lock.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gameday.edge.emulator import NotSent, ReplyLost
from gameday.edge.emulator_zones import EmulatorZones, differing_changes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameday.edge.error_reply import Reply
    from gameday.edge.recorder import Recorder
    from gameday.edge.zones import ZoneLog
    from gameday.model.zone import Zone

__all__ = ["DRIFTS_KEPT_MAX", "Reconciler"]

DRIFTS_KEPT_MAX = 100
NET_CHANGES_MAX = 3
_CHANGES_SHOWN_MAX = 20


class Reconciler:
    """Carries accepted batches out and knows where that failed."""

    def __init__(
        self, *, zones: ZoneLog, emulated: EmulatorZones, recorder: Recorder
    ) -> None:
        self._zones = zones
        self._emulated = emulated
        self._recorder = recorder
        self._unsure: set[str] = set()
        self.drift: list[dict[str, Any]] = []

    def is_unsure(self, zone_id: str) -> bool:
        """Whether the last write to a zone was never settled."""
        return zone_id in self._unsure

    async def carry_out(
        self, zone: Zone, after: Zone, forward: Callable[[], Awaitable[Reply]]
    ) -> Reply | None:
        """Bring the emulator to `after`; returns its refusal if it stays away.

        Args:
            zone: the zone before the batch.
            after: what the model makes of it.
            forward: sends the batch as it came.

        Raises:
            NotSent: the emulator cannot be reached; nothing changed.
            ReplyLost: it broke off; the zone log holds what it holds now.
        """
        try:
            reply = await forward()
        except ReplyLost:
            await self._settle(zone, after)
            raise
        if 200 <= reply.status < 300:
            return None
        if reply.status >= 500:
            await self._settle(zone, after)
            return reply
        try:
            reconciled = await self._reconcile(after, reply)
        except (NotSent, ReplyLost) as error:
            self._unsure.add(zone.id)
            raise ReplyLost(str(error)) from error
        return None if reconciled else reply

    async def _settle(self, zone: Zone, after: Zone) -> None:
        """Find out whether a batch whose reply was lost took effect."""
        try:
            found = await self._emulated.read(zone.id)
        except (NotSent, ReplyLost):
            self._unsure.add(zone.id)
            return
        if found is None or not differing_changes(found, zone):
            return
        if not differing_changes(found, after):
            self._zones.commit(after)
            return
        self._note_drift(zone, found, "after a lost reply")
        self._zones.commit(found)

    async def make_sure(self, zone_id: str) -> None:
        """Read a zone back whose last write was never settled."""
        if zone_id not in self._unsure:
            return
        zone, found = self._zones.get(zone_id), await self._emulated.read(zone_id)
        self._unsure.discard(zone_id)
        if zone is not None and found is not None and differing_changes(zone, found):
            self._zones.commit(found)

    async def _reconcile(self, after: Zone, refusal: Reply) -> bool:
        """Send the net change in place of a batch that the emulator refused."""
        found = await self._emulated.read(after.id)
        if found is not None:
            found = await self._bring(found, after)
        if found is None:
            return False
        if differing_changes(found, after):
            self._note_drift(after, found, f"it answered {_shown(refusal)}")
            before = self._zones.get(after.id)
            if before is not None and differing_changes(before, found):
                self._zones.commit(found)
            return False
        self._recorder.mark(
            "reconciled", {"zone": after.name, "emulator": _shown(refusal)}
        )
        return True

    async def _bring(self, found: Zone, zone: Zone) -> Zone | None:
        """Send net changes until the emulator has `zone`; return what it has then.

        One is not always enough: a moto that deletes a weighted set takes those
        of other names with it, also the ones that the same change puts there.
        """
        now: Zone | None = found
        for _ in range(NET_CHANGES_MAX):
            changes = differing_changes(now, zone) if now else ()
            if not changes:
                break
            await self._emulated.change(zone.id, changes)
            now = await self._emulated.read(zone.id)
        return now

    async def verify(self, zone: Zone) -> None:
        """Compare a zone with the emulator's, and mend the emulator's."""
        try:
            found = await self._emulated.read(zone.id)
            if found is None or not differing_changes(found, zone):
                return
            mended = await self._bring(found, zone)
        except (NotSent, ReplyLost):
            return
        if mended is None or differing_changes(mended, zone):
            self._note_drift(zone, found, "found when the zones were compared")
        else:
            why = "it accepted a batch and ended in another state"
            self._recorder.mark("reconciled", {"zone": zone.name, "emulator": why})

    def _note_drift(self, expected: Zone, found: Zone, why: str) -> None:
        changes = differing_changes(found, expected)
        fact = {
            "zone": expected.name,
            "why": why,
            "differing": [
                f"{change.action} {change.record_set.name} {change.record_set.type}"
                for change in changes[:_CHANGES_SHOWN_MAX]
            ],
        }
        op = self._recorder.mark("drift", fact)
        if len(self.drift) < DRIFTS_KEPT_MAX:
            self.drift.append({**fact, "index": op.index})


def _shown(reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace")
    code = re.search(r"<Code>([^<]*)</Code>", text)
    message = re.search(r"<Message>([^<]*)</Message>", text)
    parts = [str(reply.status)]
    parts += [found.group(1)[:200] for found in (code, message) if found]
    return " ".join(parts)
