"""How does a caller ask a service of the region, and how long does it wait?

It puts a request in and looks for the reply again and again; the look that finds its
patience over is the last, and what comes later is no service. Late replies to what was
given up are thrown away by the next look.

Its patience is measured by the clock that nobody sets; until when it waits is told to
the service by the one on the wall, the only one that two hosts can compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.aws.queues import MessageQueue
from gameday.aws.requests import KEPT_S, Reply, Request, parse_reply
from gameday.clock import monotonic_ms
from gameday.errors import Indeterminate, LaunchRefused, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock

__all__ = ["NOT_SERVED", "ServiceClient"]

NOT_SERVED = (
    BotoCoreError,
    ClientError,
    Indeterminate,
    LaunchRefused,
    ServiceUnavailable,
)
"""What keeps somebody from being served: AWS, EC2's launches or another service."""


class ServiceClient:
    """One caller's way to one service.

    Args:
        sqs: by which its replies come.
        policy: how its calls are made.
        replies: name of the queue that they come to; nobody else may have it.
        service: who is asked.
        send: puts a request where the service takes it.
        clock: the caller's.
        patience_ms: how long it waits for a reply.
        poll_ms: between two looks for it.
        reach: gets through to the service before it is asked; ServiceUnavailable when
            what is in between lets nobody through.
    """

    def __init__(
        self,
        sqs: Any,
        policy: CallPolicy,
        *,
        replies: str,
        service: str,
        send: Callable[[Request], None],
        clock: Clock,
        patience_ms: int,
        poll_ms: int,
        reach: Callable[[], None] = lambda: None,
    ) -> None:
        self._replies = MessageQueue(sqs, policy, name=replies, kept_s=KEPT_S)
        self._service = service
        self._send = send
        self._clock = clock
        self._patience_ms = patience_ms
        self._poll_ms = poll_ms
        self._reach = reach
        self._asked = 0

    def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, wait, and return the answer.

        Raises ServiceUnavailable with the service's own reason, when it gave one, and
        when no reply came in time.
        """
        self._reach()
        try:
            reply = self._reply(body)
        except (BotoCoreError, ClientError, Indeterminate) as error:
            raise ServiceUnavailable(service=self._service, why=str(error)) from error
        if reply is None:
            why = f"no reply within {self._patience_ms} ms"
            raise ServiceUnavailable(service=self._service, why=why)
        if reply.refusal:
            raise ServiceUnavailable(service=self._service, why=reply.refusal)
        return dict(reply.body)

    def _reply(self, body: Mapping[str, Any]) -> Reply | None:
        deadline_ms = monotonic_ms(self._clock) + self._patience_ms
        until_ms = self._clock.now_ms() + self._patience_ms
        self._asked += 1
        request = Request(
            # Unlike those of an earlier life of this caller, which counted from 1 too.
            id=f"{self._replies.name}-{until_ms}-{self._asked}",
            reply_to=self._replies.name,
            body=body,
            until_ms=until_ms,
        )
        self._replies.prepare()
        self._send(request)
        while True:
            for reply in self._take():
                if reply.id == request.id:
                    return reply
            if monotonic_ms(self._clock) >= deadline_ms:
                return None
            self._clock.sleep_ms(self._poll_ms)

    def _take(self) -> list[Reply]:
        messages = self._replies.receive()
        self._replies.delete(messages)
        return [parse_reply(each.body) for each in messages]
