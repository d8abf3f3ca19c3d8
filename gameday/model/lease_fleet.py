"""How loaded is a host that keeps leases, and can it get stuck?

One droplet workflow manager renews the lease of every droplet it owns. What decides
its fate is not the number of droplets but two ratios: `rho`, the load of renewals,
and `collapse_number`, the work that is offered when nobody holds a lease and every
droplet tries again each `timeout_ms`, over what the workers can do.

Below 1 every backlog drains. Above 2 the host has two lives with one set of
parameters: it stays well if it is well, and stays stuck if it once gets stuck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum

__all__ = ["FleetState", "LeaseFleet"]


class FleetState(StrEnum):
    """What a fleet's parameters allow."""

    STABLE = "stable"
    """Recovers from any outage by itself."""
    GREY = "grey"
    """Recovers or not, by how far its retries happen to be spread."""
    VULNERABLE = "vulnerable"
    """Well until an outage is long enough, then stuck."""
    OVERLOADED = "overloaded"
    """Cannot keep its leases even without an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseFleet:
    """The droplets of one host and what it costs to keep their leases.

    Attributes:
        droplets: how many the host owns.
        workers: how many calls it has under way at once.
        renew_every_ms: from a renewal to the next.
        lease_ms: how long a lease lasts, from before the call.
        timeout_ms: when an attempt is given up, from the moment it is queued.
        renew_cost_ms: mean time that renewing a held lease takes a worker.
        establish_cost_ms: mean time that establishing a lost one takes.
        fail_cost_ms: time that an attempt takes which does not reach the table.
    """

    droplets: int
    workers: int
    renew_every_ms: int
    lease_ms: int
    timeout_ms: int
    renew_cost_ms: int
    establish_cost_ms: int
    fail_cost_ms: int

    def __post_init__(self) -> None:
        """Refuse what is no number of things and no length of time."""
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(
                    f"need {field.name} >= 1, not {getattr(self, field.name)}"
                )

    @classmethod
    def of_passes(
        cls,
        *,
        droplets: int,
        workers: int,
        renewal_pass_ms: float,
        fleet_time_ms: float,
        renew_every_ms: int = 240_000,
        lease_ms: int = 720_000,
        timeout_ms: int = 240_000,
    ) -> LeaseFleet:
        """Return the fleet whose passes take this long, whatever its size.

        Passes, not costs, are what fleets of different size have in common. An
        attempt that fails costs a worker as much as a renewal.
        """
        renew_cost_ms = max(1, round(renewal_pass_ms * workers / droplets))
        return cls(
            droplets=droplets,
            workers=workers,
            renew_every_ms=renew_every_ms,
            lease_ms=lease_ms,
            timeout_ms=timeout_ms,
            renew_cost_ms=renew_cost_ms,
            establish_cost_ms=max(1, round(fleet_time_ms * workers / droplets)),
            fail_cost_ms=renew_cost_ms,
        )

    @property
    def establish_per_s(self) -> float:
        """Leases that can be established a second (mu_e)."""
        return 1000 * self.workers / self.establish_cost_ms

    @property
    def renewal_pass_ms(self) -> float:
        """Time to renew the whole fleet once (a)."""
        return self.droplets * self.renew_cost_ms / self.workers

    @property
    def fleet_time_ms(self) -> float:
        """Time to establish the whole fleet once (e)."""
        return self.droplets * self.establish_cost_ms / self.workers

    @property
    def rho(self) -> float:
        """Share of the workers' time that renewals take."""
        return self.renewal_pass_ms / self.renew_every_ms

    @property
    def rho_max(self) -> float:
        """The load from which leases run out without any outage.

        Renewal is a closed loop: above 1 it only waits longer, until the wait is
        longer than a time-out or than the slack of a lease.
        """
        slack_ms = self.lease_ms - self.renew_every_ms
        return 1 + min(self.timeout_ms, slack_ms) / self.renew_every_ms

    @property
    def collapse_number(self) -> float:
        """Work offered while nobody holds a lease, over what can be done (A)."""
        return self.collapse_number_after(0)

    def collapse_number_after(self, backoff_mean_ms: float) -> float:
        """Return the collapse number when each retry waits this long (A_b)."""
        return self.fleet_time_ms / (self.timeout_ms + backoff_mean_ms)

    @property
    def job_share(self) -> float:
        """The part of a time-out that one establishing takes.

        Much above 0.02 a host behaves like a small one: whether a job makes its
        deadline is then a matter of single services.
        """
        return self.establish_cost_ms / self.timeout_ms

    def state(self, *, backoff_mean_ms: float = 0) -> FleetState:
        """Return the region of the parameter space that this fleet is in."""
        offered = self.collapse_number_after(backoff_mean_ms)
        if self.rho >= self.rho_max:
            return FleetState.OVERLOADED
        if offered < 1:
            return FleetState.STABLE
        return FleetState.VULNERABLE if offered > 2 else FleetState.GREY

    @property
    def queue_growth_per_s(self) -> float:
        """Return how fast the queue grows while stuck: n/T - mu_e."""
        return 1000 * self.droplets / self.timeout_ms - self.establish_per_s

    def recovery_pass_ms(self, outage_ms: float) -> float:
        """Return how long one pass through the fleet takes after an outage.

        Every droplet waits in the queue when the table is back, and leases go on
        expiring while it is served: with x the share served and t the time since,

            dt/dx = a + (e - a) f(t),  f(t) = clip((outage + t - (L - R)) / R, 0, 1)

        This is its solution, in three parts: all still held, some, none.
        """
        renew_ms, establish_ms = self.renewal_pass_ms, self.fleet_time_ms
        slack_ms = self.lease_ms - self.renew_every_ms
        growth = (establish_ms - renew_ms) / self.renew_every_ms
        first_lost_ms = max(0.0, slack_ms - outage_ms)
        served = first_lost_ms / renew_ms
        if served >= 1 or growth <= 0:
            return renew_ms
        lost_share = min(1.0, max(0.0, (outage_ms - slack_ms) / self.renew_every_ms))
        rate_ms = renew_ms + lost_share * (establish_ms - renew_ms)
        until_all_lost = math.log(establish_ms / rate_ms) / growth
        if served + until_all_lost >= 1:
            grown = rate_ms * math.expm1(growth * (1 - served)) / growth
            return first_lost_ms + grown
        all_lost_ms = first_lost_ms + (establish_ms - rate_ms) / growth
        return all_lost_ms + establish_ms * (1 - served - until_all_lost)

    def critical_outage_ms(self) -> float:
        """Return the longest outage that is survived (D*), infinity if any is.

        The host gets stuck when the last of the pass has been given up before it
        is served.
        """
        if self.fleet_time_ms <= self.timeout_ms:
            return math.inf
        low, high = 0.0, float(self.lease_ms)
        if self.recovery_pass_ms(low) > self.timeout_ms:
            return 0.0
        while high - low > 1:
            middle = (low + high) / 2
            if self.recovery_pass_ms(middle) > self.timeout_ms:
                high = middle
            else:
                low = middle
        return low
