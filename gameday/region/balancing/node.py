"""Who takes a customer's connection, and which target does it go to?

The node of one zone: a TCP listener on the address that DNS gives out for the zone.
What it takes it joins with an instance of its own zone, of those that the zone's
checker has in service; with none in service it takes all of them, because one that
cannot tell which are good should not choose.

An instance carries so many connections at once and no more. When all of them are taken
a connection is closed unserved, so customers lose connections as soon as what is in DNS
carries less than they bring, and not before.

The route is made by `turn`, which is stepped; connections are threads beside it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
from typing import TYPE_CHECKING

from gameday.model.instance_address import instance_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.aws.zone_reports import ZoneReports
    from gameday.model.zonal_failover import ZoneThresholds
    from gameday.model.zone_report import TargetReport

__all__ = ["BalancerNode", "NodeServer", "Route"]

logger = logging.getLogger(__name__)

_BYTES_MAX = 4096
_CONNECT_S = 0.5
_HELD_S_MAX = 10.0
"""How long a customer may keep a connection without a word."""
_BACKLOG = 128


class Route:
    """Which targets there are, and how many connections each has.

    Args:
        connections_max: that one target carries at once.
    """

    def __init__(self, *, connections_max: int) -> None:
        self._most = connections_max
        self._lock = threading.Lock()
        self._targets: tuple[TargetReport, ...] = ()
        self._taken: dict[str, int] = {}
        self._last = ""

    def set(self, targets: Iterable[TargetReport]) -> None:
        """Send new connections to these; those that are there stay."""
        with self._lock:
            self._targets = tuple(sorted(targets, key=lambda each: each.instance))

    def take(self) -> TargetReport | None:
        """Return the next target in turn that is not full, None when all are.

        In turn, because one that answers nobody always has the fewest connections.
        """
        with self._lock:
            free = [t for t in self._targets if self._count(t) < self._most]
            if not free:
                return None
            later = [each for each in free if each.instance > self._last]
            chosen = (later or free)[0]
            self._last = chosen.instance
            self._taken[chosen.instance] = self._count(chosen) + 1
            return chosen

    def give_back(self, target: TargetReport) -> None:
        """Note that a connection of the target has ended."""
        with self._lock:
            left = self._count(target) - 1
            if left:
                self._taken[target.instance] = left
            else:
                del self._taken[target.instance]

    def _count(self, target: TargetReport) -> int:
        return self._taken.get(target.instance, 0)


class BalancerNode:
    """Keeps one node's route as its zone's checker has it."""

    def __init__(
        self,
        *,
        zone: str,
        reports: ZoneReports,
        route: Route,
        thresholds: ZoneThresholds,
    ) -> None:
        self._zone = zone
        self._reports = reports
        self._route = route
        self._thresholds = thresholds

    def turn(self) -> bool:
        """Read the newest report once; without one the route stays."""
        report = self._reports.of(self._zone)
        if report is not None:
            self._route.set(report.routed(self._thresholds))
        return False


class NodeServer(socketserver.ThreadingTCPServer):
    """Takes connections and joins each with a target.

    Args:
        address: of the node and of its port.
        route: where connections go.
        target_port: on which instances answer.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = _BACKLOG

    def __init__(
        self, address: tuple[str, int], *, route: Route, target_port: int
    ) -> None:
        super().__init__(address, _Connection)
        self.route = route
        self.target_port = target_port

    def join(self, customer: socket.socket) -> None:
        """Carry what a target says to the customer, until either one leaves."""
        target = self.route.take()
        if target is None:
            return
        place = (instance_address(target.droplet), self.target_port)
        try:
            with socket.create_connection(place, _CONNECT_S) as there:
                there.settimeout(_CONNECT_S)
                customer.sendall(there.recv(_BYTES_MAX))
            customer.settimeout(_HELD_S_MAX)
            customer.recv(_BYTES_MAX)
        except OSError as error:
            logger.debug("a connection to %s ended: %s", target.instance, error)
        finally:
            self.route.give_back(target)


class _Connection(socketserver.BaseRequestHandler):
    server: NodeServer

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.server.join(self.request)
