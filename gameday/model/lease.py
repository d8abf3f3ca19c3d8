"""Who may use a droplet, and until when?

A lease is a time-bound right on one droplet. It is counted by the holder from
before the call that acquired it, never from another host's clock: a slow reply
must shorten the holder's belief, not lengthen it. The version number is the
fencing value of the conditional write; it never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.errors import LeaseHeld

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Lease",
    "is_due",
    "may_acquire",
    "next_lease",
    "raise_if_held_elsewhere",
    "share_kept",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One droplet's lease as it was read or written.

    Attributes:
        droplet: the droplet's name.
        holder: who holds it.
        version: grows by one with every write.
        expires_at_ms: epoch milliseconds on the holder's clock.
    """

    droplet: str
    holder: str
    version: int
    expires_at_ms: int


def may_acquire(lease: Lease | None, *, holder: str, now_ms: int) -> bool:
    """Answer whether `holder` may write the lease: free, its own, or expired."""
    return lease is None or lease.holder == holder or lease.expires_at_ms <= now_ms


def raise_if_held_elsewhere(lease: Lease | None, *, holder: str, now_ms: int) -> None:
    """Raise LeaseHeld unless `holder` may write the lease."""
    if lease is not None and not may_acquire(lease, holder=holder, now_ms=now_ms):
        raise LeaseHeld(droplet=lease.droplet, holder=lease.holder)


def next_lease(
    droplet: str, lease: Lease | None, *, holder: str, called_at_ms: int, ttl_ms: int
) -> Lease:
    """Return the lease that the next write asks for.

    `called_at_ms` is the time before the call was made.
    """
    return Lease(
        droplet=droplet,
        holder=holder,
        version=(lease.version if lease else 0) + 1,
        expires_at_ms=called_at_ms + ttl_ms,
    )


def is_due(lease: Lease | None, *, now_ms: int, ttl_ms: int) -> bool:
    """Answer whether it is time to renew: half of the lease has gone by."""
    return lease is None or lease.expires_at_ms - now_ms <= ttl_ms // 2


def share_kept(leases: Iterable[Lease], *, now_ms: int) -> float:
    """Return the share of leases that have not expired, 0.0 when there are none."""
    kept = [lease.expires_at_ms > now_ms for lease in leases]
    return sum(kept) / len(kept) if kept else 0.0
