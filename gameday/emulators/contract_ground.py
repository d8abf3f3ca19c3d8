"""Where is the contract tried out, and how is it cleaned up?

A hosted zone and a table of the test's own, under names nobody else uses, with
short ways to write into the zone and to see what it holds. A case that counts
pages or limits takes a zone of its own (`another_zone`).
"""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gameday.aws.route53_xml import parse_record_sets_xml, render_change_batch
from gameday.emulators.contract_case import QUICK
from gameday.errors import EmulatorUnavailable
from gameday.model.zone import Action, AliasTarget, Change, RecordSet, parse_record_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.clock import Clock
    from gameday.emulators.contract_case import Effort
    from gameday.emulators.plain_calls import PlainCalls, PlainReply

__all__ = [
    "NEW_ZONE_REQUEST",
    "ZONE_ID_PATTERN",
    "Ground",
    "item_key",
    "refusal",
    "told",
]

TABLE_WAIT_MAX_MS = 5_000
TABLE_POLL_MS = 20
CLEARING_ROUNDS_MAX = 20

NEW_ZONE_REQUEST = (
    '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    "<Name>{zone}</Name><CallerReference>{mark}</CallerReference>"
    "</CreateHostedZoneRequest>"
)
ZONE_ID_PATTERN = re.compile(r"<Id>/hostedzone/([^<]+)</Id>")

