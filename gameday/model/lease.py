"""Who may use a droplet, and until when?

A lease is a time-bound right on one droplet. It is counted by the holder from
before the call that acquired it, never from another host's clock: a slow reply
must shorten the holder's belief, not lengthen it. The version number is the
fencing value of the conditional write; it never goes back.

How a lease changes hands, after the DynamoDB lock client: no host compares another
host's time with its own. Whoever wants the lease notes the version it saw and when,
on its own clock (`Sighting`), and may steal once that version has stood for a whole
lease (`may_steal`). The dangerous order is the other one: to compare the recorded
expiry with one's own clock steals from a holder whose clock is behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gameday.errors import LeaseHeld

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Answer",
    "Lease",
    "Sighting",
    "held_until_ms",
    "is_due",
    "may_steal",
    "next_lease",
    "raise_if_held_elsewhere",
    "share_kept",
    "sighting",
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


class Answer(StrEnum):
    """What came back from one call that asked for a lease."""

    WRITTEN = "written"
    """The conditional write took effect."""
    LOST = "lost"
    """The condition failed: another holder wrote since."""
    UNAVAILABLE = "unavailable"
    """The service answered that it cannot serve (503)."""
    UNREACHABLE = "unreachable"
    """The service was not reached: its name has no address, or nobody listens."""
    UNKNOWN = "unknown"
    """No reply came; the write may have taken effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one host has seen of a lease that another holds.

    Attributes:
        version: the record version number it saw last.
        since_ms: when it first saw that version, on its own clock.
    """

    version: int
    since_ms: int


def sighting(before: Sighting | None, *, version: int, now_ms: int) -> Sighting:
    """Return the sighting after the record was read with this version."""
    if before is not None and before.version == version:
        return before
    return Sighting(version=version, since_ms=now_ms)


def may_steal(seen: Sighting, *, ttl_ms: int, now_ms: int) -> bool:
    """Answer whether a whole lease went by without a sign of its holder.

    `ttl_ms` is how long a lease lasts; both times are the stealer's.
    """
    return now_ms - seen.since_ms >= ttl_ms


def held_until_ms(
    before_ms: int,
    answer: Answer,
    *,
    called_at_ms: int,
    ttl_ms: int,
    keep_on_unavailable: bool = False,
) -> int:
    """Return until when the holder may believe in its lease after a call.

    Only a written lease lengthens the belief, from before the call. An unknown
    outcome leaves it as it was, and a lost one ends it.

    `keep_on_unavailable` is the lock client's holdLockOnServiceUnavailable: an
    answer of 503 counts as a renewal of a lease that is still held, because nobody
    else can have written either. A name without an address is not such an answer.
    """
    match answer:
        case Answer.WRITTEN:
            return called_at_ms + ttl_ms
        case Answer.LOST:
            return min(before_ms, called_at_ms)
        case Answer.UNAVAILABLE if keep_on_unavailable and before_ms > called_at_ms:
            return called_at_ms + ttl_ms
        case _:
            return before_ms


def raise_if_held_elsewhere(
    lease: Lease | None,
    *,
    holder: str,
    seen: Sighting | None,
    ttl_ms: int,
    now_ms: int,
) -> None:
    """Raise LeaseHeld unless `holder` may write the lease: free, its own, or run out.

    `seen` is what `holder` has seen of it, and `now_ms` its own time.
    """
    if lease is None or lease.holder == holder:
        return
    if seen is None or not may_steal(seen, ttl_ms=ttl_ms, now_ms=now_ms):
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
