"""Which zones of the load balancer are in DNS, and which should be?

Automatic zonal failover: what the health checkers report goes in, and out comes one
change batch on the load balancer's own hosted zone, in which a zone's weight is 1 or 0.
The decision is `choose_zones`'; here is what it stands on and what it changes.

Nothing is kept in memory: which zones are out, and what was taken out within velocity
control's window, stands in the hosted zone itself (`balancer_records`). So a restart
forgets nothing, and of two programs that decide at once one is refused by Route 53.

The dangerous ordering: a report is written, the checker falls behind, and the zone is
taken out by what was true some rounds ago, or by checks that failed because they were
late. As built nobody asks how old or how able a report's checker is.

A zone that no report knows a target of is left as it is: whoever cannot tell does not
choose.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gameday.errors import BatchRejected
from gameday.model.balancer_records import balancer_changes, zones_in_dns
from gameday.model.balancing_seen import IN_DNS_METRIC, TARGETS_METRIC
from gameday.model.zonal_failover import ZonesInDns, choose_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.balancing_metrics import BalancingMetrics
    from gameday.aws.lever_store import LeverStore
    from gameday.aws.zone_reports import ZoneReports
    from gameday.aws.zones import Zones
    from gameday.clock import Clock
    from gameday.model.levers import Levers
    from gameday.model.record_set import Change
    from gameday.model.velocity import Velocity
    from gameday.model.zonal_failover import Zone, ZoneThresholds

__all__ = ["LoadBalancing"]

logger = logging.getLogger(__name__)


class LoadBalancing:
    """Keeps the zones of one load balancer in DNS.

    Args:
        name: of the load balancer, which has a hosted zone of that name.
        nodes: each zone's node by its address.
        zones: Route 53, by the gateway.
        reports: of the health checkers.
        levers: the operators'; their velocity limit wins over `velocity`.
        thresholds: when a zone is unhealthy.
        velocity: the limit that was built in; None, as built, sets none.
        metrics: where capacity is told.
        clock: wall time, because removals outlive the process.
    """

    def __init__(
        self,
        *,
        name: str,
        nodes: Mapping[str, str],
        zones: Zones,
        reports: ZoneReports,
        levers: LeverStore,
        thresholds: ZoneThresholds,
        velocity: Velocity | None,
        metrics: BalancingMetrics,
        clock: Clock,
    ) -> None:
        self._name = name
        self._nodes = nodes
        self._zones = zones
        self._reports = reports
        self._levers = levers
        self._thresholds = thresholds
        self._velocity = velocity
        self._metrics = metrics
        self._clock = clock

    def turn(self) -> bool:
        """Look once and change DNS if it should be changed."""
        reported = [
            zone
            for report in self._reports.all().values()
            if report.zone in self._nodes and (zone := report.as_zone())
        ]
        record_sets = self._zones.record_sets(self._name)
        before = zones_in_dns(self._name, record_sets)
        wanted = (
            self._everything()
            if before is None
            else self._wanted(before, reported, levers=self._levers.read())
        )
        changes = balancer_changes(
            self._name, record_sets, wanted=wanted, nodes=self._nodes
        )
        if changes and self._change(changes):
            logger.info("in DNS: %s", ", ".join(wanted.names))
        self._tell(wanted, reported)
        return False

    def _wanted(
        self, before: ZonesInDns, reported: list[Zone], *, levers: Levers
    ) -> ZonesInDns:
        """Return what should be in DNS; a zone without a report stays as it is."""
        chosen = choose_zones(
            before,
            reported,
            failover=levers.failover,
            thresholds=self._thresholds,
            velocity=levers.velocity or self._velocity,
            now_ms=self._clock.now_ms(),
        )
        if chosen.held_back:
            logger.info("held back: %s", ", ".join(chosen.held_back))
        known = {zone.name for zone in reported}
        kept = [name for name in before.names if name not in known]
        return ZonesInDns(
            names=tuple(sorted({*chosen.names, *kept})), removals=chosen.removals
        )

    def _everything(self) -> ZonesInDns:
        return ZonesInDns(names=tuple(sorted(self._nodes)))

    def _change(self, changes: tuple[Change, ...]) -> bool:
        try:
            self._zones.change(self._name, changes)
        except BatchRejected as error:
            # Somebody else changed the zone since it was read; the next turn sees.
            logger.warning("not changed: %s", error)
            return False
        return True

    def _tell(self, wanted: ZonesInDns, reported: list[Zone]) -> None:
        targets = {zone.name: zone.targets for zone in reported}
        in_dns = sum(targets.get(name, 0) for name in wanted.names)
        self._metrics.tell(
            {
                IN_DNS_METRIC: float(in_dns),
                TARGETS_METRIC: float(sum(targets.values())),
            }
        )
