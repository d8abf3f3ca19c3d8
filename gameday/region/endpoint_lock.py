"""How does a program hold an endpoint's lock, and notice that it lost it?

The lock is the existence of a TXT record in the endpoint's zone, read through
the control API and never through DNS. It is taken by CREATE, which Route 53
refuses while the record exists; an expired one is taken over by DELETE of its
exact value and CREATE of one's own in the same batch. Every batch of changes
begins with the same pair, so a program whose lock was taken over changes
nothing, however late its request arrives.

The expiry in the record is another host's time, and is compared with one's own. A
clock that is wrong takes a lock over too early or too late, which costs its holder
another attempt; what keeps the endpoint safe is the assertion, not the expiry.

When no reply comes, the lock record tells what happened: within one hold every
value is later than the one before, so finding the value that was asked for
proves that the batch was applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import BatchRejected, Indeterminate, LockHeld
from gameday.model.enactment import (
    Lock,
    lock_record,
    parse_lock,
    relock_changes,
    unlock_changes,
)

if TYPE_CHECKING:
    from gameday.aws.zones import Zones
    from gameday.clock import Clock
    from gameday.model.zone import Change

__all__ = ["EndpointLocks"]


class EndpointLocks:
    """The locks of all endpoints, as one holder sees them."""

    def __init__(
        self, zones: Zones, *, holder: str, lock_ttl_ms: int, clock: Clock
    ) -> None:
        self._zones = zones
        self._holder = holder
        self._lock_ttl_ms = lock_ttl_ms
        self._clock = clock

    def acquire(self, endpoint: str) -> Lock:
        """Take the endpoint's lock, or take over an expired one.

        Raises LockHeld when somebody else has it. A lock that turns out to be
        our own, because the reply to taking it was lost, is recognised.
        """
        try:
            return self._take(endpoint, current=None)
        except (BatchRejected, Indeterminate):
            current = self._zones.lock(endpoint)
        if current is None:
            raise LockHeld(endpoint=endpoint, holder="somebody who just released it")
        if current.holder == self._holder:
            return current
        if current.alive_until_ms > self._clock.now_ms():
            raise LockHeld(endpoint=endpoint, holder=current.holder)
        try:
            return self._take(endpoint, current=current)
        except (BatchRejected, Indeterminate) as error:
            raise LockHeld(
                endpoint=endpoint, holder="whoever took it over first"
            ) from error

    def change(self, endpoint: str, lock: Lock, changes: tuple[Change, ...]) -> Lock:
        """Apply the changes in one batch that asserts and renews the lock.

        Returns the renewed lock. Raises BatchRejected when Route 53 refused
        the batch, and Indeterminate when no reply came and the lock record
        does not prove that the batch was applied.
        """
        renewed = self._renewal(endpoint, of=lock)
        preamble = relock_changes(
            endpoint,
            current=lock.record,
            holder=renewed.holder,
            alive_until_ms=renewed.alive_until_ms,
        )
        try:
            self._zones.change(endpoint, (*preamble, *changes))
        except Indeterminate:
            found = self._zones.lock(endpoint)
            if found is None or found.record != renewed.record:
                raise
        return renewed

    def release(self, endpoint: str, lock: Lock) -> None:
        """Give the lock back; one that is already lost is left alone."""
        try:
            self._zones.change(endpoint, unlock_changes(lock.record))
        except (BatchRejected, Indeterminate):
            # Either somebody took over, or the lock expires by itself.
            return

    def _take(self, endpoint: str, *, current: Lock | None) -> Lock:
        wanted = self._renewal(endpoint, of=None)
        changes = relock_changes(
            endpoint,
            current=current.record if current else None,
            holder=wanted.holder,
            alive_until_ms=wanted.alive_until_ms,
        )
        self._zones.change(endpoint, changes)
        return wanted

    def _renewal(self, endpoint: str, *, of: Lock | None) -> Lock:
        alive_until_ms = self._clock.now_ms() + self._lock_ttl_ms
        if of is not None:
            # Two renewals of one hold within one millisecond must differ, because
            # the value is what tells an applied batch from one that was not.
            alive_until_ms = max(alive_until_ms, of.alive_until_ms + 1)
        return parse_lock(
            lock_record(endpoint, holder=self._holder, alive_until_ms=alive_until_ms)
        )
