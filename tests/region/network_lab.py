"""A network manager, the network, and a clock that both of them live by."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from gameday.aws.network_table import NetworkTable
from gameday.aws.queues import MessageQueue
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import ManualClock
from gameday.model.network_change import (
    CHANGES_QUEUE,
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    NetworkChange,
)
from gameday.region.network.changes import NetworkChanges
from gameday.region.network.instance_host import InstanceHost
from gameday.region.network.network_manager import NetworkManager

CHANGE_MS = 300


@dataclass
class Walls:
    """Doors without sockets; some addresses cannot be opened."""

    answering: dict[str, str] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)

    def open(self, address: str, instance: str) -> bool:
        if address not in self.stuck:
            self.answering[address] = instance
        return address not in self.stuck

    def close(self, address: str) -> None:
        del self.answering[address]


class NetworkLab:
    """The programs around one queue, stepped by hand."""

    def __init__(
        self,
        url: str,
        *,
        visibility_timeout_s: int = 30,
        backlog_max: int | None = None,
    ) -> None:
        caller = Caller(access_key="AKIANETWORKMANAGER01", endpoint_url=url)
        self.sqs, self.dynamodb = (client(s, caller) for s in ("sqs", "dynamodb"))
        self.clock = ManualClock(now_ms=1_000_000)
        self.policy = CallPolicy(clock=self.clock, random=Random(0), attempts_max=1)
        self.sqs.create_queue(
            QueueName=CHANGES_QUEUE,
            Attributes={
                "FifoQueue": "true",
                "VisibilityTimeout": str(visibility_timeout_s),
            },
        )
        keys = {NETWORK_TABLE: "name", INSTANCE_NETWORK_TABLE: "instance"}
        for table, key in keys.items():
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        self.queue = MessageQueue(self.sqs, self.policy, name=CHANGES_QUEUE)
        self.table = NetworkTable(self.dynamodb, self.policy)
        self.changes = NetworkChanges(self.queue, backlog_max=backlog_max)
        self.walls = Walls()
        self.host = InstanceHost(table=self.table, doors=self.walls)
        self.manager = self.another_manager()

    def another_manager(self) -> NetworkManager:
        return NetworkManager(
            changes=self.queue,
            table=self.table,
            change_ms=lambda _: CHANGE_MS,
            clock=self.clock,
        )

    def launch(self, number: int) -> bool:
        return self.changes.put(change(ChangeKind.LAUNCHED, number))

    def end(self, number: int) -> bool:
        return self.changes.put(change(ChangeKind.TERMINATED, number))

    def propagate(self, *, changes: int) -> None:
        """Let the manager take so many changes, and the network confirm each."""
        for _ in range(changes):
            self.manager.turn()
            self.host.turn()
            self.manager.turn()

    def close(self) -> None:
        for each in (self.sqs, self.dynamodb):
            each.close()


def change(kind: ChangeKind, number: int) -> NetworkChange:
    """Return a change of instance i-N on droplet N."""
    return NetworkChange(
        kind=kind, instance=f"i-{number}", droplet=f"droplet-{number:04d}"
    )
