"""Which calls are measured?

Four that a control plane lives on. The two that write are compare-and-swaps
which go round in a circle: each expects what the one before left, and the last
leads back to the first. So a recorded circle can be played for ever, and a
refusal means that something was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raw_load import Request

CIRCLE = 8
"""Requests until a compare-and-swap is back where it began."""

OPERATIONS = ("GetItem", "PutItem", "ChangeRRSets", "ListRRSets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one client works on, and nobody else.

    Attributes:
        table: the table of its item.
        zone_id: the zone of its record.
        zone: that zone's name.
        client: names the item and the record.
    """

    table: str
    zone_id: str
    zone: str
    client: str

    def preparation(self) -> list[Request]:
        """Return the calls that the circles start from."""
        put = Request(service="dynamodb", method="put_item", parameters=self._put(0))
        create = {"Action": "CREATE", "ResourceRecordSet": self._set(0)}
        return [put, self._change(create)]

    def circle(self, operation: str) -> list[Request]:
        """Return the calls of one operation, to be made over and over."""
        return [self._call(operation, step) for step in range(CIRCLE)]

    def _call(self, operation: str, step: int) -> Request:
        following = (step + 1) % CIRCLE
        match operation:
            case "GetItem":
                key = {"k": {"S": f"item-{self.client}"}}
                return Request(
                    service="dynamodb",
                    method="get_item",
                    parameters={"TableName": self.table, "Key": key},
                )
            case "PutItem":
                condition = {
                    "ConditionExpression": "version = :seen",
                    "ExpressionAttributeValues": {":seen": {"N": str(step)}},
                }
                return Request(
                    service="dynamodb",
                    method="put_item",
                    parameters={**self._put(following), **condition},
                )
            case "ChangeRRSets":
                return self._change(
                    {"Action": "DELETE", "ResourceRecordSet": self._set(step)},
                    {"Action": "CREATE", "ResourceRecordSet": self._set(following)},
                )
            case _:
                return Request(
                    service="route53",
                    method="list_resource_record_sets",
                    parameters={"HostedZoneId": self.zone_id},
                )

    def _put(self, version: int) -> dict[str, Any]:
        item = {
            "k": {"S": f"item-{self.client}"},
            "version": {"N": str(version)},
            "holder": {"S": "enactor-az1"},
            "expires_ms": {"N": "1760918400000"},
        }
        return {"TableName": self.table, "Item": item}

    def _set(self, version: int) -> dict[str, Any]:
        return {
            "Name": f"lock-{self.client}.{self.zone}",
            "Type": "TXT",
            "TTL": 5,
            "ResourceRecords": [{"Value": f'"holder=enactor-az1 version={version}"'}],
        }

    def _change(self, *changes: dict[str, Any]) -> Request:
        batch = {"Changes": list(changes)}
        return Request(
            service="route53",
            method="change_resource_record_sets",
            parameters={"HostedZoneId": self.zone_id, "ChangeBatch": batch},
        )
