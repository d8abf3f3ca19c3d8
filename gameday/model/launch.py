"""On which droplet may an instance be launched, and why is a launch refused?

A droplet is a candidate while somebody holds its lease. Whoever launches is not the
holder and has another clock, so the expiry that stands in the record says nothing to
it. It watches the record's version, as one does who would steal the lease: a version
that it has seen to change was written since its look before, and the lease lasts a
known time from there. The margin is what the holder may have spent before it wrote.

Invariant: a droplet of which nothing is known is no candidate. No lease, no launch; an
idle fleet without leases is "insufficient capacity".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gameday.model.lease import Lease

__all__ = ["LeaseWatch", "Refusal", "choose_droplet"]


class Refusal(StrEnum):
    """EC2's error codes for a launch that does not happen."""

    INSUFFICIENT_CAPACITY = "InsufficientInstanceCapacity"
    """No droplet is leased and free."""
    REQUEST_LIMIT = "RequestLimitExceeded"
    """Operators have throttled what comes in."""
    UNAVAILABLE = "Unavailable"
    """What a launch needs could not be reached, or its outcome is not known."""


@dataclass(slots=True)
class _Seen:
    version: int
    written_since_ms: int | None


class LeaseWatch:
    """What is known of leases that others hold, on the watcher's own clock.

    Args:
        ttl_ms: how long a lease lasts.
        margin_ms: from before an attempt to its write, at most.
    """

    def __init__(self, *, ttl_ms: int, margin_ms: int) -> None:
        self._lasts_ms = ttl_ms - margin_ms
        self._seen: dict[str, _Seen] = {}
        self._looked_at_ms: int | None = None

    def look(self, leases: Iterable[Lease], *, now_ms: int) -> None:
        """Take in all records as they were read at one time."""
        for lease in leases:
            seen = self._seen.get(lease.droplet)
            if seen is None:
                self._seen[lease.droplet] = _Seen(lease.version, None)
            elif seen.version != lease.version:
                seen.version = lease.version
                seen.written_since_ms = self._looked_at_ms
        self._looked_at_ms = now_ms

    def held(self, *, now_ms: int) -> list[str]:
        """Return the droplets that are surely leased now, the longest first.

        Those of which the same is known come in an order that follows no numbers: a
        zone's droplets are numbered one after the other, and what is launched is to
        be spread over zones.
        """
        held = [
            (-seen.written_since_ms, crc32(droplet.encode()), droplet)
            for droplet, seen in self._seen.items()
            if seen.written_since_ms is not None
            and now_ms - seen.written_since_ms < self._lasts_ms
        ]
        return [droplet for _, _, droplet in sorted(held)]


def choose_droplet(held: Iterable[str], *, occupied: Collection[str]) -> str | None:
    """Return the first leased droplet that is free, None when there is none."""
    return next((droplet for droplet in held if droplet not in occupied), None)
