"""What a queue promises to whoever sends to it and takes from it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from gameday.aws.queues import MessageQueue
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.errors import Indeterminate
from gameday.region.provisioning import provision
from gameday.region.settings import ActorConfig, Queue

POLICY = CallPolicy(clock=ManualClock(), random=Random(0))
LIMITS = {"retention_s": 60, "message_bytes_max": 1024}
ORDERED, AT_ONCE = "changes.fifo", "requests"


def provisioned(url: str) -> None:
    provision(
        ActorConfig(
            actor="operator",
            az="az1",
            aws_region="us-east-1",
            gateway_url=url,
            resolver=("127.0.0.1", 53),
            managed_port=80,
            endpoints=(),
            load_balancers=(),
            queues=(
                Queue(name=ORDERED, visibility_timeout_s=30, **LIMITS),
                # Whatever is received is visible again at once.
                Queue(name=AT_ONCE, visibility_timeout_s=0, **LIMITS),
            ),
        ),
        access_key="AKIAOPERATOR00000001",
    )


@pytest.fixture
def sqs(moto_url: str) -> Iterator[Any]:
    provisioned(moto_url)
    made = client(
        "sqs", Caller(access_key="AKIANETWORKMANAGER01", endpoint_url=moto_url)
    )
    yield made
    made.close()


def bodies(queue: MessageQueue, *, at_most: int = 10) -> list[str]:
    return [message.body for message in queue.receive(at_most=at_most)]


def test_messages_of_a_group_come_in_order_and_a_key_only_once(sqs: Any):
    queue = MessageQueue(sqs, POLICY, name=ORDERED)
    for key in ("a", "b", "a", "c"):
        queue.send(f"body {key}", group="all", key=key)

    assert queue.depth() == 3
    assert bodies(queue) == ["body a", "body b", "body c"]


def test_nothing_of_a_group_is_handed_out_while_something_is_in_flight(sqs: Any):
    queue = MessageQueue(sqs, POLICY, name=ORDERED)
    for key in ("a", "b"):
        queue.send(key, group="all", key=key)

    taken = queue.receive(at_most=1)
    assert bodies(queue) == []
    # What is in flight still counts: it may come again.
    assert queue.depth() == 2
    queue.delete(taken)
    assert bodies(queue) == ["b"]


def test_what_is_not_deleted_comes_again_and_says_so(sqs: Any):
    queue = MessageQueue(sqs, POLICY, name=AT_ONCE)
    queue.send("work")

    first, again = queue.receive()[0], queue.receive()[0]
    assert (first.body, first.receives, again.body, again.receives) == (
        "work",
        1,
        "work",
        2,
    )
    queue.delete((again,))
    queue.delete((again,))
    assert queue.depth() == 0


def test_more_than_a_call_takes_is_deleted_in_batches(sqs: Any):
    queue = MessageQueue(sqs, POLICY, name=ORDERED)
    for n in range(12):
        queue.send(str(n), group=str(n), key=str(n))

    queue.delete([*queue.receive(), *queue.receive()])
    assert queue.depth() == 0


def test_a_send_without_a_reply_may_have_happened(sqs: Any):
    queue = MessageQueue(sqs, POLICY, name=AT_ONCE)

    def lose_the_reply(request: Any, **_: Any) -> None:
        raise ReadTimeoutError(endpoint_url=request.url)

    sqs.meta.events.register("before-send.sqs.SendMessage", lose_the_reply)
    with pytest.raises(Indeterminate):
        queue.send("work")


def test_provisioning_again_leaves_empty_queues(sqs: Any, moto_url: str):
    queue = MessageQueue(sqs, POLICY, name=ORDERED)
    queue.send("left over", group="all", key="a")

    provisioned(moto_url)
    assert MessageQueue(sqs, POLICY, name=ORDERED).depth() == 0


def test_a_queue_is_made_by_its_first_user_and_found_by_another_client(sqs: Any):
    asked: list[str] = []
    sqs.meta.events.register(
        "before-call.sqs", lambda model, **_: asked.append(model.name)
    )
    makes, found_by = {"name": "made", "kept_s": 60}, sqs.meta.endpoint_url
    finder = client(
        "sqs", Caller(access_key="AKIANETWORKMANAGER01", endpoint_url=found_by)
    )
    queue = MessageQueue(sqs, POLICY, **makes, found_by=finder)
    queue.prepare()
    assert asked == []

    queue.send_all([str(number) for number in range(12)])
    assert asked == ["SendMessageBatch"] * 2
    assert len(queue.receive()) == 10
    assert (queue.waiting(), queue.depth()) == (2, 12)
    assert MessageQueue(sqs, POLICY, **makes).depth() == 12
    finder.close()
