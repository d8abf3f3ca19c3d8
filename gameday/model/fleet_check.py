"""Does the model mean anything for this fleet, and can it show the collapse?

Two questions, both answered before anything starts, with every inequality that
fails, its two sides, and what to change. Outside the first the formulas are about
something else; outside the second nothing is wrong, there is only nothing to see.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.model.lease_fleet import FleetState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.lease_fleet import LeaseFleet

__all__ = [
    "CRITICAL_OUTAGE_MARGIN",
    "JOB_SHARE_MAX",
    "collapse_problems",
    "fleet_problems",
    "raise_if_meaningless",
]

JOB_SHARE_MAX = 0.1
"""One establishing may take this part of a time-out. From about 0.07 on recovery was
measured to be late; for curves that do not depend on the size keep it under 0.02."""

CRITICAL_OUTAGE_MARGIN = 1.15
"""D* is a fluid limit; single runs were measured to need up to this much more."""


def fleet_problems(fleet: LeaseFleet) -> tuple[str, ...]:
    """Return every inequality of the model that the fleet breaks; empty: it holds."""
    return tuple(_broken_inequalities(fleet))


def raise_if_meaningless(fleet: LeaseFleet) -> None:
    """Raise InvalidInput with every inequality that the fleet breaks."""
    problems = fleet_problems(fleet)
    if problems:
        raise InvalidInput(*problems)


def collapse_problems(
    fleet: LeaseFleet, *, outage_ms: int, backoff_mean_ms: float = 0
) -> tuple[str, ...]:
    """Return why an outage of this length would not leave the host stuck.

    For an experiment that expects the collapse. Empty: it will.
    """
    problems = list(fleet_problems(fleet))
    offered = fleet.collapse_number_after(backoff_mean_ms)
    if fleet.state(backoff_mean_ms=backoff_mean_ms) in {
        FleetState.STABLE,
        FleetState.GREY,
    }:
        problems.append(
            "droplets * establish_cost_ms / workers / (timeout_ms + back-off) > 2 "
            f"fails: {offered:.3g}; the host may recover by itself: shorten the "
            "time-out, the back-off, or make establishing dearer"
        )
    critical_ms = fleet.critical_outage_ms()
    needed_ms = critical_ms * CRITICAL_OUTAGE_MARGIN
    if outage_ms < needed_ms and math.isfinite(critical_ms):
        problems.append(
            f"outage_ms >= {CRITICAL_OUTAGE_MARGIN} * critical outage fails: "
            f"{outage_ms} < {needed_ms:.0f}; leases outlast it: lengthen the outage"
        )
    return tuple(problems)


def _broken_inequalities(fleet: LeaseFleet) -> Iterator[str]:
    fail_pass_ms = fleet.droplets * fleet.fail_cost_ms / fleet.workers
    if fleet.workers > fleet.droplets:
        yield (
            f"workers <= droplets fails: {fleet.workers} > {fleet.droplets}; a worker "
            "without a droplet changes nothing: take fewer"
        )
    if fleet.renew_every_ms >= fleet.lease_ms:
        yield (
            f"renew_every_ms < lease_ms fails: {fleet.renew_every_ms} >= "
            f"{fleet.lease_ms}; a lease runs out before it is due: renew at a third"
        )
    if fleet.renew_cost_ms > fleet.establish_cost_ms:
        yield (
            f"renew_cost_ms <= establish_cost_ms fails: {fleet.renew_cost_ms} > "
            f"{fleet.establish_cost_ms}; losing leases would lighten the load"
        )
    if fleet.job_share > JOB_SHARE_MAX:
        yield (
            f"establish_cost_ms / timeout_ms <= {JOB_SHARE_MAX} fails: "
            f"{fleet.job_share:.3g}; single services decide, not the queue: take more "
            "droplets or fewer workers for the same passes"
        )
    if fail_pass_ms >= fleet.timeout_ms:
        yield (
            "droplets * fail_cost_ms / workers < timeout_ms fails: "
            f"{fail_pass_ms:.0f} >= {fleet.timeout_ms}; attempts time out in the "
            "outage itself, so its length decides nothing: let failures cost less"
        )
    if fleet.rho >= fleet.rho_max:
        yield (
            "rho < 1 + min(timeout_ms, lease_ms - renew_every_ms) / renew_every_ms "
            f"fails: {fleet.rho:.3g} >= {fleet.rho_max:.3g}; the host is overloaded "
            "without any outage: take more workers or cheaper renewals"
        )
