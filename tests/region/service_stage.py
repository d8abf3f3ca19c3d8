"""Services, their customers and one clock over the embedded moto, stepped by a test.

Waiting lets the services take their turns, as other processes would meanwhile. The
public way to DynamoDB can be cut, as an empty record cuts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from droplet_hosts import Way

from gameday.aws.directory import DIRECTORY_TABLE, Directory
from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.requests import RequestQueue
from gameday.aws.retries import CallPolicy
from gameday.aws.service_client import ServiceClient
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.region.services.dynamodb_path import DynamoDbPath
from gameday.region.services.levers_seen import LeversSeen
from gameday.region.services.request_desk import RequestDesk, request_queue

EAST, WEST = "us-east-1", "us-west-2"
LEVER_POLL_MS = 200
TIMEOUT_MS = 1_000
Serve = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class TurningClock(ManualClock):
    """Lets everybody else take a turn whenever somebody waits."""

    def __init__(self) -> None:
        super().__init__(now_ms=1_000_000)
        self.turns: list[Callable[[], object]] = []
        self._is_turning = False

    def sleep_ms(self, duration_ms: float) -> None:
        super().sleep_ms(duration_ms)
        for turn in list(self.turns):
            # Whoever waits in its own turn does not take another one in it.
            self.turns.remove(turn)
            turn()
            self.turns.append(turn)


class ServiceStage:
    """A region without processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = TurningClock()
        self.way = Way()
        self.clients: list[Any] = []
        self._shared: dict[tuple[str, str], Any] = {}
        self.policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.dynamodb = self.client("dynamodb")
        self.public = self.own_client("dynamodb")
        self.public.meta.events.register("before-send", self.way.guard)
        self.levers = LeverStore(self.dynamodb, self.policy)
        for region in (EAST, WEST):
            for table in (DIRECTORY_TABLE, SWITCHES_TABLE):
                self.create_table(table, region=region)

    def client(self, service: str, region: str = EAST) -> Any:
        """Return the client that everybody shares who is not cut off."""
        shared = self._shared.get((service, region))
        if shared is None:
            shared = self._shared[service, region] = self.own_client(service, region)
        return shared

    def own_client(self, service: str, region: str = EAST) -> Any:
        caller = Caller(
            access_key="AKIASERVICESTAGE0001", endpoint_url=self.url, region=region
        )
        made = client(service, caller)
        self.clients.append(made)
        return made

    def create_table(
        self, table: str, key: str = "name", *, region: str = EAST, **more: Any
    ) -> None:
        self.client("dynamodb", region).create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            **more,
        )

    def path(self, program: str) -> DynamoDbPath:
        return DynamoDbPath(
            program=program,
            public=self.public,
            internal=self.dynamodb,
            levers=LeversSeen(self.levers, clock=self.clock, poll_ms=LEVER_POLL_MS),
        )

    def directory(self, program: str) -> Directory:
        return Directory(self.path(program).client, self.policy)

    def known(self, **entries: str) -> None:
        """Enter what has been in the directory for years."""
        directory = Directory(lambda: self.dynamodb, self.policy)
        for kind, name in entries.items():
            directory.put(f"{kind}/{name}", status="active")

    def serve(self, service: str, serve: Serve, region: str = EAST) -> RequestDesk:
        desk = RequestDesk(
            requests=RequestQueue(
                self.client("sqs", region), self.policy, name=request_queue(service)
            ),
            serve=serve,
            clock=self.clock,
        )
        self.clock.turns.append(desk.turn)
        return desk

    def way_to(
        self,
        service: str,
        *,
        caller: str = "customer",
        region: str = EAST,
        reach: Callable[[], None] = lambda: None,
    ) -> ServiceClient:
        sqs = self.client("sqs", region)
        requests = RequestQueue(sqs, self.policy, name=request_queue(service))
        return ServiceClient(
            sqs,
            self.policy,
            replies=f"gameday-replies-{caller}-{service}",
            service=service,
            send=requests.put,
            clock=self.clock,
            patience_ms=TIMEOUT_MS,
            poll_ms=50,
            reach=reach,
        )

    def close(self) -> None:
        for each in self.clients:
            each.close()
