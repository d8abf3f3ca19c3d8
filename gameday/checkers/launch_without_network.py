"""Was an instance in service before its network was propagated?

A launch succeeds long before the network has heard of it. Who launched the instance
gives it the usual time (`network_within_ms`) and then uses it. In service without
network is the hazard: its customers are refused, and health checks take it for broken.

Witnesses are the calls: the change that told of the launch, and the acknowledgement
that reached its version. An acknowledgement whose reply was lost may have been one;
when the answer depends on such, it is unknown. What the canary saw is told beside it,
not judged: it looks at one instance at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, seconds
from gameday.model.canaries_seen import canary_looks
from gameday.model.network_seen import launch_networks, longest_backlog
from gameday.model.run_span import run_span
from gameday.model.service_health import CanarySays
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.network_seen import LaunchNetwork
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "launch-without-network"
_CANARY = "network-manager"


def check(history: History, world: World) -> Finding:
    """Return invalid when an instance had no network when it was put into service."""
    launches = tuple(launch_networks(history))
    if not launches:
        return _unknown("no launch was told to a network manager")
    end_ns = run_span(history).end_ns
    within_ns = world.network_within_ms * 1_000_000
    late = [e for e in launches if e.without_ns(until_ns=end_ns) > within_ns]
    if late:
        return _in_service_without(late, launches, history, within_ns)
    doubtful = [
        each
        for each in launches
        if each.possibly_without_ns(until_ns=end_ns) > within_ns
    ]
    if doubtful:
        return _unknown(
            f"{len(doubtful)} of {len(launches)} launches depend on acknowledgements "
            "whose reply was lost"
        )
    longest_ns = max(each.without_ns(until_ns=end_ns) for each in launches)
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=(
            f"all {len(launches)} launches had network within "
            f"{within_ns / 1e9:.1f} s, the slowest after {longest_ns / 1e9:.1f} s; up "
            f"to {longest_backlog(history)} changes waited"
        ),
    )


def _in_service_without(
    late: list[LaunchNetwork],
    launches: tuple[LaunchNetwork, ...],
    history: History,
    within_ns: int,
) -> Finding:
    end_ns = run_span(history).end_ns
    worst = max(late, key=lambda each: each.without_ns(until_ns=end_ns))
    refused = [
        look
        for look in canary_looks(history)
        if look.service == _CANARY and look.says is CanarySays.FAILS
    ]
    at_ns = min(each.launched_ns for each in late) + within_ns
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{len(late)} of {len(launches)} launches were in service without network, "
            f"the first at {seconds(at_ns)}, the longest for "
            f"{worst.without_ns(until_ns=end_ns) / 1e9:.1f} s after its launch "
            f"({worst.instance}); up to {longest_backlog(history)} changes waited, and "
            f"the canary was refused {len(refused)} times"
        ),
        at_ns=at_ns,
        ops=tuple(each.op.index for each in late)[:OPS_SHOWN_MAX],
    )


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
