"""What can be done about a droplet workflow manager that is stuck?

Each entry is what an operator pulls, with or without a restart of the host. Whether
it helps is not written here: the tests and the experiments find it out, each beside
the run without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gameday.model.admission import AdmissionRule, Throttle
from gameday.model.backoff import RetryQuotaRule
from gameday.model.breaker import BreakerRule
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.work_queue import Order, QueueRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.lease_fleet import LeaseFleet

__all__ = ["Mitigation", "Pulled", "mitigations"]

_ESTABLISH_SHARE = 0.8
"""Throttles let in this part of what the workers could establish."""

_OUTCOMES_MIN_MOST = 20
"""So many outcomes of a window are enough for a breaker of any host."""

_DROP_SHARE = 0.1
"""A job this part of the time-out from its deadline is dropped."""


class Mitigation(StrEnum):
    """The mitigations that are compared."""

    THROTTLE = "throttle"
    RESTART = "restart"
    RESTART_SLOWLY = "restart-slowly"
    """Finding the droplets again takes longer than establishing them all."""
    THROTTLE_AND_RESTART = "throttle-and-restart"
    """What AWS did."""
    THROTTLE_ALL_AND_RESTART = "throttle-all-and-restart"
    """The throttle does not tell renewals from establishing."""
    DROP = "drop"
    BOUND = "bound"
    BOUND_AND_DROP = "bound-and-drop"
    ONE_PER_DROPLET = "one-per-droplet"
    LIFO = "lifo"
    BREAKER = "breaker"
    """It closes fully."""
    BREAKER_AND_DROP = "breaker-and-drop"
    SLOW_BREAKER = "slow-breaker"
    """It starts slowly again."""
    SLOW_BREAKER_AND_DROP = "slow-breaker-and-drop"
    SLOW_BREAKER_AND_RESTART = "slow-breaker-and-restart"
    RETRY_QUOTA = "retry-quota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A mitigation for one fleet.

    Attributes:
        levers: what the manager works by.
        rediscovery_ms: the host restarts, and finds its droplets again over this
            time; None: it does not restart.
    """

    levers: Levers
    rediscovery_ms: int | None = None


def mitigations(fleet: LeaseFleet) -> Mapping[Mitigation, Pulled]:
    """Return every mitigation, with its numbers taken from the fleet's."""
    prompt_ms = fleet.timeout_ms // 48
    slow_ms = round(fleet.fleet_time_ms * 4 / 3)
    jobs_max = max(1, round(fleet.establish_per_s * fleet.timeout_ms / 2000))
    drop_within_ms = max(fleet.establish_cost_ms, round(_DROP_SHARE * fleet.timeout_ms))
    drop = QueueRule(drop_within_ms=drop_within_ms)
    throttle, throttle_all = _throttle(fleet), _throttle(fleet, renewals_too=True)
    breaker, slow = _breaker(fleet), _breaker(fleet, starts_slowly=True)
    return {
        Mitigation.THROTTLE: Pulled(levers=throttle),
        Mitigation.RESTART: Pulled(levers=AS_BUILT, rediscovery_ms=prompt_ms),
        Mitigation.RESTART_SLOWLY: Pulled(levers=AS_BUILT, rediscovery_ms=slow_ms),
        Mitigation.THROTTLE_AND_RESTART: Pulled(
            levers=throttle, rediscovery_ms=prompt_ms
        ),
        Mitigation.THROTTLE_ALL_AND_RESTART: Pulled(
            levers=throttle_all, rediscovery_ms=prompt_ms
        ),
        Mitigation.DROP: Pulled(levers=Levers(queue=drop)),
        Mitigation.BOUND: Pulled(levers=Levers(queue=QueueRule(jobs_max=jobs_max))),
        Mitigation.BOUND_AND_DROP: Pulled(
            levers=Levers(queue=replace(drop, jobs_max=jobs_max))
        ),
        Mitigation.ONE_PER_DROPLET: Pulled(
            levers=Levers(queue=QueueRule(one_per_droplet=True))
        ),
        Mitigation.LIFO: Pulled(levers=Levers(queue=QueueRule(order=Order.LIFO))),
        Mitigation.BREAKER: Pulled(levers=breaker),
        Mitigation.BREAKER_AND_DROP: Pulled(levers=replace(breaker, queue=drop)),
        Mitigation.SLOW_BREAKER: Pulled(levers=slow),
        Mitigation.SLOW_BREAKER_AND_DROP: Pulled(levers=replace(slow, queue=drop)),
        Mitigation.SLOW_BREAKER_AND_RESTART: Pulled(
            levers=slow, rediscovery_ms=prompt_ms
        ),
        Mitigation.RETRY_QUOTA: Pulled(levers=Levers(quota=RetryQuotaRule())),
    }


def _throttle(fleet: LeaseFleet, *, renewals_too: bool = False) -> Levers:
    throttle = Throttle(
        per_s=_ESTABLISH_SHARE * fleet.establish_per_s, renewals_too=renewals_too
    )
    return Levers(admission=AdmissionRule(throttle=throttle))


def _breaker(fleet: LeaseFleet, *, starts_slowly: bool = False) -> Levers:
    rate = _ESTABLISH_SHARE * fleet.establish_per_s if starts_slowly else None
    # Stuck, a quarter of the droplets end an attempt in a window; half of those decide.
    breaker = BreakerRule(
        window_ms=fleet.timeout_ms // 4,
        open_ms=fleet.timeout_ms // 4,
        outcomes_min=min(_OUTCOMES_MIN_MOST, max(1, fleet.droplets // 8)),
        slow_start_per_s=rate,
    )
    return Levers(admission=AdmissionRule(breaker=breaker))
