"""Which numbers do the programs of the network load balancer read?

As in `known_settings.py`, of which these are a part. Every default is as built, or asks
for so little that nothing falls behind; a region that is to show the loop says what its
checkers can do.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.region.setting_kinds import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BALANCER_SETTINGS"]

BALANCER_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "droplets_watched": Setting(
            default=(1, 200), meaning="first and last droplet of this checker's zone"
        ),
        "checker_round_ms": Setting(
            default=500, meaning="each target is due for a health check once a round"
        ),
        "checker_checks_per_round": Setting(
            default=20, meaning="checks that a health checker carries out in a round"
        ),
        "checker_transition_checks": Setting(
            default=4, meaning="what a target's change of state costs, in checks"
        ),
        "checker_deadline_ms": Setting(
            default=500, meaning="a health check that comes later than this is late"
        ),
        "checker_timeout_ms": Setting(
            default=200, meaning="how long a health check waits for its target"
        ),
        "target_unhealthy_after": Setting(
            default=2, meaning="failed checks in a row until a target leaves service"
        ),
        "target_healthy_after": Setting(
            default=1, meaning="passed checks in a row until it comes back"
        ),
        "late_checks_count": Setting(
            default=1, meaning="1: a late check counts as failed; 0: it says nothing"
        ),
        "checkers_voting": Setting(
            default=1, meaning="checkers that are asked about each target"
        ),
        "targets_await_network": Setting(
            default=0, meaning="1: an instance enters service with its network only"
        ),
        "balancer_look_ms": Setting(
            default=500, meaning="time between two looks at what zones report"
        ),
        "zone_healthy_min": Setting(
            default=1, meaning="healthy targets without which a zone is unhealthy"
        ),
        "zone_healthy_percent_min": Setting(
            default=0, meaning="the same, of a hundred targets; 0 is off"
        ),
        "zone_routing_percent_min": Setting(
            default=0, meaning="with fewer healthy of a hundred a node sends to all"
        ),
        "velocity_window_ms": Setting(
            default=0,
            meaning="over how long removals from DNS count; 0: no limit",
        ),
        "velocity_removed_percent_max": Setting(
            default=40, meaning="of all targets, what may leave DNS within that window"
        ),
        "velocity_floor_percent": Setting(
            default=60, meaning="of all targets, what is always in DNS"
        ),
        "target_connections_max": Setting(
            default=2, meaning="connections that one target carries at once"
        ),
        "customers": Setting(
            default=14, meaning="customers of the load balancer that come at once"
        ),
        "customers_stay_ms": Setting(
            default=0, meaning="how long customers keep the connections they got"
        ),
        "customer_tries_max": Setting(
            default=20, meaning="resolutions until a customer gives up"
        ),
        "customer_timeout_ms": Setting(
            default=500, meaning="how long a customer waits to be connected and served"
        ),
    }
)
