"""How does one enactor make Route 53 match the newest plan?

Three enactors run, one an availability zone, and do the same idempotent work,
so that at least one makes progress in any disaster. They depend on the plan
store and on Route 53's control API only.

How it works:

1. Take the newest plan and check **once** that some endpoint is behind it.
2. For each endpoint: take its lock (lost: back off, try again), list the zone,
   build the plan's whole tree, flip root and rollback in one batch, release.
3. Clean up old trees (`cleaner.py`).

The dangerous ordering is 1 before 2: the answer to *is it newer* is as old as
the time spent losing locks. `Safeguards.freshness` moves the question.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gameday.errors import BatchRejected, Indeterminate, LockHeld
from gameday.model.enactment import (
    EndpointView,
    Lock,
    Stale,
    flip_changes,
    tree_changes,
)
from gameday.model.plan import Plan, Weights, unsafe_reasons
from gameday.model.safeguards import (
    FREEZE_SWITCH,
    Abandon,
    Freeze,
    Freshness,
    PlanSafety,
    Safeguards,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from gameday.aws.plan_store import PlanStore, Switches
    from gameday.aws.zones import Zones
    from gameday.clock import Clock
    from gameday.model.backoff import Backoff
    from gameday.region.cleaner import Cleaner
    from gameday.region.endpoint_lock import EndpointLocks

__all__ = ["Enacted", "Enactor", "EnactorParts"]

logger = logging.getLogger(__name__)


class Enacted(Enum):
    """How an endpoint's turn ended."""

    APPLIED = "applied"
    ALREADY = "already applied"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"
    REFUSED = "refused as unsafe"
    FROZEN = "frozen"

    @property
    def ends_the_walk(self) -> bool:
        """Whether the rest of the endpoints are left alone too."""
        return self in {Enacted.ABANDONED, Enacted.FROZEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnactorParts:
    """Everything an enactor works with.

    Attributes:
        addresses: load balancer name to IPv4 address.
        record_ttl_s: TTL of the leaves.
        lock_losses_max: losses in a row after which `Abandon.AFTER_LOSSES`
            drops the plan.
    """

    plans: PlanStore
    switches: Switches
    zones: Zones
    locks: EndpointLocks
    cleaner: Cleaner
    safeguards: Safeguards
    clock: Clock
    random: Random
    backoff: Backoff
    addresses: Mapping[str, str]
    record_ttl_s: int
    lock_losses_max: int
    cleanup_settle_ms: int


class Enactor:
    """One enactor; `run_once` is one turn of its loop."""

    def __init__(self, parts: EnactorParts) -> None:
        self._parts = parts
        self._handled = 0

    def run_once(self) -> bool:
        """Enact the newest plan; return whether there was anything to do."""
        parts = self._parts
        plan = parts.plans.newest()
        if plan is None or plan.generation == self._handled or self._is_frozen():
            return False
        behind = [
            weights
            for weights in plan.endpoints
            if parts.zones.active(weights.endpoint) < plan.generation
        ]
        if behind and not self._walk(plan):
            return True
        self._handled = plan.generation
        parts.clock.sleep_ms(parts.cleanup_settle_ms)
        if not self._is_frozen():
            parts.cleaner.clean(plan.generation, [w.endpoint for w in plan.endpoints])
        return True

    def enact(self, plan: Plan, weights: Weights) -> Enacted:
        """Bring one endpoint to the plan; retry until that is done.

        As built nothing bounds the retries: an enactor that keeps losing the
        lock, or whose flip Route 53 keeps refusing, stays here for ever.
        """
        parts = self._parts
        endpoint = weights.endpoint
        if (
            parts.safeguards.freshness is Freshness.BEFORE_EACH_ENDPOINT
            and parts.zones.active(endpoint) >= plan.generation
        ):
            return Enacted.SUPERSEDED
        losses = failures = 0
        while True:
            try:
                lock = parts.locks.acquire(endpoint)
            except LockHeld as held:
                losses += 1
                logger.info("plan %d: %s", plan.generation, held)
                if self._gives_up(losses):
                    return Enacted.ABANDONED
                self._back_off(losses)
                continue
            enacted = self._enact_locked(plan, weights, lock)
            if enacted is not None:
                return enacted
            losses = 0
            failures += 1
            self._back_off(failures)

    def _walk(self, plan: Plan) -> bool:
        for weights in plan.endpoints:
            enacted = self.enact(plan, weights)
            logger.info(
                "plan %d at %s: %s", plan.generation, weights.endpoint, enacted.value
            )
            if enacted.ends_the_walk:
                return False
        return True

    def _enact_locked(self, plan: Plan, weights: Weights, lock: Lock) -> Enacted | None:
        """Build and flip under the lock; None asks for another attempt."""
        parts = self._parts
        endpoint = weights.endpoint
        try:
            view = parts.zones.observe(endpoint)
            # Asked under the lock: whoever has had it since the switch was turned knows
            # that nobody flips any more. Asked before, the answer is as old as the
            # wait for the lock was long.
            enacted = (
                Enacted.FROZEN
                if self._is_frozen()
                else self._decline(plan, weights, view)
            )
            if enacted is None:
                lock = self._build(plan, weights, view, lock)
                flip = flip_changes(
                    view,
                    plan.generation,
                    zone_id=parts.zones.zone_id(endpoint),
                    safeguards=parts.safeguards,
                )
                if isinstance(flip, Stale):
                    enacted = Enacted.SUPERSEDED
                else:
                    lock = parts.locks.change(endpoint, lock, flip)
                    enacted = Enacted.APPLIED
        except (BatchRejected, Indeterminate) as error:
            logger.warning("plan %d at %s: %s", plan.generation, endpoint, error)
            enacted = None
        parts.locks.release(endpoint, lock)
        return enacted

    def _decline(
        self, plan: Plan, weights: Weights, view: EndpointView
    ) -> Enacted | None:
        if view.active == plan.generation:
            return Enacted.ALREADY
        if self._parts.safeguards.plan_safety is PlanSafety.REFUSE:
            reasons = unsafe_reasons(
                desired=weights, live=view.live_weights, force=plan.force
            )
            if reasons:
                logger.error("plan %d refused: %s", plan.generation, reasons[0])
                return Enacted.REFUSED
        return None

    def _build(
        self, plan: Plan, weights: Weights, view: EndpointView, lock: Lock
    ) -> Lock:
        parts = self._parts
        endpoint = weights.endpoint
        changes = tree_changes(
            weights,
            plan.generation,
            addresses=parts.addresses,
            zone_id=parts.zones.zone_id(endpoint),
            ttl_s=parts.record_ttl_s,
        )
        present = set(view.trees.get(plan.generation, ()))
        missing = tuple(c for c in changes if c.record_set not in present)
        return parts.locks.change(endpoint, lock, missing) if missing else lock

    def _gives_up(self, losses: int) -> bool:
        return (
            self._parts.safeguards.abandon is Abandon.AFTER_LOSSES
            and losses >= self._parts.lock_losses_max
        )

    def _is_frozen(self) -> bool:
        return self._parts.safeguards.freeze is Freeze.ON and (
            self._parts.switches.is_on(FREEZE_SWITCH)
        )

    def _back_off(self, failures: int) -> None:
        parts = self._parts
        parts.clock.sleep_ms(
            parts.backoff.wait_ms(failures, draw=parts.random.random())
        )
