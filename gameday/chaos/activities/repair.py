"""How did people get the endpoint back?

In October 2025 every enactor was wedged: its transaction named a tree that was
gone. Operators installed a healthy tree by hand. `repair_endpoint` does the
same with the operator's own key: it takes the lock like anybody else, builds
the tree of the newest plan, and points root **and** rollback at it in the same
batch, so that the next flip of an enactor finds an existing tree again.
"""

import os
import time

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import Running, failing_plainly, running
from gameday.model.enactment import install_changes

__all__ = ["repair_endpoint"]

_LOCK_TTL_MS = 10_000
_POLL_S = 0.1


def repair_endpoint(
    endpoint: str = "",
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Install a healthy tree of the newest plan by hand, as operators did.

    Args:
        endpoint: the endpoint to repair; the main one when left out.
        timeout_s: give up on the endpoint's lock after this many seconds; the
            activity then fails and says who holds it.

    Returns:
        {"endpoint": its name, "generation": the plan now live, "before": the
        plan that root pointed at, "waited_s": seconds spent on the lock}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)
    with failing_plainly():
        done = _repair(stage, name, timeout_s)
        stage.edge.mark("repair_endpoint", done)
    return done


def _repair(stage: Running, endpoint: str, timeout_s: float) -> JsonObject:
    from gameday.aws.plan_store import PlanStore
    from gameday.aws.zones import Zones
    from gameday.clock import SystemClock
    from gameday.errors import LockHeld
    from gameday.region.endpoint_lock import EndpointLocks

    region = stage.state.region
    plans = PlanStore(
        stage.operator("dynamodb"), stage.policy(), region=region.aws_region
    )
    plan = plans.newest()
    weights = plan.weights_of(endpoint) if plan else None
    if plan is None or weights is None or not weights.serving:
        raise ActivityFailed(f"no plan says what {endpoint} should answer")
    zones = Zones(stage.operator("route53"), stage.policy())
    locks = EndpointLocks(
        zones,
        holder=f"operator/{os.getpid():x}",
        lock_ttl_ms=_LOCK_TTL_MS,
        clock=SystemClock(),
    )
    began = time.monotonic()
    while True:
        try:
            lock = locks.acquire(endpoint)
            break
        except LockHeld as held:
            if time.monotonic() - began > timeout_s:
                raise ActivityFailed(f"{held}; gave up after {timeout_s} s") from held
            time.sleep(_POLL_S)
    waited_s = round(time.monotonic() - began, 3)
    before = zones.observe(endpoint).active
    changes = install_changes(
        weights,
        plan.generation,
        addresses={each.name: each.address for each in region.load_balancers},
        zone_id=zones.zone_id(endpoint),
        ttl_s=region.dns.record_ttl_s,
    )
    locks.release(endpoint, locks.change(endpoint, lock, changes))
    return {
        "endpoint": endpoint,
        "generation": int(plan.generation),
        "before": int(before),
        "waited_s": waited_s,
    }
