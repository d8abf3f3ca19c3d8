"""Defects of the endpoint lock and of clean-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mutant_registry import Patch, mutant

from gameday.errors import BatchRejected, Indeterminate, LockHeld
from gameday.model.enactment import Lock, relock_changes, unlock_changes
from gameday.model.plan import Plan
from gameday.model.retention import select_victims
from gameday.model.safeguards import CleanupGuard
from gameday.model.zone import Action, Change
from gameday.region import cleaner as cleaner_module
from gameday.region.cleaner import Cleaner
from gameday.region.enactor import Enactor
from gameday.region.endpoint_lock import EndpointLocks

Changes = tuple[Change, ...]


def _acquiring(
    *,
    knows_own: bool = True,
    may_take: Callable[[EndpointLocks, Lock], bool] = lambda locks, held: (
        held.alive_until_ms <= locks._clock.now_ms()
    ),
) -> Callable[[EndpointLocks, str], Lock]:
    """Return `acquire` with one thing about it changed."""

    def acquire(self: EndpointLocks, endpoint: str) -> Lock:
        try:
            return self._take(endpoint, current=None)
        except (BatchRejected, Indeterminate):
            current = self._zones.lock(endpoint)
        if current is None:
            raise LockHeld(endpoint=endpoint, holder="nobody")
        if knows_own and current.holder == self._holder:
            return current
        if not may_take(self, current):
            raise LockHeld(endpoint=endpoint, holder=current.holder)
        try:
            return self._take(endpoint, current=current)
        except (BatchRejected, Indeterminate) as error:
            raise LockHeld(endpoint=endpoint, holder="somebody") from error

    return acquire


@mutant("lock", "lock-kept", scene="overtaking")
def lock_upserted(patch: Patch) -> None:
    """The lock is taken by UPSERT, which nothing refuses."""
    _upserting(patch, lambda current: current is None)


@mutant("lock", "lock-kept", scene="expiry")
def run_out_lock_upserted(patch: Patch) -> None:
    """A lock that has run out is taken over without saying which."""
    _upserting(patch, lambda current: current is not None)


def _upserting(patch: Patch, when: Callable[[Any], bool]) -> None:
    def take(self: EndpointLocks, endpoint: str, *, current: Lock | None) -> Lock:
        wanted = self._renewal(endpoint, of=None)
        changes: Changes = relock_changes(
            endpoint,
            current=current.record if current else None,
            holder=wanted.holder,
            alive_until_ms=wanted.alive_until_ms,
        )
        if when(current):
            changes = (replace(changes[-1], action=Action.UPSERT),)
        self._zones.change(endpoint, changes)
        return wanted

    patch.setattr(EndpointLocks, "_take", take)


@mutant("lock", "lock-kept", scene="overtaking")
def lock_taken_over_too_early(patch: Patch) -> None:
    """A lock is taken over although it has not run out."""
    patch.setattr(
        EndpointLocks, "acquire", _acquiring(may_take=lambda _locks, _held: True)
    )


@mutant("lock", "root-is-latest", scene="crash")
def expiry_in_other_units(patch: Patch) -> None:
    """The expiry in milliseconds is compared with a clock of seconds."""
    patch.setattr(
        EndpointLocks,
        "acquire",
        _acquiring(
            may_take=lambda locks, held: (
                held.alive_until_ms <= locks._clock.now_ms() // 1000
            )
        ),
    )


@mutant("lock", "lock-released", scene="lost replies")
def own_lock_not_known(patch: Patch) -> None:
    """Whoever gets no reply to taking the lock waits for itself."""
    patch.setattr(EndpointLocks, "acquire", _acquiring(knows_own=False))


@mutant("lock", "lock-respected", "lock-kept", scene="overtaking")
def everybody_signs_alike(patch: Patch) -> None:
    """Every enactor signs its locks with the name of the first."""
    right = EndpointLocks.__init__

    def init(self: EndpointLocks, zones: Any, **given: Any) -> None:
        right(self, zones, **{**given, "holder": "enactor-az1/1"})

    patch.setattr(EndpointLocks, "__init__", init)


def _changing(
    patch: Patch, change: Callable[[EndpointLocks, str, Changes, Changes], None]
) -> None:
    """Replace how a batch is sent; it gets the lock's changes and the others."""

    def changed(
        self: EndpointLocks, endpoint: str, lock: Lock, changes: Changes
    ) -> Lock:
        renewed = self._renewal(endpoint, of=lock)
        preamble = relock_changes(
            endpoint,
            current=lock.record,
            holder=renewed.holder,
            alive_until_ms=renewed.alive_until_ms,
        )
        try:
            change(self, endpoint, preamble, changes)
        except Indeterminate:
            found = self._zones.lock(endpoint)
            if found is None or found.record != renewed.record:
                raise
        return renewed

    patch.setattr(EndpointLocks, "change", changed)


