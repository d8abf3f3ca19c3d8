"""What does a health checker say of the targets of one zone?

The report that a checker leaves after each round. Whoever decides about DNS, and the
zone's own node, which sends connections to targets, knows no more than what stands in
it; other checkers vote by its results.

Invariant: `parse_report(report.render()) == report`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from gameday.model.health import CheckResult, targets_routed
from gameday.model.zonal_failover import Zone, ZoneThresholds

__all__ = ["TargetReport", "ZoneReport", "parse_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """One target of a zone.

    Attributes:
        instance: its id.
        droplet: that it is on; its address comes from it.
        in_service: whether it should get connections.
    """

    instance: str
    droplet: str
    in_service: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneReport:
    """One zone after one round.

    Attributes:
        zone: its name.
        targets: its targets, sorted by instance.
        results: the last result of every target that this checker checked, also of
            other zones' when checkers vote; sorted.
        waiting: checks' worth of work that the checker has before it.
    """

    zone: str
    targets: tuple[TargetReport, ...]
    results: tuple[tuple[str, CheckResult], ...] = ()
    waiting: int = 0

    def as_zone(self) -> Zone | None:
        """Return the zone for choosing, None while it has no target."""
        if not self.targets:
            return None
        return Zone(
            name=self.zone,
            healthy=sum(target.in_service for target in self.targets),
            targets=len(self.targets),
        )

    def routed(self, thresholds: ZoneThresholds) -> tuple[TargetReport, ...]:
        """Return the targets that the zone's node sends connections to.

        With too few in service these are all of them.
        """
        healthy = tuple(target for target in self.targets if target.in_service)
        routed = targets_routed(
            healthy=len(healthy),
            targets=len(self.targets),
            healthy_min=thresholds.routing_min,
            healthy_percent_min=thresholds.routing_percent_min,
        )
        return healthy if routed == len(healthy) else self.targets

    def render(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(
            {
                "zone": self.zone,
                "targets": [
                    [each.instance, each.droplet, each.in_service]
                    for each in self.targets
                ],
                "results": dict(self.results),
                "waiting": self.waiting,
            }
        )


def parse_report(text: str) -> ZoneReport:
    """Return the report that `render` wrote."""
    given = json.loads(text)
    return ZoneReport(
        zone=given["zone"],
        targets=tuple(
            TargetReport(instance=instance, droplet=droplet, in_service=in_service)
            for instance, droplet, in_service in given["targets"]
        ),
        results=tuple(
            sorted((name, CheckResult(said)) for name, said in given["results"].items())
        ),
        waiting=given["waiting"],
    )
