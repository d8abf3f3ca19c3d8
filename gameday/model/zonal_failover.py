"""Which zones of a load balancer should be in DNS?

Automatic failover takes a zone out of DNS when too few of its targets are healthy, so
that clients go to the other zones. It believes the health checks: when the checks are
wrong, it takes away capacity that works.

Three things bound what it takes:

1. All zones unhealthy: all zones in DNS (fail open).
2. Switched off: all zones in DNS. This is the lever of 20 October 2025, 09:36.
3. Velocity control: at most a share may be taken within a window, and a floor stays.

Giving capacity back is never held up.

Sources: thresholds and fail open as in the target group health of a Network Load
Balancer (at least 1 healthy target, percentage off, DNS threshold not below the routing
threshold).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gameday.model.health import targets_routed
from gameday.model.velocity import Removal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.velocity import Velocity

__all__ = [
    "Failover",
    "Zone",
    "ZoneThresholds",
    "ZonesInDns",
    "choose_zones",
    "served_share",
]


class Failover(StrEnum):
    """Whether unhealthy zones leave DNS by themselves."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone of a load balancer as the checks see it."""

    name: str
    healthy: int
    targets: int

    def __post_init__(self) -> None:
        """Refuse a zone that cannot be."""
        if not (0 <= self.healthy <= self.targets and self.targets > 0):
            raise ValueError(f"need 0 <= healthy <= targets and a target, not {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneThresholds:
    """From how many healthy targets on a zone is healthy.

    Attributes:
        healthy_min: so many targets, at least.
        healthy_percent_min: so many of a hundred, at least; 0 is off.
        routing_min: with fewer, the zone's load balancer sends to all targets.
        routing_percent_min: the same, of a hundred; 0 is off.
    """

    healthy_min: int = 1
    healthy_percent_min: int = 0
    routing_min: int = 1
    routing_percent_min: int = 0

    def __post_init__(self) -> None:
        """Refuse a zone that would fail open while it is healthy in DNS."""
        if not 0 <= self.routing_min <= self.healthy_min:
            raise ValueError(f"need 0 <= routing_min <= healthy_min, not {self}")
        if not 0 <= self.healthy_percent_min <= 100:
            raise ValueError(f"need 0 <= healthy_percent_min <= 100, not {self}")
        if not 0 <= self.routing_percent_min <= self.healthy_percent_min:
            raise ValueError(
                f"need 0 <= routing_percent_min <= healthy_percent_min, not {self}"
            )

    def is_healthy(self, zone: Zone) -> bool:
        """Answer whether the zone may stay in DNS; both thresholds count."""
        return (
            zone.healthy >= self.healthy_min
            and zone.healthy * 100 >= self.healthy_percent_min * zone.targets
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonesInDns:
    """What of one load balancer is in DNS, and what was taken out lately.

    Attributes:
        names: the zones in DNS, sorted.
        removals: within the velocity window, oldest first; empty without velocity
            control.
        held_back: unhealthy zones that velocity control kept in DNS, sorted.
        failed_open: whether every zone was unhealthy, so that all are in DNS.
    """

    names: tuple[str, ...]
    removals: tuple[Removal, ...] = ()
    held_back: tuple[str, ...] = ()
    failed_open: bool = False

    def weights(self, zones: Sequence[Zone]) -> tuple[tuple[str, int], ...]:
        """Return each zone's weight in DNS: 1 or 0, as a load balancer's nodes have."""
        return tuple((zone.name, int(zone.name in self.names)) for zone in zones)


def choose_zones(
    before: ZonesInDns,
    zones: Sequence[Zone],
    *,
    failover: Failover = Failover.ON,
    thresholds: ZoneThresholds,
    velocity: Velocity | None = None,
    now_ms: int,
) -> ZonesInDns:
    """Return which zones should be in DNS now.

    Args:
        before: what this function returned last.
        zones: every zone of the load balancer, healthy or not.
        failover: the operators' switch.
        thresholds: when a zone is unhealthy.
        velocity: the limit on removals; None, as built, sets none.
        now_ms: any time that never goes back.
    """
    removals = velocity.counted(before.removals, now_ms=now_ms) if velocity else ()
    everything = tuple(sorted(zone.name for zone in zones))
    if failover is Failover.OFF:
        return ZonesInDns(names=everything, removals=removals)
    unhealthy = [zone for zone in zones if not thresholds.is_healthy(zone)]
    if len(unhealthy) == len(zones):
        return ZonesInDns(names=everything, removals=removals, failed_open=True)

    return _without(
        unhealthy,
        before=before,
        zones=zones,
        removals=removals,
        velocity=velocity,
        now_ms=now_ms,
    )


def served_share(
    in_dns: ZonesInDns,
    zones: Sequence[Zone],
    *,
    thresholds: ZoneThresholds,
    demand_targets: float,
) -> float:
    """Return the share of the load that what is in DNS can carry, at most 1.0.

    `demand_targets` is how many targets the load keeps busy. Connection errors begin
    where what remains is less than that, and not before.
    """
    able = sum(
        targets_routed(
            healthy=zone.healthy,
            targets=zone.targets,
            healthy_min=thresholds.routing_min,
            healthy_percent_min=thresholds.routing_percent_min,
        )
        for zone in zones
        if zone.name in in_dns.names
    )
    return min(1.0, able / demand_targets)


def _without(
    unhealthy: Sequence[Zone],
    *,
    before: ZonesInDns,
    zones: Sequence[Zone],
    removals: tuple[Removal, ...],
    velocity: Velocity | None,
    now_ms: int,
) -> ZonesInDns:
    """Take the unhealthy zones out, as far as velocity control lets them go.

    Those that are out stay out before another may go; of the others the worst go first.
    """
    total = sum(zone.targets for zone in zones)
    left = total
    out, held_back = set(), set()
    for zone in sorted(
        unhealthy,
        key=lambda each: (each.name in before.names, _health(each), each.name),
    ):
        taken = zone.targets if zone.name in before.names else 0
        if velocity is not None and not (
            velocity.keeps_floor(left - zone.targets, total=total)
            and (not taken or velocity.may_remove(taken, removals, total=total))
        ):
            held_back.add(zone.name)
            continue
        out.add(zone.name)
        left -= zone.targets
        if velocity is not None and taken:
            removals += (Removal(at_ms=now_ms, targets=taken),)
    return ZonesInDns(
        names=tuple(sorted(zone.name for zone in zones if zone.name not in out)),
        removals=removals,
        held_back=tuple(sorted(held_back)),
    )


def _health(zone: Zone) -> float:
    return zone.healthy / zone.targets
