"""What does the network manager have to make known, and what has the network heard?

A change is a launch or a termination. The manager numbers changes in the order in which
it takes them from its queue; that number is the change's version. Three steps make it
real, in this order:

1. told: the instance's row says the change and its version;
2. confirmed: the network has done it, and says so in the row;
3. acknowledged: the version up to which everything is propagated reaches it.

An instance has network when its launch is acknowledged, and not before. Without a
confirmation nothing is acknowledged: to propagate twice is harmless, to believe an
instance reachable that is not is what broke October 2025's load balancers.

Queues deliver at least once. What the row says already is not done again, and a launch
that arrives after its instance's termination is none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = [
    "CHANGES_QUEUE",
    "INSTANCE_NETWORK_TABLE",
    "NETWORK_TABLE",
    "ChangeKind",
    "InstanceNetwork",
    "NetworkChange",
    "parse_change",
]

CHANGES_QUEUE: Final = "gameday-network-changes.fifo"
"""Where changes wait for the network manager, in the order in which they happened."""
NETWORK_TABLE: Final = "gameday-network"
"""Partition key `name`; one item, "propagated"."""
INSTANCE_NETWORK_TABLE: Final = "gameday-instance-network"
"""Partition key `instance`."""


class ChangeKind(StrEnum):
    """What happened to an instance."""

    LAUNCHED = "launched"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChange:
    """One launch or termination that the network has to hear of."""

    kind: ChangeKind
    instance: str
    droplet: str

    @property
    def key(self) -> str:
        """Name the change; an instance is launched once and ends once."""
        return f"{self.kind}-{self.instance}"

    def render(self) -> str:
        """Return the body of its message."""
        return json.dumps(
            {"kind": self.kind, "instance": self.instance, "droplet": self.droplet}
        )

    def is_new_after(self, row: InstanceNetwork | None) -> bool:
        """Answer whether the network has yet to be told, by what the row says."""
        if row is None:
            return True
        return row.kind is ChangeKind.LAUNCHED and self.kind is ChangeKind.TERMINATED


def parse_change(body: str) -> NetworkChange:
    """Return the change that `render` wrote; ValueError for what is none."""
    try:
        given = json.loads(body)
        return NetworkChange(
            kind=ChangeKind(given["kind"]),
            instance=str(given["instance"]),
            droplet=str(given["droplet"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no network change: {body!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceNetwork:
    """What the network was last told of one instance.

    Attributes:
        instance: its id.
        droplet: that it is on.
        version: of the change.
        kind: of the change.
        is_confirmed: whether the network has done it.
    """

    instance: str
    droplet: str
    version: int
    kind: ChangeKind
    is_confirmed: bool = False

    def has_network(self, propagated: int) -> bool:
        """Answer whether it can be reached, when so far everything is acknowledged."""
        return self.kind is ChangeKind.LAUNCHED and self.version <= propagated
