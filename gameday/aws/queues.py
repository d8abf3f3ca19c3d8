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
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.aws.retries import CallPolicy

__all__ = ["BATCH_MAX", "Message", "MessageQueue"]

BATCH_MAX = 10
"""SQS takes, hands out and deletes no more messages in one call."""

_WAITING = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


class Received(Protocol):
    """What was received and can be deleted."""

    @property
    def receipt(self) -> str:
        """Return SQS's handle of this delivery."""
        ...


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
    """One queue.

    Args:
        sqs: the client of whoever sends or receives.
        policy: how its calls are made.
        name: of the queue.
        kept_s: its first user makes it, and it keeps messages so long; None when
            provisioning has made it, for it is one of the region's `queues:`.
        found_by: the client that finds or makes it, when it is not `sqs`.
    """

    def __init__(
        self,
        sqs: Any,
        policy: CallPolicy,
        *,
        name: str,
        kept_s: int | None = None,
        found_by: Any = None,
    ) -> None:
        self.name = name
        self._sqs = sqs
        self._policy = policy
        self._kept_s = kept_s
        self._finder = found_by or sqs
        self._found_url = ""

    def prepare(self) -> None:
        """Find or make the queue; doing it twice is the same as once."""
        self._url()

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

    def send_all(self, bodies: Sequence[str]) -> None:
        """Send messages of no group; Indeterminate when they may have been sent."""
        for start in range(0, len(bodies), BATCH_MAX):
            self._policy.write(
                self._sqs.send_message_batch,
                QueueUrl=self._url(),
                Entries=[
                    {"Id": str(number), "MessageBody": body}
                    for number, body in enumerate(bodies[start : start + BATCH_MAX])
                ],
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

    def delete(self, messages: Sequence[Received]) -> None:
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
        return self._counted(_WAITING, _IN_FLIGHT)

    def waiting(self) -> int:
        """Return about how many can be received now."""
        return self._counted(_WAITING)

    def _counted(self, *names: str) -> int:
        attributes = self._policy.read(
            self._sqs.get_queue_attributes,
            QueueUrl=self._url(),
            AttributeNames=list(names),
        )["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _url(self) -> str:
        if not self._found_url:
            self._found_url = str(self._found()["QueueUrl"])
        return self._found_url

    def _found(self) -> dict[str, Any]:
        if self._kept_s is None:
            return self._policy.read(self._finder.get_queue_url, QueueName=self.name)
        return self._policy.read(
            self._finder.create_queue,
            QueueName=self.name,
            Attributes={"MessageRetentionPeriod": str(self._kept_s)},
        )


def _message(given: dict[str, Any]) -> Message:
    attributes = given["Attributes"]
    return Message(
        body=given["Body"],
        receipt=given["ReceiptHandle"],
        sent_at_ms=int(attributes["SentTimestamp"]),
        receives=int(attributes["ApproximateReceiveCount"]),
    )
