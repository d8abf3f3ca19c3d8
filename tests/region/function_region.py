"""Functions, their event sources and those who invoke them, on the embedded moto.

The clock is one that only a test moves, and every program takes its turns when a test
says so. The way to DynamoDB's public name can be cut, as an empty record cuts it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from droplet_hosts import Way

from gameday.aws.container_tasks import TASKS_TABLE
from gameday.aws.event_stream import CHECKPOINTS_TABLE, EventStream
from gameday.aws.functions import FUNCTIONS_TABLE, FunctionTable
from gameday.aws.requests import Request, RequestQueue, render_request
from gameday.aws.retries import CallPolicy
from gameday.aws.service_client import ServiceClient
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.errors import ServiceUnavailable
from gameday.model.poller import PollerDesign
from gameday.model.shortage import Protects
from gameday.region.services.contacts import CONTACTS_TABLE
from gameday.region.services.invocations import (
    ASYNC_QUEUE,
    EVENTS_QUEUE,
    FUNCTION,
    SYNC_QUEUE,
    InvocationQueues,
    InvocationService,
    Room,
)
from gameday.region.services.pollers import (
    CLICKS_STREAM,
    ORDERS_QUEUE,
    QueueSource,
    SourcePoller,
    StreamSource,
)

NOTHING = Request(id="", reply_to="", body={})
PER_S = 4
"""Invocations that one instance carries out in a second."""

ROOM = 4 * PER_S
"""What an instance has time for that was idle before."""

TABLES = {
    FUNCTIONS_TABLE: "function",
    CHECKPOINTS_TABLE: "stream",
    TASKS_TABLE: "task",
    CONTACTS_TABLE: "contact",
}


class SteppingClock(ManualClock):
    """A clock whose sleeper lets others take a turn, as they do in life."""

    def __init__(self) -> None:
        super().__init__(now_ms=1_000_000)
        self.meanwhile: list[Callable[[], object]] = []

    def sleep_ms(self, duration_ms: float) -> None:
        super().sleep_ms(duration_ms)
        for turn in self.meanwhile:
            turn()


class FunctionRegion:
    """One function, a queue and a stream that lead to it, and a caller."""

    def __init__(self, url: str) -> None:
        self.clock = SteppingClock()
        self.way = Way()
        self.instances = 4
        self.protects = Protects.NOBODY
        self.batches = 1
        caller = Caller(access_key="AKIALAMBDA0000000001", endpoint_url=url)
        self.policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        names = ("sqs", "dynamodb", "kinesis", "cloudwatch", "dynamodb")
        self.clients = [client(name, caller) for name in names]
        self.sqs, self.dynamodb, self.kinesis, self.cloudwatch, self.managed = (
            self.clients
        )
        self.managed.meta.events.register("before-send", self.way.guard)
        for table, key in TABLES.items():
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        FunctionTable(self.dynamodb, self.policy).deploy(FUNCTION)
        self.queues = InvocationQueues(
            sync=self.queue(SYNC_QUEUE),
            asynchronous=self.queue(ASYNC_QUEUE),
            event_source=self.queue(EVENTS_QUEUE),
        )
        self.queues.prepare()
        self.orders = self.queue(ORDERS_QUEUE)
        self.clicks = self.stream(self.dynamodb)
        self.service = InvocationService(
            queues=self.queues,
            functions=FunctionTable(self.managed, self.policy),
            room=Room(per_s=PER_S, clock=self.clock),
            instances=lambda: self.instances,
            protects=lambda: self.protects,
            cloudwatch=self.cloudwatch,
        )

    def queue(self, name: str) -> RequestQueue:
        return RequestQueue(self.sqs, self.policy, name=name)

    def stream(self, checkpoints: Any) -> EventStream:
        return EventStream(
            kinesis=self.kinesis,
            checkpoints=checkpoints,
            policy=self.policy,
            name=CLICKS_STREAM,
        )

    def queue_poller(self, design: PollerDesign) -> SourcePoller:
        return self._poller(
            QueueSource(
                source=self.orders,
                target=self.queues.event_source,
                mappings=FunctionTable(self.managed, self.policy),
            ),
            design,
        )

    def stream_poller(self, design: PollerDesign) -> SourcePoller:
        source = StreamSource(
            source=self.stream(self.managed), target=self.queues.event_source
        )
        return self._poller(source, design)

    def _poller(self, source: Any, design: PollerDesign) -> SourcePoller:
        source.prepare()
        return SourcePoller(
            name="poller",
            source=source,
            design=design,
            batches=lambda: self.batches,
            cloudwatch=self.cloudwatch,
            clock=self.clock,
        )

    def way_to(
        self, service: str, send: Callable[[Request], None], *, caller: str = "caller"
    ) -> ServiceClient:
        return ServiceClient(
            self.sqs,
            self.policy,
            replies=f"gameday-replies-{caller}",
            service=service,
            send=send,
            clock=self.clock,
            patience_ms=1_000,
            poll_ms=250,
        )

    def clicker(self) -> ServiceClient:
        """Return who puts a record in and waits for what it leads to."""
        return self.way_to(
            "kinesis-poller",
            lambda request: self.clicks.put([render_request(request)]),
        )

    def invoke(self) -> str:
        """Invoke the function while the service takes its turns; "" when it worked."""
        self.clock.meanwhile = [self.service.turn]
        try:
            self.way_to("lambda", self.queues.sync.put).ask({})
        except ServiceUnavailable as refusal:
            return refusal.why
        finally:
            self.clock.meanwhile = []
        return ""

    def put_orders(self, count: int) -> None:
        self.orders.pass_on([NOTHING] * count)

    def close(self) -> None:
        for each in self.clients:
            each.close()
