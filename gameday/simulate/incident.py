"""How does 20 October 2025 look in the model?

The outage and the operators' acts at the minutes of AWS's summary, counted from
23:48 PDT; everything else is free (`free_parameters`). The two numbers that the
record pins together are the throttle's rate and the stagger of the restarts: all
leases were back 74 minutes after the operators began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.admission import AdmissionRule, Throttle
from gameday.model.levers import AS_BUILT, Levers
from gameday.simulate.scenario import Outage, Pull, Restart, Scenario

if TYPE_CHECKING:
    from gameday.model.lease_fleet import LeaseFleet

__all__ = ["MINUTE_MS", "incident"]

MINUTE_MS = 60_000

_DNS_RESTORED = 157
_OPERATORS_ACT = 266
_THROTTLES_RELAXED = 695
_END = 872

_THROTTLE_SHARE = 0.6
_STAGGER = 50
_CONNECTIONS_LOST_OVER = 140
_CACHES_CLEAR_OVER = 15


def incident(
    fleet: LeaseFleet,
    *,
    hosts: int,
    operators_act_at: int | None = _OPERATORS_ACT,
    end: int = _END,
) -> Scenario:
    """Return the day as a scenario; minutes count from 23:48 PDT.

    Operators throttle establishing and restart the hosts one after the other.
    `operators_act_at` None: nobody ever acts.
    """
    pulls: tuple[Pull, ...] = ()
    restarts: tuple[Restart, ...] = ()
    if operators_act_at is not None:
        throttle = Throttle(per_s=_THROTTLE_SHARE * fleet.establish_per_s)
        at_ms = operators_act_at * MINUTE_MS
        pulls = (
            Pull(
                at_ms=at_ms, levers=Levers(admission=AdmissionRule(throttle=throttle))
            ),
            Pull(at_ms=_THROTTLES_RELAXED * MINUTE_MS, levers=AS_BUILT),
        )
        restarts = (
            Restart(
                at_ms=at_ms,
                over_ms=_STAGGER * MINUTE_MS,
                rediscovery_ms=fleet.timeout_ms // 48,
            ),
        )
    return Scenario(
        fleet=fleet,
        hosts=hosts,
        horizon_ms=end * MINUTE_MS,
        outage=Outage(
            from_ms=0,
            to_ms=_DNS_RESTORED * MINUTE_MS,
            lost_over_ms=_CONNECTIONS_LOST_OVER * MINUTE_MS,
            back_over_ms=_CACHES_CLEAR_OVER * MINUTE_MS,
        ),
        pulls=pulls,
        restarts=restarts,
    )
