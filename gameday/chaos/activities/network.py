"""What can be done to the paths between clients and the endpoints?

Load balancers stand behind the addresses that DNS answers. Propagation is what
carries a change in Route 53 to the DNS servers that clients ask.
"""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import failing_plainly, running

__all__ = [
    "bring_load_balancer_up",
    "pause_propagation",
    "resume_propagation",
    "take_load_balancer_down",
]

_DOWN = ("refusing", "black-holed", "resetting")


def take_load_balancer_down(
    load_balancer: str,
    state: str = "refusing",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Make a load balancer unreachable, for new connections at least.

    Args:
        load_balancer: its name in the region file, e.g. "lb-1".
        state: "refusing" refuses new connections and leaves old ones alone;
            "black-holed" never answers anybody; "resetting" takes connections
            and resets them when a request arrives, old ones at once.

    Returns:
        {"load_balancer": its name, "state": its state}.
    """
    if state not in _DOWN:
        raise ActivityFailed(f"state is one of {', '.join(_DOWN)}, not {state!r}")
    with failing_plainly():
        running(configuration).edge.set_load_balancer(load_balancer, state)
    return {"load_balancer": load_balancer, "state": state}


def bring_load_balancer_up(
    load_balancer: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Make a load balancer reachable again.

    Args:
        load_balancer: its name in the region file, e.g. "lb-1".

    Returns:
        {"load_balancer": its name, "state": "up"}.
    """
    with failing_plainly():
        running(configuration).edge.set_load_balancer(load_balancer, "up")
    return {"load_balancer": load_balancer, "state": "up"}


def pause_propagation(
    edge: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Keep changes in Route 53 from reaching the DNS servers, or one of them.

    With one of several, a change reaches a part of the world only. GetChange
    answers PENDING for every change until all DNS servers have it.

    Args:
        edge: address of one DNS server, e.g. "127.0.30.1"; all when left out.

    Returns:
        {"propagation": "paused", "edge": the DNS server, "" for all}.
    """
    return _propagation(configuration, "paused", edge)


def resume_propagation(
    edge: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let changes in Route 53 reach the DNS servers again, or one of them.

    Args:
        edge: address of one DNS server, e.g. "127.0.30.1"; all when left out.

    Returns:
        {"propagation": "running", "edge": the DNS server, "" for all}.
    """
    return _propagation(configuration, "running", edge)


def _propagation(configuration: Configuration, state: str, edge: str) -> JsonObject:
    with failing_plainly():
        running(configuration).edge.set_propagation(state, edge)
    return {"propagation": state, "edge": edge}
