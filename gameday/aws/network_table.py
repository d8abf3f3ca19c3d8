"""What was the network told of each instance, and how far has propagation come?

One row an instance and one number: the version up to which every change is
acknowledged. The network manager tells and acknowledges, the network confirms, anybody
reads. `has_network` is what a load balancer asks before it sends anybody there.

Every write has a condition, so a second manager, or one that went on after it was
replaced, can neither move the number twice nor take back what is newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code
from gameday.model.network_change import (
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    InstanceNetwork,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.network_change import NetworkChange

__all__ = ["NetworkTable"]

_PROPAGATED = {"name": {"S": "propagated"}}
_PAGES_MAX = 1000


class NetworkTable:
    """The network of the region's instances, as far as anybody was told."""

    def __init__(self, dynamodb: Any, policy: CallPolicy) -> None:
        self._dynamodb = dynamodb
        self._policy = policy

    def propagated(self) -> int:
        """Return the version up to which all is acknowledged, 0 at first."""
        reply = self._policy.read(
            self._dynamodb.get_item,
            TableName=NETWORK_TABLE,
            Key=_PROPAGATED,
            ConsistentRead=True,
        )
        return int(reply.get("Item", {}).get("version", {}).get("N", 0))

    def instance(self, instance: str) -> InstanceNetwork | None:
        """Return what was told of one instance, None when nothing was."""
        reply = self._policy.read(
            self._dynamodb.get_item,
            TableName=INSTANCE_NETWORK_TABLE,
            Key={"instance": {"S": instance}},
            ConsistentRead=True,
        )
        return _parse(reply["Item"]) if "Item" in reply else None

    def instances(self) -> tuple[InstanceNetwork, ...]:
        """Return every row, in the order of the versions."""
        return tuple(sorted(self._scan(), key=lambda row: row.version))

    def with_network(self) -> dict[str, InstanceNetwork]:
        """Return the instances that can be reached, by id, the newest last.

        The number is read first, so that none is believed reachable too early.
        """
        propagated = self.propagated()
        return {
            row.instance: row for row in self.instances() if row.has_network(propagated)
        }

    def tell(self, change: NetworkChange, *, version: int) -> None:
        """Write the change into its instance's row; a newer one stays as it is."""
        self._unless_refused(
            self._dynamodb.put_item,
            TableName=INSTANCE_NETWORK_TABLE,
            Item={
                "instance": {"S": change.instance},
                "droplet": {"S": change.droplet},
                "kind": {"S": change.kind},
                "version": {"N": str(version)},
                "confirmed": {"BOOL": False},
            },
            ConditionExpression="attribute_not_exists(instance) OR version < :told",
            ExpressionAttributeValues={":told": {"N": str(version)}},
        )

    def confirm(self, row: InstanceNetwork) -> None:
        """Say that the network has done what the row tells, unless it tells more."""
        self._unless_refused(
            self._dynamodb.update_item,
            TableName=INSTANCE_NETWORK_TABLE,
            Key={"instance": {"S": row.instance}},
            UpdateExpression="SET confirmed = :yes",
            ConditionExpression="version = :done",
            ExpressionAttributeValues={
                ":yes": {"BOOL": True},
                ":done": {"N": str(row.version)},
            },
        )

    def acknowledge(self, version: int) -> bool:
        """Move the number to `version`; return whether it was one less before."""
        return self._unless_refused(
            self._dynamodb.update_item,
            TableName=NETWORK_TABLE,
            Key=_PROPAGATED,
            UpdateExpression="SET version = :next",
            ConditionExpression="version = :before"
            if version > 1
            else "attribute_not_exists(version)",
            ExpressionAttributeValues={":next": {"N": str(version)}}
            | ({":before": {"N": str(version - 1)}} if version > 1 else {}),
        )

    def forget(self, instance: str) -> None:
        """Delete the row of an instance that is gone; twice is the same as once."""
        self._policy.write(
            self._dynamodb.delete_item,
            TableName=INSTANCE_NETWORK_TABLE,
            Key={"instance": {"S": instance}},
        )

    def _unless_refused(self, call: Any, **arguments: Any) -> bool:
        try:
            self._policy.write(call, **arguments)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _scan(self) -> Iterator[InstanceNetwork]:
        start: dict[str, Any] = {}
        for _ in range(_PAGES_MAX):
            page = self._policy.read(
                self._dynamodb.scan,
                TableName=INSTANCE_NETWORK_TABLE,
                ConsistentRead=True,
                **start,
            )
            yield from map(_parse, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _parse(item: dict[str, Any]) -> InstanceNetwork:
    return InstanceNetwork(
        instance=item["instance"]["S"],
        droplet=item["droplet"]["S"],
        version=int(item["version"]["N"]),
        kind=ChangeKind(item["kind"]["S"]),
        is_confirmed=item["confirmed"]["BOOL"],
    )
