"""What is the data plane of DNS here, from the zones to what clients are told?

    ZoneLog -> Propagation -> DnsEdge (one an address)
    clients -> Resolver (one an AZ) -> DnsEdge

This module only puts the parts together: it subscribes to the zone log, hands
each version to the propagation, and answers what GetChange and the control
interface ask. A resolver asks from its own address, so that the edges can tell
one AZ from another. The dangerous order: an edge must have the zones of before the
start at once, or a resolver that asks early would remember that they do not exist.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gameday.edge.dns import DnsEdge
from gameday.edge.dns_faults import DnsFaults
from gameday.edge.dns_rule_book import DnsRuleBook
from gameday.edge.dns_rule_document import DnsVocabulary
from gameday.edge.dns_upstream import Upstream
from gameday.edge.dns_zone_hold import ZoneHold, ZoneHolds
from gameday.edge.propagation import Propagation
from gameday.edge.resolver import Resolver
from gameday.errors import InvalidInput
from gameday.model.zone_index import ZoneTable
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameday.edge.dns_rules import Stale
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


def _unnoted(_operation: str, _request: dict[str, Any]) -> None:
    """Take the place of the history where there is none."""


class DnsPlane:
    """Authoritative DNS edges, the resolvers before them, and what feeds them."""

    def __init__(self) -> None:
        self._edges: list[DnsEdge] = []
        self._resolvers: dict[str, Resolver] = {}
        self._propagation: Propagation | None = None
        self._holds: ZoneHolds | None = None
        self._rules: DnsRuleBook | None = None
        self._loading = False

    async def start(
        self,
        *,
        config: DnsSettings,
        zones: ZoneLog,
        record: Callable[..., Op],
        mark: Callable[[str, dict[str, Any]], object] = _unnoted,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Listen everywhere and follow the zone log.

        Args:
            config: addresses, port, delays and seed.
            zones: what the edges serve, and every change to it.
            record: appends an op to the history, see `Recorder.append`.
            mark: notes in the history what was done, see `Recorder.mark`.
            now_ns: nanoseconds since the run began, the clock of the history.

        Raises:
            InvalidInput: an address cannot be used; nothing is left open.
        """
        self._holds = ZoneHolds(zones, now_ns=now_ns, soa_ttl_s=config.negative_ttl_s)
        self._rules = DnsRuleBook(
            vocabulary=lambda: self._vocabulary(config),
            hold=self._hold,
            mark=mark,
            now_ns=now_ns,
        )
        try:
            await self._listen(config, self._rules, record, now_ns)
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

    @property
    def rules(self) -> DnsRuleBook | None:
        """The rules for DNS questions, None before the start."""
        return self._rules

    def set_propagation(
        self, state: Literal["paused", "running"], edge: str | None = None
    ) -> None:
        """Hold DNS edges at the versions they have, or let changes go on.

        Args:
            state: which of the two.
            edge: address of one edge, None for every one.

        Raises:
            InvalidInput: there is no such edge.
        """
        hosts = [host for host, _ in self.dns_edges]
        if edge is not None and edge not in hosts:
            raise InvalidInput(f"edge: {unknown_name('DNS edge', edge, hosts)}")
        if self._propagation is not None:
            number = None if edge is None else hosts.index(edge)
            self._propagation.set_state(state, number)

    def cut_off(self, az: str, *, cut: bool) -> None:
        """Cut a zone's resolver off from every DNS edge, or join it again."""
        if az in self._resolvers:
            self._resolvers[az].cut_off(cut=cut)

    @property
    def propagation(self) -> Literal["paused", "partly-paused", "running"]:
        """Whether changes move towards the DNS edges: all, some or none."""
        states = set(self.propagation_by_edge.values())
        if "paused" not in states:
            return "running"
        return "partly-paused" if "running" in states else "paused"

    @property
    def propagation_by_edge(self) -> dict[str, Literal["paused", "running"]]:
        """Whether changes move towards each DNS edge, by its address."""
        states = self._propagation.states if self._propagation else ()
        hosts = (host for host, _ in self.dns_edges)
        return dict(zip(hosts, states, strict=False))

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
        rules: DnsRuleBook,
        record: Callable[..., Op],
        now_ns: Callable[[], int],
    ) -> None:
        azs = {host: az for az, host in config.resolvers.items()}
        for host in config.dns_edges:
            chance = random.Random(f"weights {config.seed} {host}")
            edge = DnsEdge(
                chance=chance,
                negative_ttl_s=config.negative_ttl_s,
                faults=DnsFaults(
                    book=rules,
                    at="edge",
                    azs=azs,
                    draw=chance.randrange,
                    record=record,
                    now_ns=now_ns,
                ),
            )
            self._edges.append(edge)
            await edge.start(host, config.dns_port)
        for az, host in config.resolvers.items():
            chance = random.Random(f"resolver {config.seed} {az}")
            resolver = Resolver(
                az=az,
                upstream=Upstream(self.dns_edges, chance=chance, source=host),
                record=record,
                now_ns=now_ns,
                faults=DnsFaults(
                    book=rules,
                    at="resolver",
                    azs=azs,
                    az=az,
                    draw=chance.randrange,
                    record=record,
                    now_ns=now_ns,
                ),
                table=self._table,
            )
            self._resolvers[az] = resolver
            await resolver.start(host, config.dns_port)

    def _table(self) -> ZoneTable:
        return self._edges[0].table if self._edges else ZoneTable()

    def _vocabulary(self, config: DnsSettings) -> DnsVocabulary:
        return DnsVocabulary(
            azs=frozenset(config.resolvers),
            edges=frozenset(config.dns_edges),
            zones=self._holds.names() if self._holds else frozenset(),
        )

    def _hold(self, stale: Stale) -> ZoneHold:
        assert self._holds is not None  # noqa: S101 - rules come after the start
        if stale.version is not None:
            return self._holds.at_version(stale.zone, stale.version)
        if stale.age_ms is not None:
            return self._holds.behind(stale.zone, stale.age_ms)
        return self._holds.as_of_now(stale.zone, self._everywhere)

    def _everywhere(self, zone_id: str) -> int:
        """Return the newest version of a zone that every DNS edge has."""
        return min(self.served_versions(zone_id).values(), default=0)

    def _committed(self, version: ZoneVersion) -> None:
        if self._propagation is None:
            return
        if self._loading:
            self._propagation.publish_at_once(version)
        else:
            self._propagation.publish(version)
