"""Which old plan trees does an enactor delete after it has applied a plan?

A hosted zone has a record limit, so trees of plans well older than the one
just applied are deleted. The deletions are made under an identity of their
own, because deleting is the dangerous right of the two.

How it works: **all** zones are listed and the victims selected first; then,
zone by zone, the lock is taken and the victims are deleted. The dangerous
ordering is that pair: a tree that was old and idle when it was selected may be
live when it is deleted (AWS post-event summary: the clean-up ran while the
delayed enactor overwrote the newer plan). `CleanupGuard.IN_BATCH` selects
again under the lock and asserts root and rollback in the delete batch.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gameday.errors import BatchRejected, Indeterminate, LockHeld
from gameday.model.retention import delete_changes, select_victims
from gameday.model.safeguards import CleanupGuard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from gameday.aws.zones import Zones
    from gameday.clock import Clock
    from gameday.model.backoff import Backoff
    from gameday.model.enactment import EndpointView, Lock
    from gameday.model.plan import Generation
    from gameday.region.endpoint_lock import EndpointLocks

__all__ = ["Cleaner"]

LOCK_TRIES_MAX = 50
"""Attempts on one zone's lock before its victims wait for the next clean-up."""

logger = logging.getLogger(__name__)


class Cleaner:
    """Deletes trees that are `keep_plans` or more generations behind."""

    def __init__(
        self,
        *,
        zones: Zones,
        locks: EndpointLocks,
        guard: CleanupGuard,
        keep_plans: int,
        clock: Clock,
        random: Random,
        backoff: Backoff,
    ) -> None:
        self._zones = zones
        self._locks = locks
        self._guard = guard
        self._keep_plans = keep_plans
        self._clock = clock
        self._random = random
        self._backoff = backoff

    def clean(self, applied: Generation, endpoints: Sequence[str]) -> None:
        """Select the victims of every endpoint, then delete them.

        A refused or unanswered deletion is left to the next clean-up.
        """
        views = [self._zones.observe(endpoint) for endpoint in endpoints]
        selected = [(view, self._select(view, applied)) for view in views]
        for view, victims in selected:
            if victims:
                self._delete(view, victims, applied)

    def _select(
        self, view: EndpointView, applied: Generation
    ) -> tuple[Generation, ...]:
        return select_victims(
            view, applied=applied, keep_plans=self._keep_plans, guard=self._guard
        )

    def _delete(
        self, view: EndpointView, victims: tuple[Generation, ...], applied: Generation
    ) -> None:
        endpoint = view.endpoint
        lock = self._lock(endpoint)
        if lock is None:
            return
        if self._guard is CleanupGuard.IN_BATCH:
            view = self._zones.observe(endpoint)
            victims = self._select(view, applied)
        try:
            if victims:
                changes = delete_changes(view, victims, guard=self._guard)
                lock = self._locks.change(endpoint, lock, changes)
        except (BatchRejected, Indeterminate) as error:
            logger.info("clean-up of %s left for later: %s", endpoint, error)
        self._locks.release(endpoint, lock)

    def _lock(self, endpoint: str) -> Lock | None:
        for losses in range(1, LOCK_TRIES_MAX + 1):
            try:
                return self._locks.acquire(endpoint)
            except LockHeld:
                self._clock.sleep_ms(
                    self._backoff.wait_ms(losses, draw=self._random.random())
                )
        return None
