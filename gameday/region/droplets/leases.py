"""What does a worker do with one attempt, and what does it bring back?

It asks the droplet for its state; if the lease was lost, it reads the record and
takes the droplet's whole inventory; then it writes the lease. The table is reached
through the endpoint that the enactors maintain. Emulated AWS has no physical servers:
how long one takes to answer is drawn, and the calls take as long as they take.

After the DynamoDB lock client: the lease counts from before the attempt; the record
version number is the condition of the write; the expiry that another host wrote is
never compared with a clock, so its lease is stolen only when its version has stood
for a whole lease on ours. A lease that this host wrote in an earlier life is its own.

Invariant: what was given up is not written. The time was spent all the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.clock import monotonic_ms
from gameday.errors import Indeterminate, LeaseLost
from gameday.model.lease import (
    Answer,
    Lease,
    Sighting,
    may_steal,
    next_lease,
    sighting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.aws.leases import LeaseTable
    from gameday.clock import Clock
    from gameday.model.draws import Draws
    from gameday.model.droplet_workflow import Work

__all__ = ["DropletLeases"]

logger = logging.getLogger(__name__)

_UNAVAILABLE = 503


class DropletLeases:
    """The leases of one host's droplets, as the table has them.

    Several threads may make attempts at once, each for another droplet or for an
    attempt that nobody awaits any more; a dictionary entry is all they share.

    Args:
        host: the holder that stands in the records.
        table: reached through the managed endpoint.
        names: of the droplets, in the order of their numbers.
        ttl_ms: how long a lease lasts; the same on every host of a region.
        check_ms: mean time in which a droplet answers a state check.
        inventory_ms: mean time it takes on top when its lease was lost.
        answer_draws: how much longer or shorter than the mean, a droplet a stream.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        host: str,
        table: LeaseTable,
        names: Sequence[str],
        ttl_ms: int,
        check_ms: float,
        inventory_ms: float,
        answer_draws: Draws,
        clock: Clock,
    ) -> None:
        self._host = host
        self._table = table
        self._names = names
        self._ttl_ms = ttl_ms
        self._check_ms = check_ms
        self._inventory_ms = inventory_ms
        self._draws = answer_draws
        self._clock = clock
        self._attempts = [0] * len(names)
        self._seen: list[Lease | None] = [None] * len(names)
        self._unread = set(range(len(names)))
        self._sightings: dict[int, Sighting] = {}

    def now_ms(self) -> int:
        """Return the host's own time, which no correction of the date changes."""
        return monotonic_ms(self._clock)

    def load(self) -> list[int] | None:
        """Read all leases by one scan; return until when each is held.

        In the host's own time, 0 for what is not held by this host. None when the
        table could not be read: ask again.
        """
        try:
            found = {lease.droplet: lease for lease in self._table.all()}
        except (BotoCoreError, ClientError) as error:
            logger.warning("the leases could not be read: %s", error)
            return None
        ahead_ms = self.now_ms() - self._clock.now_ms()
        held_until_ms = [0] * len(self._names)
        for droplet, name in enumerate(self._names):
            lease = found.get(name)
            if lease is None or lease.holder == self._host:
                self._seen[droplet] = lease
                self._unread.discard(droplet)
            if lease and lease.holder == self._host:
                held_until_ms[droplet] = max(0, lease.expires_at_ms + ahead_ms)
        return held_until_ms

    def was_ever_held(self) -> bool:
        """Whether this host has held any of its leases, in this life or before."""
        return any(self._seen)

    def attempt(self, work: Work) -> Answer:
        """Check the droplet's state and write its lease; return what came of it.

        It takes the time that the droplet and the table take. UNKNOWN also says
        that the attempt was given up meanwhile, and nothing was written.
        """
        droplet, began_ms = work.droplet, self._clock.now_ms()
        factor = self._draws.exponential(droplet, self._attempts[droplet])
        self._attempts[droplet] += 1
        self._clock.sleep_ms(factor * self._check_ms)
        try:
            if (work.establishing or droplet in self._unread) and not self._read(
                droplet
            ):
                return Answer.LOST
            if work.establishing:
                self._clock.sleep_ms(factor * self._inventory_ms)
            if self.now_ms() > work.deadline_ms:
                return Answer.UNKNOWN
            self._write(droplet, began_ms)
        except (BotoCoreError, ClientError, Indeterminate, LeaseLost) as error:
            logger.debug("%s: %s", self._names[droplet], error)
            return _answer_of(error)
        return Answer.WRITTEN

    def _read(self, droplet: int) -> bool:
        """Read the record; return whether this host may write the lease."""
        lease = self._table.read(self._names[droplet])
        if lease is not None and lease.holder != self._host:
            now_ms = self.now_ms()
            seen = sighting(
                self._sightings.get(droplet), version=lease.version, now_ms=now_ms
            )
            self._sightings[droplet] = seen
            if not may_steal(seen, ttl_ms=self._ttl_ms, now_ms=now_ms):
                return False
        self._seen[droplet] = lease
        self._unread.discard(droplet)
        return True

    def _write(self, droplet: int, began_ms: int) -> None:
        # Until the reply is there, what stands in the record is not known.
        self._unread.add(droplet)
        wanted = next_lease(
            self._names[droplet],
            self._seen[droplet],
            holder=self._host,
            called_at_ms=began_ms,
            ttl_ms=self._ttl_ms,
        )
        self._table.write(wanted)
        self._seen[droplet] = wanted
        self._unread.discard(droplet)
        self._sightings.pop(droplet, None)


def _answer_of(error: Exception) -> Answer:
    if isinstance(error, LeaseLost):
        return Answer.LOST
    told = error.__cause__ if isinstance(error, Indeterminate) else error
    if isinstance(told, ClientError):
        status = told.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Answer.UNAVAILABLE if status == _UNAVAILABLE else Answer.UNKNOWN
    return Answer.UNKNOWN if isinstance(error, Indeterminate) else Answer.UNREACHABLE
