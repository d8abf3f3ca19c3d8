"""Are the leases of the droplets kept?

What a launch, the customer of the droplet workflow managers, would find: a lease is
kept as long as its record goes on changing. The expiry in a record is its writer's
time and says nothing here (`model/lease.py`); a version that has stood for a whole
lease is one that nobody renewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.clock import monotonic_ms
from gameday.errors import ServiceUnavailable
from gameday.model.lease import Sighting, may_steal, sighting

if TYPE_CHECKING:
    from gameday.aws.leases import LeaseTable
    from gameday.clock import Clock

__all__ = ["LeaseCanary"]


class LeaseCanary:
    """Watches the lease table.

    A lease that is seen for the first time counts as kept for as long as a lease
    lasts: nothing is known against it.

    Args:
        service: whose customer it is.
        table: by the gateway.
        lease_ttl_ms: how long a lease lasts.
        kept_share_least: below it the managers do not do their work.
        clock: of the canary's host.
    """

    def __init__(
        self,
        *,
        service: str,
        table: LeaseTable,
        lease_ttl_ms: int,
        kept_share_least: float,
        clock: Clock,
    ) -> None:
        self._service = service
        self._table = table
        self._lease_ttl_ms = lease_ttl_ms
        self._kept_share_least = kept_share_least
        self._clock = clock
        self._seen: dict[str, Sighting] = {}

    def ask(self) -> None:
        """Look once; raises ServiceUnavailable when too few leases are kept."""
        leases = self._table.all()
        now_ms = monotonic_ms(self._clock)
        for lease in leases:
            self._seen[lease.droplet] = sighting(
                self._seen.get(lease.droplet), version=lease.version, now_ms=now_ms
            )
        kept = sum(
            not may_steal(seen, ttl_ms=self._lease_ttl_ms, now_ms=now_ms)
            for seen in self._seen.values()
        )
        if not self._seen or kept < self._kept_share_least * len(self._seen):
            raise ServiceUnavailable(
                service=self._service,
                why=f"{kept} of {len(self._seen)} leases are kept",
            )
