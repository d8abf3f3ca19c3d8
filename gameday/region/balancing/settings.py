"""What do a region's settings make of its load balancer, and does it mean anything?

The numbers as the values that the models take. A region with numbers under which the
feedback loops say nothing is refused before it starts, with the inequality that fails:
a checker that falls behind although nothing flaps, or a velocity limit under which no
zone can ever leave DNS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.health import (
    Checker,
    LateChecks,
    Thresholds,
    checker_problems,
)
from gameday.model.velocity import Velocity, velocity_problems
from gameday.model.zonal_failover import ZoneThresholds
from gameday.region.balancing.health_checker import CheckRules
from gameday.region.known_settings import given_number, given_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = [
    "BALANCING_PROGRAMS",
    "CHECKER_PROGRAM",
    "balancer_problems",
    "built_in_velocity",
    "check_rules",
    "checker",
    "targets_watched",
    "zone_thresholds",
]

BALANCING_PROGRAMS = "gameday.region.balancing.main:"
CHECKER_PROGRAM = f"{BALANCING_PROGRAMS}health_checker"


def checker(settings: Mapping[str, Any]) -> Checker:
    """Return the capacity of a health checker; ValueError for one that is none."""
    return Checker(
        round_ms=_whole(settings, "checker_round_ms"),
        checks_per_round=_whole(settings, "checker_checks_per_round"),
        transition_checks=_whole(settings, "checker_transition_checks"),
        deadline_ms=_whole(settings, "checker_deadline_ms"),
    )


def check_rules(settings: Mapping[str, Any]) -> CheckRules:
    """Return how results become health; ValueError for what no load balancer takes."""
    counts = _whole(settings, "late_checks_count")
    return CheckRules(
        thresholds=Thresholds(
            unhealthy=_whole(settings, "target_unhealthy_after"),
            healthy=_whole(settings, "target_healthy_after"),
        ),
        late=LateChecks.FAILED if counts else LateChecks.IGNORED,
        voters=_whole(settings, "checkers_voting"),
    )


def zone_thresholds(settings: Mapping[str, Any]) -> ZoneThresholds:
    """Return from how many healthy targets on a zone is healthy."""
    return ZoneThresholds(
        healthy_min=_whole(settings, "zone_healthy_min"),
        healthy_percent_min=_whole(settings, "zone_healthy_percent_min"),
        routing_percent_min=_whole(settings, "zone_routing_percent_min"),
    )


def built_in_velocity(settings: Mapping[str, Any]) -> Velocity | None:
    """Return the velocity limit that a region is built with; None as built."""
    window_ms = _whole(settings, "velocity_window_ms")
    if not window_ms:
        return None
    return Velocity(
        window_ms=window_ms,
        removed_percent_max=_whole(settings, "velocity_removed_percent_max"),
        floor_percent=_whole(settings, "velocity_floor_percent"),
    )


def targets_watched(settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return the numbers of the first and last droplet of a checker's zone.

    Raises ValueError when it has none.
    """
    name = "droplets_watched"
    first, last = given_span(settings, name)
    if not 1 <= first <= last:
        raise ValueError(f"1 <= first <= last fails for {name}: [{first}, {last}]")
    return first, last


def balancer_problems(
    region: Region, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (actor, why not) for each checker whose numbers mean nothing.

    Args:
        region: whose programs are looked at.
        settings: numbers that win over the region's and the actors' own.
    """
    sizes: dict[str, int] = {}
    given = region.settings_of((CHECKER_PROGRAM,), over=settings)
    for name, each in given.items():
        try:
            first, last = targets_watched(each)
        except ValueError as error:
            yield name, str(error)
        else:
            sizes[name] = last - first + 1
    for name, size in sizes.items():
        try:
            problems = _problems(given[name], size=size, sizes=tuple(sizes.values()))
        except ValueError as error:
            problems = (str(error),)
        for problem in problems:
            yield name, problem


def _problems(
    settings: Mapping[str, Any], *, size: int, sizes: tuple[int, ...]
) -> tuple[str, ...]:
    rules = check_rules(settings)
    if not 1 <= rules.voters <= len(sizes):
        return (
            f"1 <= checkers_voting <= checkers fails: {rules.voters} and {len(sizes)}",
        )
    due = sum(sizes) if rules.voters > 1 else size
    velocity = built_in_velocity(settings)
    limits = (
        velocity_problems(velocity, smallest=min(sizes), total=sum(sizes))
        if velocity
        else ()
    )
    zone_thresholds(settings)
    return (*checker_problems(checker(settings), due=due), *limits)


def _whole(settings: Mapping[str, Any], name: str) -> int:
    return round(given_number(settings, name))
