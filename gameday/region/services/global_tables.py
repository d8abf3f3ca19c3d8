"""When does another region see what was written here?

Replication of one table in one direction: it reads the stream of the table in the
region where something was written and puts it into the table of the other region. A
region whose DynamoDB cannot be reached neither gives nor takes, and what was written
just before is late by as long as that lasts. Afterwards the backlog comes first.

The last writer wins, by the time in the item, so a replayed record and one that was
overtaken change nothing. Progress is the stream's own sequence number and is not kept:
a new start reads from the oldest record, and nothing is changed by that either. What
was replicated carries the region it comes from, as in AWS's first global tables, and
goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from gameday.aws.retries import error_code
from gameday.errors import Indeterminate

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock

__all__ = ["FROM_REGION", "KEY", "WRITTEN_AT", "Replication", "TableIn"]

KEY: Final = "name"
WRITTEN_AT: Final = "written_at_ms"
FROM_REGION: Final = "aws:rep:updateregion"
_RECORDS_MAX = 25
"""Records that one turn carries over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableIn:
    """One table in one region, as it is reached from here."""

    region: str
    dynamodb: Any
    streams: Any


class Replication:
    """Carries a table's changes from one region to another.

    Args:
        table: its name in both.
        source: where changes are read.
        target: where they are put.
        policy: how its calls are made.
        clock: of the host it runs on.
        tell: takes how long the newest of what a turn carried over was on its way.
    """

    def __init__(
        self,
        *,
        table: str,
        source: TableIn,
        target: TableIn,
        policy: CallPolicy,
        clock: Clock,
        tell: Callable[[int], None],
    ) -> None:
        self._table = table
        self._source = source
        self._target = target
        self._policy = policy
        self._clock = clock
        self._tell = tell
        # Of writes in one millisecond in both regions, the same wins in both.
        self._overtakes = "<=" if source.region > target.region else "<"
        self._iterator = ""
        self._last = ""

    def turn(self) -> bool:
        """Carry some changes over; return whether there may be more.

        Raises the botocore error, or Indeterminate, of the region that cannot be
        reached; the next turn goes on behind the last record that was carried over.
        """
        try:
            return self._carry()
        except (BotoCoreError, ClientError, Indeterminate):
            self._iterator = ""
            raise

    def _carry(self) -> bool:
        self._iterator = self._iterator or self._new_iterator()
        reply = self._policy.read(
            self._source.streams.get_records,
            ShardIterator=self._iterator,
            Limit=_RECORDS_MAX,
        )
        newest_ms = 0
        for record in reply["Records"]:
            change = record["dynamodb"]
            image = change.get("NewImage", {})
            if image and FROM_REGION not in image:
                self._put(image)
                newest_ms = max(newest_ms, int(image[WRITTEN_AT]["N"]))
            self._last = change["SequenceNumber"]
        self._iterator = reply.get("NextShardIterator", "")
        if newest_ms:
            self._tell(self._clock.now_ms() - newest_ms)
        return len(reply["Records"]) == _RECORDS_MAX

    def _put(self, image: dict[str, Any]) -> None:
        try:
            # Putting the same again changes nothing, so a lost reply is put again.
            self._policy.read(
                self._target.dynamodb.put_item,
                TableName=self._table,
                Item={**image, FROM_REGION: {"S": self._source.region}},
                ConditionExpression=(
                    f"attribute_not_exists(#name) OR #at {self._overtakes} :at "
                    "OR (#at = :at AND #from = :from)"
                ),
                ExpressionAttributeNames={
                    "#name": KEY,
                    "#at": WRITTEN_AT,
                    "#from": FROM_REGION,
                },
                ExpressionAttributeValues={
                    ":at": image[WRITTEN_AT],
                    ":from": {"S": self._source.region},
                },
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _new_iterator(self) -> str:
        described = self._policy.read(
            self._source.dynamodb.describe_table, TableName=self._table
        )
        stream = described["Table"]["LatestStreamArn"]
        shards = self._policy.read(
            self._source.streams.describe_stream, StreamArn=stream
        )["StreamDescription"]["Shards"]
        place = (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last}
            if self._last
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        reply = self._policy.read(
            self._source.streams.get_shard_iterator,
            StreamArn=stream,
            ShardId=shards[0]["ShardId"],
            **place,
        )
        return str(reply["ShardIterator"])
