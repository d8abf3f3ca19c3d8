"""How do programs hand each other work through SQS, and what may they rely on?

At least once: a message that was received is hidden for the queue's visibility
timeout, and comes again unless it is deleted by then. A consumer that dies loses
nothing, and everything it does must be harmless a second time. So must everything that
a late one does: by then another may have the message.

In a queue whose name ends in ".fifo" the messages of a group come in the order in
which they were sent, none while an earlier one is in flight, and one that is sent again
with the same key within five minutes is dropped. Others promise no order.

The dangerous ordering: send, lose the reply, send again. Without a key that is two
messages, so a send whose outcome is not known is Indeterminate; with one, send again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.aws.retries import CallPolicy

__all__ = ["BATCH_MAX", "Message", "MessageQueue"]

BATCH_MAX = 10
"""SQS hands out and deletes no more messages in one call."""

_DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that was received.

    Attributes:
        body: what was sent.
        receipt: deletes it, until it is received again.
        sent_at_ms: by the queue's clock, since the Unix epoch.
        receives: how often it was handed out, this time included.
    """

    body: str
    receipt: str
    sent_at_ms: int
    receives: int


class MessageQueue:
    """One queue, which provisioning has made.

    Args:
        sqs: the client of whoever sends or receives.
        policy: how its calls are made.
        name: as in the region's `queues:`.
    """

    def __init__(self, sqs: Any, policy: CallPolicy, *, name: str) -> None:
        self._sqs = sqs
        self._policy = policy
        self._name = name
        self._found_url = ""

    def send(self, body: str, *, group: str = "", key: str = "") -> None:
        """Send one message.

        Args:
            body: at most the queue's limit, 256 KiB unless it is lower.
            group: whose order is kept; for a queue ending in ".fifo", and only there.
            key: names the message, so that it can be sent again; there as well.

        Raises Indeterminate when it may have been sent, else the botocore error.
        """
        ordered = {"MessageGroupId": group, "MessageDeduplicationId": key}
        self._policy.write(
            self._sqs.send_message,
            QueueUrl=self._url(),
            MessageBody=body,
            **{name: value for name, value in ordered.items() if value},
        )

    def receive(self, *, at_most: int = BATCH_MAX) -> tuple[Message, ...]:
        """Return messages that are now hidden from others; none when none is there.

        When the reply is lost, what was in it comes again after the visibility
        timeout. It never waits for a message: long polls would hold up everybody on an
        emulator that answers one call at a time.
        """
        reply = self._policy.read(
            self._sqs.receive_message,
            QueueUrl=self._url(),
            MaxNumberOfMessages=at_most,
            WaitTimeSeconds=0,
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        return tuple(map(_message, reply.get("Messages", ())))

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages for good; deleting one twice is the same as once.

        One that was handed out again meanwhile may not be deleted, and comes again.
        """
        for start in range(0, len(messages), BATCH_MAX):
            batch = messages[start : start + BATCH_MAX]
            self._policy.read(
                self._sqs.delete_message_batch,
                QueueUrl=self._url(),
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message.receipt}
                    for number, message in enumerate(batch)
                ],
            )

    def depth(self) -> int:
        """Return about how many messages there are, those in flight included."""
        attributes = self._policy.read(
            self._sqs.get_queue_attributes,
            QueueUrl=self._url(),
            AttributeNames=list(_DEPTHS),
        )["Attributes"]
        return sum(int(attributes[name]) for name in _DEPTHS)

    def _url(self) -> str:
        if not self._found_url:
            reply = self._policy.read(self._sqs.get_queue_url, QueueName=self._name)
            self._found_url = str(reply["QueueUrl"])
        return self._found_url


def _message(given: dict[str, Any]) -> Message:
    attributes = given["Attributes"]
    return Message(
        body=given["Body"],
        receipt=given["ReceiptHandle"],
        sent_at_ms=int(attributes["SentTimestamp"]),
        receives=int(attributes["ApproximateReceiveCount"]),
    )
