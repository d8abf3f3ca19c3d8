"""Where is the contract tried out, and how is it cleaned up?

A hosted zone and a table of the test's own, under names nobody else uses, with
short ways to write into them and to see what they hold.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.aws.route53_xml import parse_record_sets_xml, render_change_batch
from gameday.errors import EmulatorUnavailable
from gameday.model.zone import Action, Change, RecordSet, parse_record_set

if TYPE_CHECKING:
    from gameday.clock import Clock
    from gameday.emulators.plain_calls import PlainCalls, PlainReply

__all__ = ["NEW_ZONE_REQUEST", "ZONE_ID_PATTERN", "Ground", "item_key", "told"]

TABLE_WAIT_MAX_MS = 5_000
TABLE_POLL_MS = 20

NEW_ZONE_REQUEST = (
    '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    "<Name>{zone}</Name><CallerReference>{mark}</CallerReference>"
    "</CreateHostedZoneRequest>"
)
ZONE_ID_PATTERN = re.compile(r"<Id>/hostedzone/([^<]+)</Id>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The hosted zone and the table that the cases are played in."""

    calls: PlainCalls
    zone_id: str
    zone: str
    table: str

    @classmethod
    def prepare(cls, calls: PlainCalls, clock: Clock) -> Ground:
        """Make the zone and the table; raises EmulatorUnavailable."""
        mark = uuid.uuid4().hex[:12]
        zone = f"contract-{mark}.gameday.test."
        reply = calls.route53(
            "POST",
            "/hostedzone",
            NEW_ZONE_REQUEST.format(zone=zone, mark=mark).encode(),
        )
        zone_id = ZONE_ID_PATTERN.search(reply.body.decode(errors="replace"))
        if not reply.ok or zone_id is None:
            raise EmulatorUnavailable(f"CreateHostedZone failed: {told(reply)}")
        table = f"gameday-contract-{mark}"
        ground = cls(calls=calls, zone_id=zone_id.group(1), zone=zone, table=table)
        try:
            ground._make_table(clock)
        except EmulatorUnavailable:
            ground.clear()
            raise
        return ground

    def _make_table(self, clock: Clock) -> None:
        reply = self.calls.dynamodb(
            "CreateTable",
            {
                "TableName": self.table,
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        if not reply.ok:
            raise EmulatorUnavailable(f"CreateTable failed: {told(reply)}")
        for _ in range(TABLE_WAIT_MAX_MS // TABLE_POLL_MS):
            described = self.calls.dynamodb("DescribeTable", {"TableName": self.table})
            if described.parsed.get("Table", {}).get("TableStatus") == "ACTIVE":
                return
            clock.sleep_ms(TABLE_POLL_MS)
        raise EmulatorUnavailable(
            f"a new table is not ACTIVE after {TABLE_WAIT_MAX_MS} ms"
        )

    def clear(self) -> None:
        """Remove what `prepare` and the cases made; refusals are ignored."""
        left = [each for each in self.listed() if each.type not in ("SOA", "NS")]
        # One at a time: an emulator with gaps may refuse one of them.
        for record_set in left:
            self.change((Action.DELETE, record_set))
        self.calls.route53("DELETE", f"/hostedzone/{self.zone_id}")
        self.calls.dynamodb("DeleteTable", {"TableName": self.table})

    def change(self, *lines: tuple[Action, RecordSet]) -> PlainReply:
        """Submit one change batch."""
        changes = tuple(
            Change(action=action, record_set=record_set) for action, record_set in lines
        )
        path = f"/hostedzone/{self.zone_id}/rrset/"
        return self.calls.route53("POST", path, render_change_batch(changes))

    def listed(self) -> tuple[RecordSet, ...]:
        """Return what the emulator lists; nothing when it lists nonsense."""
        reply = self.calls.route53("GET", f"/hostedzone/{self.zone_id}/rrset")
        try:
            shapes = parse_record_sets_xml(reply.body)["ResourceRecordSets"]
        except ValueError:
            return ()
        return tuple(parse_record_set(shape) for shape in shapes)

    def values(self, name: str) -> list[tuple[str, ...]]:
        """Return the values of every set at `name`, which is below the zone."""
        return [each.values for each in self.listed() if each.name == self.below(name)]

    def below(self, name: str) -> str:
        """Return a name in the zone."""
        return f"{name}.{self.zone}"

    def text(self, name: str, value: str) -> RecordSet:
        """Return a TXT set with one value."""
        return RecordSet(
            name=self.below(name), type="TXT", ttl_s=1, values=(f'"{value}"',)
        )

    def weighted(self, name: str, identifier: str) -> RecordSet:
        """Return one A set of a weighted group."""
        return RecordSet(
            name=self.below(name),
            type="A",
            ttl_s=1,
            values=("127.0.0.1",),
            set_identifier=identifier,
            weight=1,
        )

    def count_of(self, pk: str) -> str:
        """Return the attribute `n` of an item, "" when there is none."""
        reply = self.calls.dynamodb(
            "GetItem",
            {"TableName": self.table, "Key": item_key(pk), "ConsistentRead": True},
        )
        number: str = reply.parsed.get("Item", {}).get("n", {}).get("N", "")
        return number


def item_key(pk: str) -> dict[str, Any]:
    """Return the key of an item."""
    return {"pk": {"S": pk}}


def told(reply: PlainReply) -> str:
    """Say what the emulator answered, briefly."""
    text = " ".join(reply.body.decode(errors="replace").split())
    return f"it answered {reply.status}: {text[:300]}"