PARTITION_KEY_ONLY: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The hosted zone and the table that the cases are played in."""

    calls: PlainCalls
    clock: Clock
    zone_id: str
    zone: str
    table: str
    effort: Effort = QUICK

    @classmethod
    def prepare(
        cls, calls: PlainCalls, clock: Clock, *, effort: Effort = QUICK
    ) -> Ground:
        """Make the zone and the table; raises EmulatorUnavailable."""
        zone_id, zone = _make_zone(calls)
        table = f"gameday-contract-{uuid.uuid4().hex[:12]}"
        ground = cls(
            calls=calls,
            clock=clock,
            zone_id=zone_id,
            zone=zone,
            table=table,
            effort=effort,
        )
        try:
            ground.make_table(table, PARTITION_KEY_ONLY)
        except EmulatorUnavailable:
            ground.clear()
            raise
        return ground

    def make_table(self, table: str, description: dict[str, Any]) -> None:
        """Make a table and wait until it is there; raises EmulatorUnavailable."""
        reply = self.calls.dynamodb("CreateTable", {"TableName": table, **description})
        if not reply.ok:
            raise EmulatorUnavailable(f"CreateTable failed: {told(reply)}")
        for _ in range(TABLE_WAIT_MAX_MS // TABLE_POLL_MS):
            described = self.calls.dynamodb("DescribeTable", {"TableName": table})
            if described.parsed.get("Table", {}).get("TableStatus") == "ACTIVE":
                return
            self.clock.sleep_ms(TABLE_POLL_MS)
        raise EmulatorUnavailable(
            f"a new table is not ACTIVE after {TABLE_WAIT_MAX_MS} ms"
        )

    @contextmanager
    def another_table(self, description: dict[str, Any]) -> Iterator[str]:
        """Make a table for one case; yields its name."""
        table = f"{self.table}-{uuid.uuid4().hex[:6]}"
        self.make_table(table, description)
        try:
            yield table
        finally:
            self.calls.dynamodb("DeleteTable", {"TableName": table})

    @contextmanager
    def another_zone(self) -> Iterator[Ground]:
        """Make a hosted zone for one case; yields the ground with it."""
        zone_id, zone = _make_zone(self.calls)
        ground = replace(self, zone_id=zone_id, zone=zone)
        try:
            yield ground
        finally:
            ground.clear_zone()

    def clear(self) -> None:
        """Remove what `prepare` and the cases made; refusals are ignored."""
        self.clear_zone()
        self.calls.dynamodb("DeleteTable", {"TableName": self.table})

    def clear_zone(self) -> None:
        """Remove the zone; refusals are ignored."""
        for _ in range(CLEARING_ROUNDS_MAX):
            left = [each for each in self.listed() if each.type not in ("SOA", "NS")]
            if not left:
                break
            if self.change(*((Action.DELETE, each) for each in left)).ok:
                continue
            # One at a time: an emulator with gaps may refuse one of them.
            if not sum(self.change((Action.DELETE, each)).ok for each in left):
                break
        self.calls.route53("DELETE", f"/hostedzone/{self.zone_id}")

    def change(self, *lines: tuple[Action, RecordSet]) -> PlainReply:
        """Submit one change batch."""
        return self.change_by(self.calls, *lines)

    def change_by(
        self, calls: PlainCalls, *lines: tuple[Action, RecordSet]
    ) -> PlainReply:
        """Submit one change batch over a given connection."""
        changes = tuple(
            Change(action=action, record_set=record_set) for action, record_set in lines
        )
        path = f"/hostedzone/{self.zone_id}/rrset/"
        return calls.route53("POST", path, render_change_batch(changes))

    def page(self, **query: str) -> dict[str, Any]:
        """Return one page of the listing as it comes; raises ValueError."""
        path = f"/hostedzone/{self.zone_id}/rrset"
        return parse_record_sets_xml(self.calls.route53("GET", path, query=query).body)

    def listed(self) -> tuple[RecordSet, ...]:
        """Return what the emulator lists; nothing when it lists nonsense."""
        try:
            shapes = self.page()["ResourceRecordSets"]
        except ValueError:
            return ()
        return tuple(parse_record_set(shape) for shape in shapes)

    def sets(self, name: str) -> list[RecordSet]:
        """Return every set at `name`, which is below the zone."""
        return [each for each in self.listed() if each.name == self.below(name)]

    def values(self, name: str) -> list[tuple[str, ...]]:
        """Return the values of every set at `name`, which is below the zone."""
        return [each.values for each in self.sets(name)]

    def below(self, name: str) -> str:
        """Return a name in the zone."""
        return f"{name}.{self.zone}"

    def text(self, name: str, value: str, *, ttl_s: int = 1) -> RecordSet:
        """Return a TXT set with one value."""
        return RecordSet(
            name=self.below(name), type="TXT", ttl_s=ttl_s, values=(f'"{value}"',)
        )

    def address(self, name: str, *values: str) -> RecordSet:
        """Return an A set; its value is 127.0.0.1 unless given."""
        return RecordSet(
            name=self.below(name), type="A", ttl_s=1, values=values or ("127.0.0.1",)
        )

    def weighted(self, name: str, identifier: str, *, weight: int = 1) -> RecordSet:
        """Return one A set of a weighted group."""
        return replace(self.address(name), set_identifier=identifier, weight=weight)

    def alias(self, name: str, target: str) -> RecordSet:
        """Return an A alias to another name of the zone."""
        return RecordSet(
            name=self.below(name),
            type="A",
            alias=AliasTarget(zone_id=self.zone_id, name=self.below(target)),
        )

    def count_of(self, pk: str) -> str:
        """Return the attribute `n` of an item, "" when there is none."""
        number: str = self.item(pk).get("n", {}).get("N", "")
        return number

    def item(self, pk: str) -> dict[str, Any]:
        """Return an item, empty when there is none."""
        reply = self.calls.dynamodb(
            "GetItem",
            {"TableName": self.table, "Key": item_key(pk), "ConsistentRead": True},
        )
        item: dict[str, Any] = reply.parsed.get("Item") or {}
        return item


def item_key(pk: str) -> dict[str, Any]:
    """Return the key of an item."""
    return {"pk": {"S": pk}}


def told(reply: PlainReply) -> str:
    """Say what the emulator answered, briefly."""
    text = " ".join(reply.body.decode(errors="replace").split())
    return f"it answered {reply.status}: {text[:300]}"


def refusal(reply: PlainReply, code: str = "InvalidChangeBatch") -> str:
    """Return "" for a refusal that names `code`, else what came in its place."""
    return "" if reply.says(code) else told(reply)


def _make_zone(calls: PlainCalls) -> tuple[str, str]:
    mark = uuid.uuid4().hex[:12]
    zone = f"contract-{mark}.gameday.test."
    body = NEW_ZONE_REQUEST.format(zone=zone, mark=mark).encode()
    reply = calls.route53("POST", "/hostedzone", body)
    zone_id = ZONE_ID_PATTERN.search(reply.body.decode(errors="replace"))
    if not reply.ok or zone_id is None:
        raise EmulatorUnavailable(f"CreateHostedZone failed: {told(reply)}")
    return zone_id.group(1), zone
