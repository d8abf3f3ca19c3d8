"""How does a customer ask a service, and the service answer, through AWS alone?

A service has a queue of requests, each caller one of replies, and a request says where
its reply goes. So every request is seen, can be faulted, and waits where anybody can
count it. A caller's patience is its own: what is late is no service.

A request is taken off its queue before it is answered. A service that ends in between
leaves a caller without a reply, as a connection that breaks does; work that must not
be lost is taken with `keep` and given up only by `done`.

Polls are short: an emulator that takes one request at a time could serve nobody while
it waited for a message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock

__all__ = [
    "TAKEN_MAX",
    "Mailbox",
    "Request",
    "RequestQueue",
    "parse_request",
    "render_request",
]

TAKEN_MAX = 10
"""SQS hands out so many messages at a time."""

_RETENTION_S = 300
_VISIBILITY_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One message of a queue.

    Attributes:
        id: given by the caller; "" when nobody waits for a reply.
        reply_to: name of the queue that the reply goes to, "" for none.
        body: what is asked.
        receipt: SQS's handle of this delivery.
    """

    id: str
    reply_to: str
    body: Mapping[str, Any]
    receipt: str = ""


class RequestQueue:
    """One queue, as those see it who put in and those who take out."""

    def __init__(self, sqs: Any, policy: CallPolicy, *, name: str) -> None:
        self.name = name
        self._sqs = sqs
        self._policy = policy
        self._urls: dict[str, str] = {}

    def prepare(self) -> None:
        """Make the queue; making it twice is the same as once."""
        self._url(self.name)

    def pass_on(self, requests: Iterable[Request]) -> None:
        """Put in requests as they are; Indeterminate when they may be in."""
        waiting = list(requests)
        for start in range(0, len(waiting), TAKEN_MAX):
            self._send(self.name, waiting[start : start + TAKEN_MAX])

    def waiting(self) -> int:
        """Return how many requests wait, those excepted that somebody has taken."""
        reply = self._policy.read(
            self._sqs.get_queue_attributes,
            QueueUrl=self._url(self.name),
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(reply["Attributes"]["ApproximateNumberOfMessages"])

    def take(self, count: int = TAKEN_MAX) -> tuple[Request, ...]:
        """Take up to so many requests off the queue, for good."""
        taken = self.keep(count)
        self.done(taken)
        return taken

    def keep(self, count: int = TAKEN_MAX) -> tuple[Request, ...]:
        """Take up to so many; those that are not done come back after a while."""
        taken: list[Request] = []
        while len(taken) < count:
            reply = self._policy.read(
                self._sqs.receive_message,
                QueueUrl=self._url(self.name),
                MaxNumberOfMessages=min(TAKEN_MAX, count - len(taken)),
                VisibilityTimeout=_VISIBILITY_S,
            )
            found = reply.get("Messages", ())
            taken += [
                parse_request(each["Body"], receipt=each["ReceiptHandle"])
                for each in found
            ]
            if len(found) < TAKEN_MAX:
                break
        return tuple(taken)

    def done(self, requests: Sequence[Request]) -> None:
        """Take off for good what was kept; doing it twice is the same as once."""
        for start in range(0, len(requests), TAKEN_MAX):
            self._policy.write(
                self._sqs.delete_message_batch,
                QueueUrl=self._url(self.name),
                Entries=[
                    {"Id": str(place), "ReceiptHandle": request.receipt}
                    for place, request in enumerate(requests[start : start + TAKEN_MAX])
                ],
            )

    def answer(self, request: Request, *, refusal: str = "") -> None:
        """Tell who asked that it was done, or why not; nobody, where nobody waits."""
        if request.reply_to:
            reply = Request(id=request.id, reply_to="", body={"refusal": refusal})
            self._send(request.reply_to, [reply])

    def _send(self, queue: str, requests: Sequence[Request]) -> None:
        self._policy.write(
            self._sqs.send_message_batch,
            QueueUrl=self._url(queue),
            Entries=[
                {"Id": str(place), "MessageBody": render_request(request)}
                for place, request in enumerate(requests)
            ],
        )

    def _url(self, name: str) -> str:
        if name not in self._urls:
            reply = self._policy.write(
                self._sqs.create_queue,
                QueueName=name,
                Attributes={"MessageRetentionPeriod": str(_RETENTION_S)},
            )
            self._urls[name] = str(reply["QueueUrl"])
        return self._urls[name]


class Mailbox:
    """Where one caller's replies arrive.

    Args:
        sqs: the caller's client.
        policy: how its calls are made.
        clock: the caller's.
        name: of its queue; nobody else may have it.
        incarnation: tells replies to it from those to a caller before it.
        patience_ms: how long it waits for a reply.
        poll_ms: between two looks for it.
    """

    def __init__(
        self,
        sqs: Any,
        policy: CallPolicy,
        *,
        clock: Clock,
        name: str,
        incarnation: str,
        patience_ms: int,
        poll_ms: int,
    ) -> None:
        self._sqs = sqs
        self._policy = policy
        self._clock = clock
        self._replies = RequestQueue(sqs, policy, name=name)
        self._incarnation = incarnation
        self._patience_ms = patience_ms
        self._poll_ms = poll_ms
        self._targets: dict[str, RequestQueue] = {}
        self._asked = 0

    def ask(self, queue: str, body: Mapping[str, Any], *, service: str) -> None:
        """Put a request into a queue and wait for the reply.

        Raises ServiceUnavailable with the service's own reason, when it gave one, and
        when no reply came in time.
        """
        target = self._targets.setdefault(
            queue, RequestQueue(self._sqs, self._policy, name=queue)
        )
        self.ask_by(lambda request: target.pass_on([request]), body, service=service)

    def ask_by(
        self,
        send: Callable[[Request], None],
        body: Mapping[str, Any],
        *,
        service: str,
    ) -> None:
        """Do the same with a request that is sent in another way."""
        deadline_ms = self._now_ms() + self._patience_ms
        self._asked += 1
        request = Request(
            id=f"{self._incarnation}-{self._asked}",
            reply_to=self._replies.name,
            body=body,
        )
        try:
            self._replies.prepare()
            send(request)
            refusal = self._refusal(request.id, deadline_ms=deadline_ms)
        except (BotoCoreError, ClientError, Indeterminate) as error:
            raise ServiceUnavailable(service=service, why=str(error)) from error
        if refusal:
            raise ServiceUnavailable(service=service, why=refusal)

    def _refusal(self, wanted: str, *, deadline_ms: int) -> str:
        while True:
            for reply in self._replies.take():
                if reply.id == wanted:
                    return str(reply.body["refusal"])
            if self._now_ms() >= deadline_ms:
                return f"no reply within {self._patience_ms} ms"
            self._clock.sleep_ms(self._poll_ms)

    def _now_ms(self) -> int:
        return self._clock.monotonic_ns() // 1_000_000


def render_request(request: Request) -> str:
    """Return the text under which a request travels."""
    document = {
        "id": request.id,
        "reply_to": request.reply_to,
        "body": request.body,
    }
    return json.dumps(document, sort_keys=True)


def parse_request(text: str, *, receipt: str = "") -> Request:
    """Return the request that `render_request` wrote."""
    document = json.loads(text)
    return Request(
        id=document["id"],
        reply_to=document["reply_to"],
        body=document["body"],
        receipt=receipt,
    )
