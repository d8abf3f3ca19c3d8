"""Do the hosts of the clusters keep their credentials, and what replaces a host?

A host's credentials come from STS and expire. Half way they are renewed. When they have
expired, the automation as it was built takes the host out of its cluster, launches an
instance, and puts that in its place; the gate asks for a launch that succeeded first,
and goes on asking STS meanwhile. Launches fail by themselves: no droplet is leased, or
intake is throttled.

The emulated Redshift has no status "modifying"; a cluster whose host is being replaced
is paused there, so that anybody who describes it sees that it is not available, also a
program that starts later.

Invariant: a cluster is taken out before its launch and put back after it, never before.
A crash in between leaves it out; the next start finds it so and goes on launching.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gameday.clock import monotonic_ms
from gameday.errors import ServiceUnavailable
from gameday.model.replacement import (
    Host,
    Launch,
    ReplacementGate,
    Step,
    after_launch,
    after_refresh,
    begin_replacement,
    launches_succeed,
    next_step,
)
from gameday.region.droplets.launches import LAUNCHED
from gameday.region.services.redshift_queries import AVAILABLE, make_cluster
from gameday.region.services.sts import NODE_ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.aws.retries import CallPolicy
    from gameday.aws.service_client import ServiceClient
    from gameday.clock import Clock

__all__ = ["HostAutomation"]

logger = logging.getLogger(__name__)

_LAUNCHES_KEPT_MAX = 20
_NO_CREDENTIALS = Host(credentials_until_ms=0)


class HostAutomation:
    """Keeps the hosts of one region's clusters, one host a cluster.

    Args:
        clusters: their names.
        redshift: the emulator's Redshift.
        sts: the way to STS.
        launch: asks for an instance; returns LAUNCHED or EC2's error code.
        gate: what a replacement needs to begin.
        credentials_ttl_ms: how long credentials last.
        evidence_ms: how old a launch may be that speaks for launches.
        modifying_max: the most hosts that the gate lets be replaced at once.
        policy: how its calls are made.
        clock: of the host it runs on.
    """

    def __init__(
        self,
        *,
        clusters: Sequence[str],
        redshift: Any,
        sts: ServiceClient,
        launch: Callable[[], str],
        gate: ReplacementGate,
        credentials_ttl_ms: int,
        evidence_ms: int,
        modifying_max: int,
        policy: CallPolicy,
        clock: Clock,
    ) -> None:
        self._clusters = tuple(clusters)
        self._redshift = redshift
        self._sts = sts
        self._launch = launch
        self._gate = gate
        self._ttl_ms = credentials_ttl_ms
        self._evidence_ms = evidence_ms
        self._modifying_max = modifying_max
        self._policy = policy
        self._clock = clock
        self._launches: list[Launch] = []
        self._hosts: dict[str, Host] = {}

    def prepare(self) -> bool:
        """Make or find the clusters; return whether every host has credentials."""
        for cluster in self._clusters:
            if cluster not in self._hosts:
                status = make_cluster(self._redshift, self._policy, cluster)
                is_paused = status != AVAILABLE
                found = begin_replacement(_NO_CREDENTIALS) if is_paused else None
                self._hosts[cluster] = found or _NO_CREDENTIALS
            host = self._hosts[cluster]
            if not host.is_modifying and host.credentials_until_ms == 0:
                self._hosts[cluster] = self._refreshed(host)
        return all(
            host.is_modifying or host.credentials_until_ms
            for host in self._hosts.values()
        )

    def turn(self) -> bool:
        """Do for every host what is due; return whether anything was."""
        attended = [self._attend(cluster) for cluster in self._clusters]
        return any(attended)

    def _attend(self, cluster: str) -> bool:
        host = self._hosts[cluster]
        if not host.is_modifying and self._is_half_way(host):
            host = self._hosts[cluster] = self._refreshed(host)
        now_ms = monotonic_ms(self._clock)
        step = self._step(host, now_ms)
        if step is Step.REFRESH and not self._launches_work(now_ms):
            # It was asked for above. Something small has to find out about launches.
            self._try_launch()
            return True
        if step is Step.REPLACE:
            self._policy.write(self._redshift.pause_cluster, ClusterIdentifier=cluster)
            self._hosts[cluster] = begin_replacement(host)
            return True
        if step is Step.LAUNCH:
            self._replace(cluster)
            return True
        return False

    def _step(self, host: Host, now_ms: int) -> Step:
        return next_step(
            host,
            gate=self._gate,
            launches_work=self._launches_work(now_ms),
            modifying=sum(each.is_modifying for each in self._hosts.values()),
            modifying_max=self._modifying_max,
            now_ms=now_ms,
        )

    def _replace(self, cluster: str) -> None:
        if not self._try_launch():
            return
        self._policy.write(self._redshift.resume_cluster, ClusterIdentifier=cluster)
        fresh = after_launch(
            self._hosts[cluster], launched=True, until_ms=monotonic_ms(self._clock)
        )
        # A new host asks for its own; without any it is as good as the old one.
        self._hosts[cluster] = self._refreshed(fresh)

    def _try_launch(self) -> bool:
        succeeded = self._launch() == LAUNCHED
        self._launches.append(
            Launch(at_ms=monotonic_ms(self._clock), succeeded=succeeded)
        )
        del self._launches[:-_LAUNCHES_KEPT_MAX]
        return succeeded

    def _launches_work(self, now_ms: int) -> bool:
        return launches_succeed(
            self._launches, window_ms=self._evidence_ms, now_ms=now_ms
        )

    def _is_half_way(self, host: Host) -> bool:
        return host.credentials_until_ms - monotonic_ms(self._clock) < self._ttl_ms // 2

    def _refreshed(self, host: Host) -> Host:
        """Return the host after STS was asked; they last from before the asking."""
        until_ms = monotonic_ms(self._clock) + self._ttl_ms
        try:
            self._sts.ask({"role": NODE_ROLE, "session": "host"})
        except ServiceUnavailable as error:
            logger.info("credentials stay as they are: %s", error)
            return after_refresh(host, refreshed=False, until_ms=until_ms)
        return after_refresh(host, refreshed=True, until_ms=until_ms)
