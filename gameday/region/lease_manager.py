"""Which droplets may be used now?

The droplet workflow manager holds one lease on every droplet, in a DynamoDB
table that it reaches through the endpoint the enactors maintain: a name,
resolved by real DNS on each new connection. When the name has no answer the
leases are not renewed and expire one by one; nothing else has failed.

A droplet whose renewal failed is tried again after a pause, so that an outage
does not turn into a storm of attempts.

A lease of another holder is never judged by the expiry in its record, which is that
host's time: it may be stolen once its version has stood for a whole lease by the
manager's own clock (`model/lease.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, LeaseHeld, LeaseLost
from gameday.model.lease import (
    Lease,
    Sighting,
    is_due,
    next_lease,
    raise_if_held_elsewhere,
    sighting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from gameday.aws.leases import LeaseTable
    from gameday.clock import Clock
    from gameday.model.backoff import Backoff

__all__ = ["LeaseManager"]


_NOT_RENEWED = (BotoCoreError, ClientError, Indeterminate, LeaseHeld, LeaseLost)

logger = logging.getLogger(__name__)


class LeaseManager:
    """Keeps the leases on a set of droplets."""

    def __init__(
        self,
        *,
        name: str,
        table: LeaseTable,
        droplets: Sequence[str],
        ttl_ms: int,
        backoff: Backoff,
        clock: Clock,
        random: Random,
    ) -> None:
        self._name = name
        self._table = table
        self._ttl_ms = ttl_ms
        self._backoff = backoff
        self._clock = clock
        self._random = random
        self._leases: dict[str, Lease | None] = dict.fromkeys(droplets)
        self._unread = set(droplets)
        self._seen: dict[str, Sighting] = {}
        self._failures: dict[str, int] = {}
        self._not_before_ms: dict[str, int] = {}

    def due(self) -> list[str]:
        """Return the droplets to renew now, the most urgent first."""
        now_ms = self._clock.now_ms()
        due = [
            droplet
            for droplet, lease in self._leases.items()
            if self._is_due(lease, now_ms)
            and self._not_before_ms.get(droplet, 0) <= now_ms
        ]
        return sorted(due, key=self._expiry)

    def renew(self, droplet: str) -> bool:
        """Write the droplet's next lease; return whether it is held.

        A lost reply, a lost lease and an endpoint that cannot be reached all
        count as not held; the droplet is read again before the next attempt.
        """
        called_at_ms = self._clock.now_ms()
        try:
            lease = self._current(droplet)
            raise_if_held_elsewhere(
                lease,
                holder=self._name,
                seen=self._seen.get(droplet),
                ttl_ms=self._ttl_ms,
                now_ms=called_at_ms,
            )
            wanted = next_lease(
                droplet,
                lease,
                holder=self._name,
                called_at_ms=called_at_ms,
                ttl_ms=self._ttl_ms,
            )
            self._table.write(wanted)
        except (
            BotoCoreError,
            ClientError,
            Indeterminate,
            LeaseHeld,
            LeaseLost,
        ) as error:
            self._record_failure(droplet, error)
            return False
        self._leases[droplet] = wanted
        self._failures.pop(droplet, None)
        return True

    def load(self) -> bool:
        """Read every lease by one scan; return whether that worked."""
        try:
            found = {lease.droplet: lease for lease in self._table.all()}
        except _NOT_RENEWED as error:
            logger.debug("no lease could be read: %s", error)
            return False
        for droplet in self._leases:
            self._note_read(droplet, found.get(droplet))
        self._unread.clear()
        return True

    def _current(self, droplet: str) -> Lease | None:
        if droplet in self._unread:
            self._note_read(droplet, self._table.read(droplet))
            self._unread.discard(droplet)
        return self._leases[droplet]

    def _note_read(self, droplet: str, lease: Lease | None) -> None:
        self._leases[droplet] = lease
        if lease is None or lease.holder == self._name:
            self._seen.pop(droplet, None)
            return
        # After the read: what was written while it took must count as seen later.
        self._seen[droplet] = sighting(
            self._seen.get(droplet),
            version=lease.version,
            now_ms=self._clock.now_ms(),
        )

    def _is_due(self, lease: Lease | None, now_ms: int) -> bool:
        if lease is not None and lease.holder != self._name:
            # Its expiry is another host's time: only looking again tells.
            return True
        return is_due(lease, now_ms=now_ms, ttl_ms=self._ttl_ms)

    def _record_failure(self, droplet: str, error: Exception) -> None:
        logger.debug("%s: %s", droplet, error)
        if isinstance(error, LeaseHeld | LeaseLost | Indeterminate):
            self._leases[droplet] = None
            self._unread.add(droplet)
        failures = self._failures.get(droplet, 0) + 1
        self._failures[droplet] = failures
        wait_ms = self._backoff.wait_ms(failures, draw=self._random.random())
        self._not_before_ms[droplet] = self._clock.now_ms() + round(wait_ms)

    def _expiry(self, droplet: str) -> int:
        lease = self._leases[droplet]
        return lease.expires_at_ms if lease else 0
