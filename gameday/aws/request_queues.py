"""How does a customer ask a service of the region something, and get an answer?

No emulator has services that fail with what they need, so the region's own programs
serve, and requests travel by SQS: one queue a service, one queue of answers a caller.
Every request is a call that can be seen, delayed, lost or held like any other.

A request says until when its caller waits. What is taken later is thrown away, so that
nobody works for callers who are gone. It is deleted before it is served: a crash in
between loses it, and the caller's deadline tells. Whoever must not lose one asks again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock

__all__ = ["Request", "RequestQueue", "ServiceClient", "answers_queue", "request_queue"]

_TAKEN_MAX = 20
"""Requests that one turn looks at in search of one that somebody still waits for."""


def request_queue(service: str) -> str:
    """Return the name of the queue on which a service takes requests."""
    return f"gameday-{service}-requests"


def answers_queue(service: str, caller: str) -> str:
    """Return the name of the queue on which a caller is answered by a service."""
    return f"gameday-{service}-answers-{caller}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked.

    Attributes:
        id: of the request, unique for its caller.
        answer_to: the URL of the queue that its caller reads.
        until_ms: when the caller gives up, by the caller's clock.
        body: the question.
    """

    id: str
    answer_to: str
    until_ms: int
    body: Mapping[str, Any]


class RequestQueue:
    """The requests of one service, for the program that serves them."""

    def __init__(
        self, sqs: Any, policy: CallPolicy, *, service: str, clock: Clock
    ) -> None:
        self._sqs = sqs
        self._policy = policy
        self._name = request_queue(service)
        self._clock = clock
        self._url = ""

    def take(self) -> Request | None:
        """Return the oldest request that somebody still waits for, None without one."""
        self._url = self._url or _queue_url(self._sqs, self._policy, self._name)
        for _ in range(_TAKEN_MAX):
            text = _take(self._sqs, self._policy, self._url)
            if text is None:
                return None
            request = Request(**json.loads(text))
            if self._clock.now_ms() < request.until_ms:
                return request
        return None

    def answer(self, request: Request, body: Mapping[str, Any]) -> None:
        """Send the caller what it asked for; it must be JSON."""
        self._send(request, {"id": request.id, "body": dict(body)})

    def fail(self, request: Request, why: str) -> None:
        """Tell the caller that it is not served."""
        self._send(request, {"id": request.id, "error": why})

    def _send(self, request: Request, answer: Mapping[str, Any]) -> None:
        self._policy.write(
            self._sqs.send_message,
            QueueUrl=request.answer_to,
            MessageBody=json.dumps(answer),
        )


class ServiceClient:
    """One caller's way to one service.

    Args:
        front: SQS as the service's customers reach it, by its name where it has one.
        back: SQS for the answers, by the gateway.
        policy: how its calls are made.
        service: who is asked.
        caller: who asks; one at a time under one name.
        clock: of the caller.
        timeout_ms: how long it waits for an answer.
        poll_ms: between two looks for it.
        reach: gets through to the service before it is asked; ServiceUnavailable when
            what is in between lets nobody through.
    """

    def __init__(
        self,
        *,
        front: Any,
        back: Any,
        policy: CallPolicy,
        service: str,
        caller: str,
        clock: Clock,
        timeout_ms: int,
        poll_ms: int,
        reach: Callable[[], None] = lambda: None,
    ) -> None:
        self._front = front
        self._back = back
        self._policy = policy
        self._service = service
        self._caller = caller
        self._clock = clock
        self._timeout_ms = timeout_ms
        self._poll_ms = poll_ms
        self._reach = reach
        self._urls: tuple[str, str] | None = None
        self._asked = 0

    def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, wait, and return the answer; ServiceUnavailable when there is none."""
        self._reach()
        try:
            answer = self._answer(body)
        except (BotoCoreError, ClientError, Indeterminate) as error:
            raise ServiceUnavailable(service=self._service, why=str(error)) from error
        if answer is None:
            why = f"no answer in {self._timeout_ms} ms"
            raise ServiceUnavailable(service=self._service, why=why)
        if "error" in answer:
            raise ServiceUnavailable(service=self._service, why=str(answer["error"]))
        return dict(answer["body"])

    def _answer(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        requests, answers = self._queues()
        self._asked += 1
        until_ms = self._clock.now_ms() + self._timeout_ms
        request_id = f"{self._caller}-{until_ms}-{self._asked}"
        message = {
            "id": request_id,
            "answer_to": answers,
            "until_ms": until_ms,
            "body": dict(body),
        }
        self._policy.write(
            self._front.send_message,
            QueueUrl=requests,
            MessageBody=json.dumps(message),
        )
        while True:
            self._clock.sleep_ms(self._poll_ms)
            if self._clock.now_ms() > until_ms:
                return None
            while (text := _take(self._back, self._policy, answers)) is not None:
                answer: dict[str, Any] = json.loads(text)
                # Others are late answers to what was given up.
                if answer["id"] == request_id:
                    return answer

    def _queues(self) -> tuple[str, str]:
        if self._urls is None:
            self._urls = (
                _queue_url(self._back, self._policy, request_queue(self._service)),
                _queue_url(
                    self._back,
                    self._policy,
                    answers_queue(self._service, self._caller),
                ),
            )
        return self._urls


def _queue_url(sqs: Any, policy: CallPolicy, name: str) -> str:
    """Return the URL of a queue, which is made when it is not there."""
    return str(policy.read(sqs.create_queue, QueueName=name)["QueueUrl"])


def _take(sqs: Any, policy: CallPolicy, url: str) -> str | None:
    """Return the text of one message and delete it, None when the queue is empty."""
    # WaitTimeSeconds stays 0: the embedded moto serves one request at a time, and a
    # long poll would hold up everybody.
    reply = policy.read(
        sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=0
    )
    for message in reply.get("Messages", ()):
        policy.write(
            sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
        )
        return str(message["Body"])
    return None
