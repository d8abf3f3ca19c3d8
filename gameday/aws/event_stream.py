"""Which records of a Kinesis stream come next, and how far has a reader come?

The stream has one shard. How far a reader has come stands in a DynamoDB item, which is
written after the records were dealt with: a reader that ends in between reads them
again. A reader that starts later goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHECKPOINTS_TABLE", "EventStream", "Record"]

CHECKPOINTS_TABLE = "gameday-checkpoints"
_SHARD = "shardId-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record.

    Attributes:
        number: Kinesis's sequence number.
        data: what was put in.
    """

    number: str
    data: str


class EventStream:
    """One stream, as its producers and its one reader see it.

    Args:
        kinesis: the stream's client.
        checkpoints: DynamoDB's, where the reader notes how far it is.
        policy: how calls are made.
        name: of the stream.
    """

    def __init__(
        self, *, kinesis: Any, checkpoints: Any, policy: CallPolicy, name: str
    ) -> None:
        self._kinesis = kinesis
        self._checkpoints = checkpoints
        self._policy = policy
        self._name = name

    def prepare(self) -> None:
        """Make the stream; making it twice is the same as once."""
        try:
            self._policy.write(
                self._kinesis.create_stream, StreamName=self._name, ShardCount=1
            )
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":
                raise

    def put(self, texts: Sequence[str]) -> None:
        """Put records in; Indeterminate when they may be in."""
        if texts:
            self._policy.write(
                self._kinesis.put_records,
                StreamName=self._name,
                Records=[
                    {"Data": text.encode(), "PartitionKey": self._name}
                    for text in texts
                ],
            )

    def next(self, count: int) -> tuple[Record, ...]:
        """Return up to so many records after the place that was noted last."""
        noted = self._policy.read(
            self._checkpoints.get_item,
            TableName=CHECKPOINTS_TABLE,
            Key={"stream": {"S": self._name}},
            ConsistentRead=True,
        ).get("Item")
        after: dict[str, Any] = (
            {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": noted["number"]["S"],
            }
            if noted
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        iterator = self._policy.read(
            self._kinesis.get_shard_iterator,
            StreamName=self._name,
            ShardId=_SHARD,
            **after,
        )["ShardIterator"]
        reply = self._policy.read(
            self._kinesis.get_records, ShardIterator=iterator, Limit=count
        )
        return tuple(
            Record(number=each["SequenceNumber"], data=each["Data"].decode())
            for each in reply["Records"]
        )

    def note(self, record: Record) -> None:
        """Note that everything up to a record has been dealt with."""
        self._policy.write(
            self._checkpoints.put_item,
            TableName=CHECKPOINTS_TABLE,
            Item={"stream": {"S": self._name}, "number": {"S": record.number}},
        )
