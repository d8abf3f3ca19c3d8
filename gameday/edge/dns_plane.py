"""What is the data plane of DNS here, from the zones to what clients are told?

    ZoneLog -> Propagation -> DnsEdge (one an address)
    clients -> Resolver (one an AZ) -> DnsEdge

This module only puts the parts together: it subscribes to the zone log, hands
each version to the propagation, and answers what GetChange and the control
interface ask. The dangerous order: an edge must have the zones of before the
start at once, or a resolver that asks early would remember that they do not exist.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Literal, Protocol

from gameday.edge.dns import DnsEdge
from gameday.edge.dns_upstream import Upstream
from gameday.edge.propagation import Propagation
from gameday.edge.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameday.edge.zones import ZoneLog, ZoneVersion
    from gameday.model.history import Op

__all__ = ["DnsPlane", "DnsSettings"]


class DnsSettings(Protocol):
    """What the DNS half needs of the edge's configuration.

    `dns_edges` and the values of `resolvers` are IP addresses; `dns_port` is
    their port, 0 for any; `propagation_ms` is the shortest and longest delay.
    """

    @property
    def dns_edges(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def resolvers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def dns_port(self) -> int: ...  # noqa: D102
    @property
    def negative_ttl_s(self) -> int: ...  # noqa: D102
    @property
    def propagation_ms(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102


class DnsPlane:
    """Authoritative DNS edges, the resolvers before them, and what feeds them."""

    def __init__(self) -> None:
        self._edges: list[DnsEdge] = []
        self._resolvers: dict[str, Resolver] = {}
        self._propagation: Propagation | None = None
        self._loading = False

    async def start(
        self,
        *,
        config: DnsSettings,
        zones: ZoneLog,
        record: Callable[..., Op],
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Listen everywhere and follow the zone log.

        Args:
            config: addresses, port, delays and seed.
            zones: what the edges serve, and every change to it.
            record: appends an op to the history, see `Recorder.append`.
            now_ns: nanoseconds since the run began, the clock of the history.

        Raises:
            InvalidInput: an address cannot be used; nothing is left open.
        """
        try:
            await self._listen(config, record, now_ns)
        except BaseException:
            await self.stop()
            raise
        shortest, longest = config.propagation_ms
        self._propagation = Propagation(
            [edge.apply for edge in self._edges],
            delay_ms=(shortest, longest),
            chance=random.Random(f"propagation {config.seed}"),
            now_ns=now_ns,
        )
        self._loading = True
        zones.subscribe(self._committed)
        self._loading = False
        self._propagation.start()

    async def stop(self) -> None:
        """Stop everything; changes on their way are never delivered."""
        if self._propagation is not None:
            await self._propagation.stop()
        for resolver in self._resolvers.values():
            await resolver.stop()
        for edge in self._edges:
            await edge.stop()

    def change_status(self, change_id: str) -> Literal["PENDING", "INSYNC"] | None:
        """Return what GetChange says of a change, None for an unknown id."""
        return self._propagation.status(change_id) if self._propagation else None

    def set_propagation(self, state: Literal["paused", "running"]) -> None:
        """Hold every DNS edge at the versions it has, or let changes go on."""
        if self._propagation is not None:
            self._propagation.set_state(state)

    def cut_off(self, az: str, *, cut: bool) -> None:
        """Cut a zone's resolver off from every DNS edge, or join it again."""
        if az in self._resolvers:
            self._resolvers[az].cut_off(cut=cut)

    @property
    def propagation(self) -> Literal["paused", "running"]:
        """Whether changes move towards the DNS edges."""
        return self._propagation.state if self._propagation else "running"

    def served_versions(self, zone_id: str) -> dict[str, int]:
        """Return the version of a zone that each DNS edge serves, 0 for none.

        The keys are the edges' addresses, "127.0.30.1:5300".
        """
        return {
            "{}:{}".format(*edge.address): edge.version_of(zone_id)
            for edge in self._edges
        }

    @property
    def dns_edges(self) -> list[tuple[str, int]]:
        """Where the authoritative servers listen."""
        return [edge.address for edge in self._edges]

    @property
    def resolvers(self) -> dict[str, tuple[str, int]]:
        """Where each AZ's resolver listens."""
        return {az: resolver.address for az, resolver in self._resolvers.items()}

    async def _listen(
        self,
        config: DnsSettings,
        record: Callable[..., Op],
        now_ns: Callable[[], int],
    ) -> None:
        for host in config.dns_edges:
            edge = DnsEdge(
                chance=random.Random(f"weights {config.seed} {host}"),
                negative_ttl_s=config.negative_ttl_s,
            )
            self._edges.append(edge)
            await edge.start(host, config.dns_port)
        for az, host in config.resolvers.items():
            resolver = Resolver(
                az=az,
                upstream=Upstream(
                    self.dns_edges,
                    chance=random.Random(f"resolver {config.seed} {az}"),
                ),
                record=record,
                now_ns=now_ns,
            )
            self._resolvers[az] = resolver
            await resolver.start(host, config.dns_port)

    def _committed(self, version: ZoneVersion) -> None:
        if self._propagation is None:
            return
        if self._loading:
            self._propagation.publish_at_once(version)
        else:
            self._propagation.publish(version)
