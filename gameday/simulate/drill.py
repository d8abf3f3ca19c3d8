"""What is the shortest story in which a collapse and a mitigation can be judged?

A host in steady state, an outage that no lease outlasts, a while in which the table
is back and the host stays stuck, the time in which an operator holds the levers, and
a time after they were let go. Every length is taken from the fleet, so a small, a
large and a compressed fleet play the same story.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gameday.model.levers import AS_BUILT
from gameday.simulate.scenario import Outage, Pull, Restart, Scenario

if TYPE_CHECKING:
    from gameday.model.lease_fleet import LeaseFleet
    from gameday.model.mitigations import Pulled

__all__ = ["Drill"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """The standard story for one fleet, as scenarios.

    Attributes:
        fleet: whose drill it is.
        slow_at_queue: as in `Scenario`.
    """

    fleet: LeaseFleet
    slow_at_queue: int | None = None

    @property
    def outage(self) -> Outage:
        """The outage: longer than a lease and a time-out."""
        from_ms = self.fleet.timeout_ms * 5 // 2
        lasts_ms = self.fleet.lease_ms + 2 * self.fleet.timeout_ms
        return Outage(from_ms=from_ms, to_ms=from_ms + lasts_ms)

    @property
    def pulled_ms(self) -> int:
        """When the operator acts: five time-outs after the table is back."""
        return self.outage.to_ms + 5 * self.fleet.timeout_ms

    @property
    def let_go_ms(self) -> int:
        """When the operator lets go, long after a mitigation has had its time."""
        return self.pulled_ms + 18 * self.fleet.timeout_ms

    @property
    def horizon_ms(self) -> int:
        """When the drill ends: three leases or fleet times after the letting go."""
        longest_ms = max(self.fleet.lease_ms, round(self.fleet.fleet_time_ms))
        return self.let_go_ms + 3 * longest_ms

    def untouched(self) -> Scenario:
        """Return the drill in which nobody acts: the null of every pair."""
        return replace(self.without_outage(), outage=self.outage)

    def treated(self, pulled: Pulled) -> Scenario:
        """Return the drill in which the operator acts and later lets go."""
        restarts: tuple[Restart, ...] = ()
        if pulled.rediscovery_ms is not None:
            restarts = (
                Restart(at_ms=self.pulled_ms, rediscovery_ms=pulled.rediscovery_ms),
            )
        return replace(
            self.untouched(),
            pulls=(
                Pull(at_ms=self.pulled_ms, levers=pulled.levers),
                Pull(at_ms=self.let_go_ms, levers=AS_BUILT),
            ),
            restarts=restarts,
        )

    def without_outage(self) -> Scenario:
        """Return the control: nothing happens to a host as it was built."""
        return Scenario(
            fleet=self.fleet,
            horizon_ms=self.horizon_ms,
            slow_at_queue=self.slow_at_queue,
            sample_every_ms=self.fleet.timeout_ms // 4,
        )

    def treated_without_outage(self, pulled: Pulled) -> Scenario:
        """Return the control of a mitigation: its levers, always on, for nothing."""
        return replace(self.without_outage(), levers=pulled.levers)
