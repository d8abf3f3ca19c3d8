"""How is a droplet's lease written so that two holders cannot both have it?

One DynamoDB item a droplet; every write is conditional on the version that was
read. A lost reply is settled by reading: if the item is exactly what was asked
for, the write took effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code
from gameday.errors import Indeterminate, LeaseLost
from gameday.model.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LEASES_TABLE", "LeaseTable"]

LEASES_TABLE = "gameday-leases"
_PAGES_MAX = 1000


class LeaseTable:
    """The leases on all droplets."""

    def __init__(self, client: Any, policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy

    def all(self) -> tuple[Lease, ...]:
        """Return every lease by one paged scan, sorted by droplet."""
        return tuple(sorted(self._scan(), key=lambda lease: lease.droplet))

    def read(self, droplet: str) -> Lease | None:
        """Return the droplet's lease, None when it has none."""
        reply = self._policy.read(
            self._client.get_item,
            TableName=LEASES_TABLE,
            Key={"droplet": {"S": droplet}},
            ConsistentRead=True,
        )
        item = reply.get("Item")
        return _parse(item) if item else None

    def write(self, lease: Lease) -> None:
        """Write the lease over its predecessor (version one less, or none).

        Raises LeaseLost when another holder wrote since, and the last botocore
        error when the table cannot be reached.
        """
        try:
            self._policy.write(
                self._client.put_item,
                TableName=LEASES_TABLE,
                Item={
                    "droplet": {"S": lease.droplet},
                    "holder": {"S": lease.holder},
                    "version": {"N": str(lease.version)},
                    "expires_at_ms": {"N": str(lease.expires_at_ms)},
                },
                ConditionExpression="attribute_not_exists(droplet) OR version = :seen",
                ExpressionAttributeValues={":seen": {"N": str(lease.version - 1)}},
            )
        except Indeterminate:
            if self.read(lease.droplet) != lease:
                raise
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                raise LeaseLost(droplet=lease.droplet) from error
            raise

    def _scan(self) -> Iterator[Lease]:
        start: dict[str, Any] = {}
        for _ in range(_PAGES_MAX):
            page = self._policy.read(
                self._client.scan, TableName=LEASES_TABLE, ConsistentRead=True, **start
            )
            yield from map(_parse, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _parse(item: dict[str, Any]) -> Lease:
    return Lease(
        droplet=item["droplet"]["S"],
        holder=item["holder"]["S"],
        version=int(item["version"]["N"]),
        expires_at_ms=int(item["expires_at_ms"]["N"]),
    )
