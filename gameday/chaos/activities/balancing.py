"""What can operators do about a load balancer that loses zones, and what do they see?

Automatic failover and its limit are levers, left in AWS where load balancing and its
health checkers read them. What customers got is what they told CloudWatch.
"""

import time

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.droplets import change_levers
from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonList, JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import Running, failing_plainly, running

__all__ = [
    "await_zones_in_dns",
    "fewest_zones_in_dns",
    "limit_removals",
    "share_of_connections_served",
    "switch_failover",
    "watch_connections",
    "zones_in_dns",
]

_POLL_S = 0.25


def switch_failover(
    state: str = "off",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Switch automatic zonal failover off or on; the other levers stay.

    Off, every zone is in DNS, which is what AWS did at 09:36, and its price: a zone
    that fails stays.

    Args:
        state: "off" or "on".

    Returns:
        {"levers": what the programs will read}.
    """
    from gameday.model.zonal_failover import Failover

    if state not in set(Failover):
        raise ActivityFailed(f"automatic failover is off or on, not {state!r}")
    _balancer(running(configuration))
    return change_levers({"failover": state}, configuration=configuration)


def limit_removals(
    window_s: float = 30,
    removed_percent_max: int = 40,
    floor_percent: int = 60,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Set velocity control of automatic failover; the other levers stay.

    Args:
        window_s: over how long removals are counted.
        removed_percent_max: of all targets, what may leave DNS within the window.
        floor_percent: of all targets, what is always in DNS.

    Returns:
        {"levers": what the programs will read}.
    """
    _balancer(running(configuration))
    velocity = {
        "window_ms": round(window_s * 1000),
        "removed_percent_max": removed_percent_max,
        "floor_percent": floor_percent,
    }
    return change_levers({"velocity": velocity}, configuration=configuration)


def zones_in_dns(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonList:
    """Look into the load balancer's hosted zone: which zones have a weight?

    Returns:
        a sorted list of zones; [] before there are any.
    """
    return _zones(running(configuration))


def fewest_zones_in_dns(
    within_s: float = 1,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Count the zones that were in DNS lately when they were fewest.

    Args:
        within_s: how far back to look; a zone that left and came back since counts.

    Returns:
        how many zones, by the change batches of the load balancer's hosted zone.
    """
    from gameday.model.balancing_seen import fewest_zones

    stage = running(configuration)
    name = _balancer(stage)
    with failing_plainly():
        history = recorded(stage)
    now_ns = max((op.end_ns for op in history), default=0)
    return fewest_zones(history, name, since_ns=now_ns - round(within_s * 1e9))


def share_of_connections_served(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> float:
    """Find which share of their connections the customers got last.

    Returns:
        0.0 to 1.0, as they told it last; 0.0 before they came.
    """
    from gameday.model.balancing_seen import served_shares

    shares = served_shares(recorded(running(configuration)))
    return shares[-1] if shares else 0.0


def await_zones_in_dns(
    at_most: int = 2,
    at_least: int = 0,
    timeout_s: float = 20,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until so many zones of the load balancer are in DNS.

    Args:
        at_most: no more than these.
        at_least: no fewer than these.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"zones": those in DNS, "waited_s"}.
    """
    stage = running(configuration)
    seen: list[str] = []

    def reached() -> list[str] | None:
        seen[:] = _zones(stage)
        return seen if at_least <= len(seen) <= at_most else None

    with failing_plainly():
        zones, waited_s = wait_until(
            reached,
            timeout_s,
            lambda: (
                f"in DNS are {', '.join(seen) or 'no zones'}; waited for {at_least} "
                f"to {at_most}"
            ),
        )
    return {"zones": zones, "waited_s": waited_s}


def watch_connections(
    at_most_s: float = 10,
    until_at_least: float = 2.0,
    until_at_most: float = -1.0,
    looks: int = 1,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let time pass, and note which share of connections customers got.

    Nothing is judged here: the hypothesis and the checkers do that.

    Args:
        at_most_s: seconds to watch.
        until_at_least: stop early once the last looks served at least this share.
        until_at_most: stop early once the last looks served no more than this.
        looks: so many looks in a row must have, that began after the watching.

    Returns:
        {"shares": one a look, "lowest", "last", "watched_s"}.
    """
    from gameday.model.balancing_seen import served_shares

    stage = running(configuration)
    since_ns = max((op.end_ns for op in recorded(stage)), default=0)
    began = time.monotonic()
    while True:
        shares = served_shares(recorded(stage), since_ns=since_ns)
        # The first one may have begun before.
        last = shares[1:][-looks:]
        watched_s = time.monotonic() - began
        reached = len(last) == looks and (
            min(last) >= until_at_least or max(last) <= until_at_most
        )
        if reached or watched_s >= at_most_s:
            return {
                "shares": [round(each, 3) for each in shares],
                "lowest": min(shares, default=0.0),
                "last": shares[-1] if shares else 0.0,
                "watched_s": round(watched_s, 3),
            }
        time.sleep(min(_POLL_S, max(0.0, at_most_s - watched_s)))


def _zones(stage: Running) -> list[str]:
    from gameday.model.balancer_records import zone_weights
    from gameday.model.zone_wire import parse_record_set

    name = _balancer(stage)
    with failing_plainly():
        zone = stage.edge.zone(name)
    weights = zone_weights(name, map(parse_record_set, zone["record_sets"]))
    return sorted(zone for zone, weight in weights.items() if weight)


def _balancer(stage: Running) -> str:
    balancer = stage.state.region.balancer
    if balancer is None:
        region = stage.state.region.name
        raise ActivityFailed(
            f"region {region} has no load balancer; take the region balancing"
        )
    return balancer.name
