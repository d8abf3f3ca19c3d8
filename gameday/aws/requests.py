"""How does a request reach a service of the region, and the reply whoever asked?

No emulator has services that fail with what they need, so the region's own programs
serve, and requests travel by SQS: a service has a queue of requests, each caller one of
replies, and a request says where its reply goes. So every request is a call that can be
seen, faulted, delayed or lost, and waits where anybody can count it.

A request says until when its caller waits. Whether what is late is served all the same
is for the service to decide: a sign-in for somebody who is gone helps nobody, an order
is an order.

A request is taken off its queue before it is answered. A service that ends in between
leaves a caller without a reply, as a connection that breaks does; work that must not
be lost is taken with `keep` and given up only by `done`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gameday.aws.queues import BATCH_MAX, MessageQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gameday.aws.retries import CallPolicy

__all__ = [
    "KEPT_S",
    "Reply",
    "Request",
    "RequestQueue",
    "parse_reply",
    "parse_request",
    "render_reply",
    "render_request",
]

KEPT_S = 300
"""How long a request or a reply that nobody takes is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks.

    Attributes:
        id: given by the caller; "" when nobody waits for a reply.
        reply_to: name of the queue that the reply goes to, "" for none.
        body: the question.
        until_ms: when the caller gives up, by the caller's wall clock; None for never.
        receipt: SQS's handle of this delivery.
    """

    id: str
    reply_to: str
    body: Mapping[str, Any]
    until_ms: int | None = None
    receipt: str = ""

    def is_awaited(self, *, now_ms: int) -> bool:
        """Answer whether its caller has not given up yet."""
        return self.until_ms is None or now_ms < self.until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a service says to a request.

    Attributes:
        id: of the request.
        body: the answer.
        refusal: why there is none, "" when there is.
    """

    id: str
    body: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""


class RequestQueue:
    """The requests of one service, as those see it who ask and those who serve.

    Args:
        sqs: the client of whoever asks or serves.
        policy: how its calls are made.
        name: of the queue, which its first user makes.
        found_by: as of a `MessageQueue`.
    """

    def __init__(
        self, sqs: Any, policy: CallPolicy, *, name: str, found_by: Any = None
    ) -> None:
        self._sqs = sqs
        self._policy = policy
        self._requests = MessageQueue(
            sqs, policy, name=name, kept_s=KEPT_S, found_by=found_by
        )
        self._replies: dict[str, MessageQueue] = {}

    def prepare(self) -> None:
        """Make the queue; making it twice is the same as once."""
        self._requests.prepare()

    def put(self, request: Request) -> None:
        """Put in a request; Indeterminate when it may be in."""
        self._requests.send(render_request(request))

    def pass_on(self, requests: Iterable[Request]) -> None:
        """Put in requests as they are; Indeterminate when they may be in."""
        self._requests.send_all([render_request(each) for each in requests])

    def waiting(self) -> int:
        """Return how many requests wait, those excepted that somebody has taken."""
        return self._requests.waiting()

    def take(self, count: int = BATCH_MAX) -> tuple[Request, ...]:
        """Take up to so many requests off the queue, for good."""
        taken = self.keep(count)
        self.done(taken)
        return taken

    def keep(self, count: int = BATCH_MAX) -> tuple[Request, ...]:
        """Take up to so many; those that are not done come back after a while."""
        taken: list[Request] = []
        while len(taken) < count:
            found = self._requests.receive(at_most=min(BATCH_MAX, count - len(taken)))
            taken += [parse_request(each.body, receipt=each.receipt) for each in found]
            if len(found) < BATCH_MAX:
                break
        return tuple(taken)

    def done(self, requests: Sequence[Request]) -> None:
        """Take off for good what was kept; doing it twice is the same as once."""
        self._requests.delete(requests)

    def answer(
        self,
        request: Request,
        body: Mapping[str, Any] | None = None,
        *,
        refusal: str = "",
    ) -> None:
        """Tell who asked the answer, or why there is none; nobody, where nobody waits.

        Args:
            request: that is answered.
            body: the answer, which must be JSON; None for "it was done".
            refusal: why it is not served, "" when it is.
        """
        if not request.reply_to:
            return
        if request.reply_to not in self._replies:
            self._replies[request.reply_to] = MessageQueue(
                self._sqs, self._policy, name=request.reply_to, kept_s=KEPT_S
            )
        reply = Reply(id=request.id, body=body or {}, refusal=refusal)
        self._replies[request.reply_to].send(render_reply(reply))


def render_request(request: Request) -> str:
    """Return the text under which a request travels."""
    document = {
        "id": request.id,
        "reply_to": request.reply_to,
        "body": dict(request.body),
        "until_ms": request.until_ms,
    }
    return json.dumps(document, sort_keys=True)


def parse_request(text: str, *, receipt: str = "") -> Request:
    """Return the request that `render_request` wrote."""
    return Request(**json.loads(text), receipt=receipt)


def render_reply(reply: Reply) -> str:
    """Return the text under which a reply travels."""
    document = {"id": reply.id, "body": dict(reply.body), "refusal": reply.refusal}
    return json.dumps(document, sort_keys=True)


def parse_reply(text: str) -> Reply:
    """Return the reply that `render_reply` wrote."""
    return Reply(**json.loads(text))