@mutant("lock", "lock-respected", scene="expiry")
def lock_not_asserted(patch: Patch) -> None:
    """A batch does not assert the lock, which is looked at before."""

    def change(
        self: EndpointLocks, endpoint: str, lock: Lock, changes: Changes
    ) -> Lock:
        if self._zones.lock(endpoint) != lock:
            raise BatchRejected("InvalidChangeBatch", ("the lock was lost",))
        self._zones.change(endpoint, changes)
        return lock

    patch.setattr(EndpointLocks, "change", change)


@mutant("lock", "lock-respected", scene="expiry")
def lock_renewed_in_a_batch_before(patch: Patch) -> None:
    """The lock is asserted and renewed in a batch of its own, before the changes."""

    def change(
        locks: EndpointLocks, endpoint: str, preamble: Changes, changes: Changes
    ) -> None:
        locks._zones.change(endpoint, preamble)
        locks._zones.change(endpoint, changes)

    _changing(patch, change)


@mutant("lock", "lock-respected", scene="expiry")
def lock_recreated_without_asserting(patch: Patch) -> None:
    """A batch renews the lock by UPSERT, whoever has it by then."""

    def change(
        locks: EndpointLocks, endpoint: str, preamble: Changes, changes: Changes
    ) -> None:
        renewal = replace(preamble[-1], action=Action.UPSERT)
        locks._zones.change(endpoint, (renewal, *changes))

    _changing(patch, change)


@mutant("lock", "root-is-latest", "lock-released", scene="clean-up")
def token_used_again(patch: Patch) -> None:
    """The lock of the first batch is asserted by the second, which renewed it."""
    right = EndpointLocks.change

    def change(
        self: EndpointLocks, endpoint: str, lock: Lock, changes: Changes
    ) -> Lock:
        right(self, endpoint, lock, changes)
        return lock

    patch.setattr(EndpointLocks, "change", change)


@mutant("lock", scene="lost replies")
def batch_sent_again_after_an_unknown_outcome(patch: Patch) -> None:
    """A batch whose reply was lost is sent again without looking.

    It asserts the lock that the first one replaced, so it is refused; the enactor
    begins anew, knows the lock for its own, and finds its plan applied.
    """

    def again(
        locks: EndpointLocks, endpoint: str, preamble: Changes, changes: Changes
    ) -> None:
        try:
            locks._zones.change(endpoint, (*preamble, *changes))
        except Indeterminate:
            locks._zones.change(endpoint, (*preamble, *changes))

    _changing(patch, again)


@mutant("lock", "lock-kept", scene="expiry")
def whichever_lock_is_released(patch: Patch) -> None:
    """The lock that is there is released, whoever has it by then."""

    def release(self: EndpointLocks, endpoint: str, _lock: Lock) -> None:
        current = self._zones.lock(endpoint)
        try:
            if current is not None:
                self._zones.change(endpoint, unlock_changes(current.record))
        except (BatchRejected, Indeterminate):
            return

    patch.setattr(EndpointLocks, "release", release)


@mutant("lock", "lock-released", scene="overtaking")
def lock_never_released(patch: Patch) -> None:
    """The lock is left to run out."""
    patch.setattr(EndpointLocks, "release", lambda _self, _endpoint, _lock: None)


@mutant("lock", scene="expiry")
def lock_runs_out_at_once(patch: Patch) -> None:
    """The lock has run out when it is taken.

    Everybody may take it from everybody, and whoever lost it has its batch refused: it
    is the assertion that keeps an endpoint safe, not the expiry.
    """
    right = EndpointLocks.__init__

    def init(self: EndpointLocks, zones: Any, **given: Any) -> None:
        right(self, zones, **{**given, "lock_ttl_ms": 0})

    patch.setattr(EndpointLocks, "__init__", init)


@mutant("clean-up", "live-tree-kept", scene="clean-up", cleanup_guard="none")
def deleted_by_age_only(_patch: Patch) -> None:
    """Old trees are deleted whoever points at them, as in October 2025."""


@mutant("clean-up", scene="clean-up beside", cleanup_guard="at-scan")
def guarded_when_scanning(_patch: Patch) -> None:
    """Whether a tree is in use is asked when victims are selected.

    A root that never goes back cannot come to use a tree that is older than it.
    """


def _selecting(patch: Patch, select: Callable[..., tuple[Any, ...]]) -> None:
    patch.setattr(cleaner_module, "select_victims", select)


@mutant("clean-up", scene="clean-up")
def rollback_not_spared(patch: Patch) -> None:
    """Clean-up spares the tree that root points at, and not rollback's.

    The batch asserts rollback by creating it again, which Route 53 refuses when the
    same batch deletes what it points at.
    """

    def select(view: Any, *, applied: int, keep_plans: int, guard: CleanupGuard) -> Any:
        del guard
        old = (each for each in view.trees if each <= applied - keep_plans)
        return tuple(each for each in old if each != view.active)

    _selecting(patch, select)


