"""How does a program read and change a hosted zone?

A thin translation between boto3's dictionaries and `model/zone.py`'s values.
A refused batch becomes BatchRejected, an unanswered one Indeterminate; in the
latter case the zone must be read again before anything is concluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code
from gameday.errors import BatchRejected, GamedayError
from gameday.model.enactment import EndpointView, observe
from gameday.model.zone import Action, Change
from gameday.model.zone_wire import parse_record_set, render_record_set

if TYPE_CHECKING:
    from gameday.model.enactment import Lock
    from gameday.model.plan import Generation
    from gameday.model.zone import RecordSet

__all__ = ["ZoneNotFound", "Zones"]

_PAGES_MAX = 100
_BATCH_CHANGES_MAX = 500
_KEPT_AT_THE_APEX = frozenset({"SOA", "NS"})
"""Route 53 deletes these with the zone and refuses to delete them before."""
_REFUSALS = frozenset({"InvalidChangeBatch", "InvalidInput"})


class ZoneNotFound(GamedayError):
    """There is no hosted zone for the endpoint."""


class Zones:
    """The hosted zones of a region's endpoints, one each."""

    def __init__(self, client: Any, policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy
        self._ids: dict[str, str] = {}

    def zone_id(self, endpoint: str) -> str:
        """Return the bare id of the endpoint's own zone; raises ZoneNotFound."""
        if endpoint not in self._ids:
            reply = self._policy.read(
                self._client.list_hosted_zones_by_name,
                DNSName=f"{endpoint}.",
                MaxItems="1",
            )
            zones = [z for z in reply["HostedZones"] if z["Name"] == f"{endpoint}."]
            if not zones:
                raise ZoneNotFound(f"no hosted zone is named {endpoint}.")
            self._ids[endpoint] = zones[0]["Id"].removeprefix("/hostedzone/")
        return self._ids[endpoint]

    def record_sets(self, endpoint: str) -> tuple[RecordSet, ...]:
        """Return every record set of the endpoint's zone, in Route 53's order."""
        found: list[RecordSet] = []
        start: dict[str, Any] = {}
        for _ in range(_PAGES_MAX):
            page = self._policy.read(
                self._client.list_resource_record_sets,
                HostedZoneId=self.zone_id(endpoint),
                **start,
            )
            found.extend(parse_record_set(r) for r in page["ResourceRecordSets"])
            if not page["IsTruncated"]:
                return tuple(found)
            start = {
                f"Start{part}": page[f"Next{part}"]
                for part in ("RecordName", "RecordType", "RecordIdentifier")
                if page.get(f"Next{part}")
            }
        raise GamedayError(f"{endpoint} has more than {_PAGES_MAX} pages of records")

    def observe(self, endpoint: str) -> EndpointView:
        """Return what one listing of the endpoint's zone shows."""
        return observe(endpoint, self.record_sets(endpoint))

    def active(self, endpoint: str) -> Generation:
        """Return the generation that the root points at, by one small read."""
        return self._one_record(endpoint, f"{endpoint}.", "A").active

    def lock(self, endpoint: str) -> Lock | None:
        """Return the endpoint's lock, None when it is free, by one small read."""
        return self._one_record(endpoint, f"lock.{endpoint}.", "TXT").lock

    def change(self, endpoint: str, changes: tuple[Change, ...]) -> str:
        """Apply the changes as one batch and return the change's id.

        Raises BatchRejected when Route 53 refuses it (nothing was applied) and
        Indeterminate when no usable reply came (it may have been applied).
        """
        batch = [
            {
                "Action": change.action.value,
                "ResourceRecordSet": render_record_set(change.record_set),
            }
            for change in changes
        ]
        try:
            reply = self._policy.write(
                self._client.change_resource_record_sets,
                HostedZoneId=self.zone_id(endpoint),
                ChangeBatch={"Changes": batch},
            )
        except ClientError as error:
            if error_code(error) in _REFUSALS:
                message = str(error.response["Error"].get("Message", ""))
                raise BatchRejected(error_code(error), (message,)) from error
            raise
        return str(reply["ChangeInfo"]["Id"])

    def _one_record(self, endpoint: str, name: str, kind: str) -> EndpointView:
        page = self._policy.read(
            self._client.list_resource_record_sets,
            HostedZoneId=self.zone_id(endpoint),
            StartRecordName=name,
            StartRecordType=kind,
            MaxItems="1",
        )
        found = map(parse_record_set, page["ResourceRecordSets"])
        return observe(endpoint, (r for r in found if (r.name, r.type) == (name, kind)))

    def remove(self, endpoint: str) -> None:
        """Delete every zone of the endpoint's name with all its records."""
        while True:
            self._ids.pop(endpoint, None)
            try:
                zone_id = self.zone_id(endpoint)
            except ZoneNotFound:
                return
            doomed = [
                Change(action=Action.DELETE, record_set=record_set)
                for record_set in self.record_sets(endpoint)
                if record_set.type not in _KEPT_AT_THE_APEX
            ]
            for start in range(0, len(doomed), _BATCH_CHANGES_MAX):
                self.change(endpoint, tuple(doomed[start : start + _BATCH_CHANGES_MAX]))
            self._policy.write(self._client.delete_hosted_zone, Id=zone_id)

    def create(self, endpoint: str, *, reference: str) -> str:
        """Create the endpoint's zone and return its bare id."""
        reply = self._policy.write(
            self._client.create_hosted_zone,
            Name=f"{endpoint}.",
            CallerReference=reference,
        )
        self._ids[endpoint] = reply["HostedZone"]["Id"].removeprefix("/hostedzone/")
        return self._ids[endpoint]
