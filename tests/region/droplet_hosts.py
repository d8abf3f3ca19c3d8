"""One droplet host over real boto3 and the embedded moto.

By default its clock is one that only a test moves, and workers run one after the
other. The way to the table can be cut, as an empty record cuts it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import EndpointConnectionError

from gameday.aws.leases import LEASES_TABLE, LeaseTable
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import Clock, ManualClock
from gameday.model.draws import Draws, Stream
from gameday.model.droplet_workflow import DropletWorkflow
from gameday.model.lease import share_kept
from gameday.model.lease_fleet import LeaseFleet
from gameday.model.levers import AS_BUILT, Levers
from gameday.region.droplets.droplet_workflow_manager import DropletWorkflowManager
from gameday.region.droplets.leases import DropletLeases

TICK_MS = 5
FLEET = LeaseFleet(
    droplets=30,
    workers=1,
    renew_every_ms=1500,
    lease_ms=4500,
    timeout_ms=1500,
    renew_cost_ms=18,
    establish_cost_ms=150,
    fail_cost_ms=18,
)
"""Collapse number 3.0, rho 0.36; establishing everything takes 4.5 s."""


def create_lease_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=LEASES_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "droplet", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "droplet", "KeyType": "HASH"}],
    )


def one_job(serve_next: Callable[[], bool]) -> Future[None]:
    serve_next()
    done: Future[None] = Future()
    done.set_result(None)
    return done


@dataclass(kw_only=True)
class Way:
    """The way to the table."""

    is_cut: bool = False

    def guard(self, request: Any, **_: Any) -> None:
        if self.is_cut:
            raise EndpointConnectionError(endpoint_url=request.url)


@dataclass(kw_only=True)
class Host:
    """A host under test; `begin` starts a process of it."""

    url: str
    name: str = "host-1"
    clock: Clock = field(default_factory=lambda: ManualClock(now_ms=1_000_000))
    start: Callable[[Callable[[], bool]], Future[None]] = one_job
    fleet: LeaseFleet = FLEET
    levers: Levers = AS_BUILT
    seed: int = 1
    way: Way = field(default_factory=Way)

    def __post_init__(self) -> None:
        self.dynamodb = client(
            "dynamodb", Caller(access_key="AKIADROPLETHOSTAZ101", endpoint_url=self.url)
        )
        self.dynamodb.meta.events.register("before-send", self.way.guard)
        policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.table = LeaseTable(self.dynamodb, policy)

    def leases(self) -> DropletLeases:
        fleet = self.fleet
        return DropletLeases(
            host=self.name,
            table=self.table,
            names=[f"droplet-{n:04d}" for n in range(fleet.droplets)],
            ttl_ms=fleet.lease_ms,
            check_ms=fleet.renew_cost_ms,
            inventory_ms=fleet.establish_cost_ms - fleet.renew_cost_ms,
            answer_draws=self._draws(Stream.SERVICE),
            clock=self.clock,
        )

    def begin(self, *, rediscovery_ms: int = 50, commission_ms: int = 9000) -> None:
        self.workflow = DropletWorkflow(
            fleet=self.fleet,
            levers=self.levers,
            backoff_draws=self._draws(Stream.BACKOFF),
        )
        self.manager = DropletWorkflowManager(
            workflow=self.workflow,
            fleet=self.fleet,
            leases=self.leases(),
            start=self.start,
        )
        assert self.manager.begin(
            rediscovery_ms=rediscovery_ms, commission_ms=commission_ms
        )

    def play(self, for_ms: int) -> float:
        """Let time pass; return the share of leases that are held at its end."""
        self._advance(for_ms)
        return self.share_kept()

    def play_outage(self, for_ms: int) -> float:
        self.way.is_cut = True
        self._advance(for_ms)
        self.way.is_cut = False
        return self.share_kept()

    def share_kept(self) -> float:
        return share_kept(self.table.all(), now_ms=self.clock.now_ms())

    def close(self) -> None:
        self.dynamodb.close()

    def _advance(self, for_ms: int) -> None:
        end_ms = self.clock.now_ms() + for_ms
        while self.clock.now_ms() < end_ms:
            self.manager.turn()
            self.clock.sleep_ms(TICK_MS)

    def _draws(self, stream: Stream) -> Draws:
        return Draws(seed=self.seed, stream=stream, entities=self.fleet.droplets)
