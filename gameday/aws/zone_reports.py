"""Where do health checkers leave what they found?

One item a zone, written by the zone's checker after each round and read by everybody
else. An older report that arrives late is replaced in the next round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.zone_report import ZoneReport, parse_report

if TYPE_CHECKING:
    from gameday.aws.retries import CallPolicy

__all__ = ["ZONE_REPORTS_TABLE", "ZoneReports"]

ZONE_REPORTS_TABLE = "gameday-zone-reports"
"""Partition key `zone`; as many items as the region has zones."""


class ZoneReports:
    """The newest report of each zone."""

    def __init__(self, dynamodb: Any, policy: CallPolicy) -> None:
        self._dynamodb = dynamodb
        self._policy = policy

    def write(self, report: ZoneReport) -> None:
        """Leave a report; leaving it twice is the same as once.

        Raises Indeterminate when it may have been left: the next one settles it.
        """
        self._policy.write(
            self._dynamodb.put_item,
            TableName=ZONE_REPORTS_TABLE,
            Item={"zone": {"S": report.zone}, "document": {"S": report.render()}},
        )

    def all(self) -> dict[str, ZoneReport]:
        """Return the newest report of each zone that has one, by zone."""
        reply = self._policy.read(
            self._dynamodb.scan, TableName=ZONE_REPORTS_TABLE, ConsistentRead=True
        )
        reports = [parse_report(item["document"]["S"]) for item in reply["Items"]]
        return {report.zone: report for report in sorted(reports, key=_zone)}

    def of(self, zone: str) -> ZoneReport | None:
        """Return the newest report of one zone."""
        reply = self._policy.read(
            self._dynamodb.get_item,
            TableName=ZONE_REPORTS_TABLE,
            Key={"zone": {"S": zone}},
            ConsistentRead=True,
        )
        return parse_report(reply["Item"]["document"]["S"]) if "Item" in reply else None


def _zone(report: ZoneReport) -> str:
    return report.zone