@mutant("clean-up", scene="clean-up")
def root_not_spared(patch: Patch) -> None:
    """Clean-up spares the tree that rollback points at, and not root's.

    The root is at the plan that was applied, or a newer one: never old enough.
    """

    def select(view: Any, *, applied: int, keep_plans: int, guard: CleanupGuard) -> Any:
        del guard
        old = (each for each in view.trees if each <= applied - keep_plans)
        return tuple(each for each in old if each != view.kept_for_rollback)

    _selecting(patch, select)


@mutant("clean-up", "cleanup-keeps", scene="overtaking")
def one_plan_too_few_kept(patch: Patch) -> None:
    """Clean-up keeps one plan fewer than it was told to."""

    def select(view: Any, *, applied: int, keep_plans: int, guard: CleanupGuard) -> Any:
        return select_victims(
            view, applied=applied, keep_plans=keep_plans - 1, guard=guard
        )

    _selecting(patch, select)


@mutant("clean-up", "cleanup-keeps", scene="overtaking")
def all_but_the_applied_deleted(patch: Patch) -> None:
    """Clean-up deletes every tree that nobody points at, newer ones too."""

    def select(view: Any, *, applied: int, keep_plans: int, guard: CleanupGuard) -> Any:
        del applied, keep_plans, guard
        used = {view.active, view.kept_for_rollback}
        return tuple(each for each in view.trees if each not in used)

    _selecting(patch, select)


def _cleaning_for(patch: Patch, applied_of: Callable[[Any, int], int]) -> None:
    right = Enactor.run_once

    def run_once(self: Any) -> bool:
        cleaner = self._parts.cleaner
        cleaner.plans = self._parts.plans
        return right(self)

    def clean(self: Any, applied: int, endpoints: Any) -> None:
        clean_right(self, applied_of(self, applied), endpoints)

    clean_right: Any = Cleaner.clean
    patch.setattr(Enactor, "run_once", run_once)
    patch.setattr(Cleaner, "clean", clean)


@mutant("clean-up", "cleanup-keeps", scene="clean-up beside")
def counted_from_the_newest_published(patch: Patch) -> None:
    """Clean-up counts back from the newest plan published, not the one applied."""
    _cleaning_for(patch, lambda cleaner, _: cleaner.plans.newest().generation)


@mutant("clean-up", "cleanup-keeps", scene="clean-up beside")
def cleaned_before_applying(patch: Patch) -> None:
    """Clean-up runs before the plan is applied that it counts from."""
    right = Enactor._walk

    def walk(self: Enactor, plan: Plan) -> bool:
        endpoints = [weights.endpoint for weights in plan.endpoints]
        self._parts.cleaner.clean(plan.generation, endpoints)
        return right(self, plan)

    patch.setattr(Enactor, "_walk", walk)


@mutant("clean-up", scene="clean-up beside")
def victims_selected_once(patch: Patch) -> None:
    """Victims are selected when scanning, and not again under the lock.

    The batch asserts the root and rollback that were seen then.
    """

    def delete(self: Cleaner, view: Any, victims: Any, _applied: Any) -> None:
        endpoint = view.endpoint
        lock = self._lock(endpoint)
        if lock is None:
            return
        try:
            changes = cleaner_module.delete_changes(view, victims, guard=self._guard)
            lock = self._locks.change(endpoint, lock, changes)
        except (BatchRejected, Indeterminate):
            pass
        self._locks.release(endpoint, lock)

    patch.setattr(Cleaner, "_delete", delete)


@mutant("clean-up", "lock-respected", scene="clean-up")
def deleted_without_the_lock(patch: Patch) -> None:
    """Clean-up deletes without taking the lock: nobody uses what it deletes."""

    def delete(self: Cleaner, view: Any, victims: Any, _applied: Any) -> None:
        changes = cleaner_module.delete_changes(view, victims, guard=self._guard)
        try:
            self._zones.change(view.endpoint, changes)
        except (BatchRejected, Indeterminate):
            return

    patch.setattr(Cleaner, "_delete", delete)


@mutant("clean-up", "never-empty", scene="clean-up")
def root_deleted_with_the_tree(patch: Patch) -> None:
    """The delete batch asserts the root and does not create it again."""
    right = cleaner_module.delete_changes

    def delete_changes(view: Any, victims: Any, *, guard: CleanupGuard) -> Changes:
        changes = right(view, victims, guard=guard)
        return tuple(each for each in changes if each.action is Action.DELETE)

    patch.setattr(cleaner_module, "delete_changes", delete_changes)


@mutant("clean-up", "lock-released", scene="clean-up")
def cleaner_keeps_the_lock(patch: Patch) -> None:
    """Clean-up does not give the lock back."""

    def release(self: Any, endpoint: str, lock: Lock) -> None:
        if not self._holder.startswith("cleaner"):
            right(self, endpoint, lock)

    right = EndpointLocks.release
    patch.setattr(EndpointLocks, "release", release)
