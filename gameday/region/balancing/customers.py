"""Would a customer of the load balancer notice?

Customers who all come at once: each resolves the load balancer's name by the resolver
of the zone, connects, and waits until an instance says its name. They keep their
connections until the last of them has tried, and for as long as they stay after that.
Whoever is not served resolves again and takes another address, as clients do; who finds
none that serves has lost a connection.

So connections are lost if, and only if, what is in DNS carries less than comes.
"""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.errors import ServiceUnavailable
from gameday.model.balancing_seen import SERVED_METRIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.balancing_metrics import BalancingMetrics

__all__ = ["BALANCER_SERVICE", "Crowd", "Visitor"]

BALANCER_SERVICE = "nlb"
"""Its name in the region's `services:`."""

_NAME_BYTES_MAX = 64
_CLOSINGS_MAX = 4
"""So often in one visit an address may close a connection until all leave it alone: it
may have been one bad target, or the node may be full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """How one customer connects.

    Attributes:
        look_up: resolves the load balancer's name; no addresses when there are none.
        port: of the load balancer.
        tries_max: resolutions until a customer gives up.
        timeout_s: for a connection, and for the first word on it.
    """

    look_up: Callable[[], tuple[str, ...]]
    port: int
    tries_max: int
    timeout_s: float

    def reach(self, whom: str) -> None:
        """Connect and hang up again; raises ServiceUnavailable when nobody serves.

        Args:
            whom: who is behind the load balancer, for the message.
        """
        connection = self.connect(Counter())
        if connection is None:
            raise ServiceUnavailable(
                service=BALANCER_SERVICE, why=f"no connection to {whom}"
            )
        connection.close()

    def connect(self, closings: Counter[str]) -> socket.socket | None:
        """Return a connection on which an instance has answered, None when lost.

        `closings` counts how often each address has closed a connection unserved.
        """
        for _ in range(self.tries_max):
            for address in self.look_up():
                if closings[address] >= _CLOSINGS_MAX:
                    continue
                connection = self._served_at(address)
                if connection is not None:
                    return connection
                closings[address] += 1
        return None

    def _served_at(self, address: str) -> socket.socket | None:
        try:
            connection = socket.create_connection((address, self.port), self.timeout_s)
        except OSError:
            return None
        try:
            if connection.recv(_NAME_BYTES_MAX):
                return connection
        except OSError:
            pass
        connection.close()
        return None


class Crowd:
    """So many customers at once.

    Args:
        service: what they call it.
        visitor: how each of them connects.
        size: how many they are.
        stay: waits for as long as they keep their connections.
        metrics: where it is told which share was served.
    """

    def __init__(
        self,
        *,
        service: str,
        visitor: Visitor,
        size: int,
        stay: Callable[[], None],
        metrics: BalancingMetrics,
    ) -> None:
        self._service = service
        self._visitor = visitor
        self._size = size
        self._stay = stay
        self._metrics = metrics

    def visit(self) -> None:
        """Come once; raises ServiceUnavailable when anybody lost a connection."""
        closings: Counter[str] = Counter()
        with ExitStack() as open_connections:
            served = 0
            for _ in range(self._size):
                connection = self._visitor.connect(closings)
                if connection is not None:
                    open_connections.enter_context(connection)
                    served += 1
            self._stay()
        self._metrics.tell({SERVED_METRIC: served / self._size})
        if served < self._size:
            raise ServiceUnavailable(
                service=self._service,
                why=f"{self._size - served} of {self._size} connections were lost",
            )
