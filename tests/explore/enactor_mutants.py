"""Defects of the planner, the plan store and the enactor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from mutant_registry import Patch, mutant

from gameday.aws.plan_store import PLANS_TABLE, PlanStore
from gameday.errors import BatchRejected, Indeterminate, LockHeld
from gameday.model.enactment import Lock, Stale
from gameday.model.plan import Plan, Weights, render_plan
from gameday.model.zone import Action, Change
from gameday.region import enactor as enactor_module
from gameday.region.enactor import Enacted, Enactor
from gameday.region.endpoint_lock import EndpointLocks
from gameday.region.planner import Planner

Changes = tuple[Change, ...]

OVERTAKING, ALONE = "overtaking", "clean-up"


@mutant("planner", "plan-written-once", scene="two planners")
def plan_put_without_condition(patch: Patch) -> None:
    """A plan is put without the condition that its number is free."""

    def write(self: PlanStore, plan: Plan) -> None:
        self._policy.write(
            self._client.put_item,
            TableName=PLANS_TABLE,
            Item={
                "region": {"S": self._region},
                "generation": {"N": str(plan.generation)},
                "document": {"S": render_plan(plan)},
            },
        )

    patch.setattr(PlanStore, "write", write)


@mutant("planner", scene="two planners")
def planner_counts_for_itself(patch: Patch) -> None:
    """The planner numbers its plans by its own count, not by the store.

    The condition of the write refuses a number that is taken; the planner is told that
    it lost, and counts on.
    """

    def counted(self: PlanStore) -> int:
        self.count = getattr(self, "count", 0) + 1  # type: ignore[attr-defined]
        return self.count  # type: ignore[attr-defined, no-any-return]

    patch.setattr(PlanStore, "next_generation", counted)


@mutant("planner", "root-is-latest", scene=OVERTAKING)
def newest_plan_from_the_wrong_end(patch: Patch) -> None:
    """The newest plan is looked for from the wrong end of the partition."""
    right = PlanStore.newest

    def oldest(self: PlanStore) -> Plan | None:
        self._client = _Ascending(self._client)
        try:
            return right(self)
        finally:
            self._client = self._client.client

    patch.setattr(PlanStore, "newest", oldest)


class _Ascending:
    """A client that reads partitions in the order of their keys."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def query(self, **given: Any) -> Any:
        return self.client.query(**{**given, "ScanIndexForward": True})


@mutant("planner", "root-is-latest", scene="lost replies")
def plan_without_load_balancers(patch: Patch) -> None:
    """The planner publishes a plan that serves nothing, which is refused for ever."""
    patch.setattr(Planner, "_shares", lambda _self, _healthy: ())


@mutant("enactor", "never-regresses", scene=OVERTAKING, freshness="at-pickup")
def checked_at_pickup(_patch: Patch) -> None:
    """Whether the plan is newer is asked once, at its pickup, as in October 2025."""


@mutant(
    "enactor", "never-regresses", scene=OVERTAKING, freshness="before-each-endpoint"
)
def checked_before_the_lock(_patch: Patch) -> None:
    """Whether the plan is newer is asked before waiting for the lock."""


@mutant("enactor", "plan-reread-after-losses", scene=OVERTAKING, abandon="never")
def never_gives_up(_patch: Patch) -> None:
    """An enactor that keeps losing the lock keeps its plan."""


@mutant("enactor", scene=OVERTAKING, rollback="strict")
def rollback_to_whatever_was_live(_patch: Patch) -> None:
    """A flip points rollback at the tree that was live, even if that tree is gone.

    With the guard in the delete batch a tree that is live is never gone.
    """


def _locked(
    *,
    view_of: Callable[[Enactor, str], Any] = lambda enactor, endpoint: (
        enactor._parts.zones.observe(endpoint)
    ),
    asks_freeze: bool = True,
    keeps_lock_if: Callable[[Enacted | None], bool] = lambda _enacted: False,
) -> Callable[..., Enacted | None]:
    """Return `_enact_locked` with one thing about it changed."""

    def enact_locked(
        self: Enactor, plan: Plan, weights: Weights, lock: Lock
    ) -> Enacted | None:
        parts, endpoint = self._parts, weights.endpoint
        enacted: Enacted | None
        try:
            view = view_of(self, endpoint)
            enacted = (
                Enacted.FROZEN
                if asks_freeze and self._is_frozen()
                else self._decline(plan, weights, view)
            )
            if enacted is None:
                lock = self._build(plan, weights, view, lock)
                flip = enactor_module.flip_changes(
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
        except (BatchRejected, Indeterminate):
            enacted = None
        if not keeps_lock_if(enacted):
            parts.locks.release(endpoint, lock)
        return enacted

    return enact_locked


def _flipping(patch: Patch, change: Callable[[Changes, Any, int], Changes]) -> None:
    right = enactor_module.flip_changes

    def flip_changes(view: Any, generation: Any, **given: Any) -> Changes | Stale:
        changes = right(view, generation, **given)
        if isinstance(changes, Stale):
            return changes
        return change(changes, view, generation)

    patch.setattr(enactor_module, "flip_changes", flip_changes)


def _in_batches(patch: Patch, split: Callable[[Changes], Iterable[Changes]]) -> None:
    right = EndpointLocks.change

    def change(
        self: EndpointLocks, endpoint: str, lock: Lock, changes: Changes
    ) -> Lock:
        for batch in split(changes):
            if batch:
                lock = right(self, endpoint, lock, batch)
        return lock

    patch.setattr(EndpointLocks, "change", change)


def _is_rollback(change: Change) -> bool:
    return change.record_set.name.startswith("rollback.")


def _upserted(changes: Changes, _view: Any, _generation: int) -> Changes:
    return tuple(
        replace(change, action=Action.UPSERT)
        for change in changes
        if change.action is not Action.DELETE
    )


def _listing_before_the_lock(patch: Patch) -> None:
    right = Enactor.enact

    def enact(self: Enactor, plan: Plan, weights: Weights) -> Enacted:
        self.early = self._parts.zones.observe(weights.endpoint)  # type: ignore[attr-defined]
        return right(self, plan, weights)

    patch.setattr(Enactor, "enact", enact)
    patch.setattr(
        Enactor, "_enact_locked", _locked(view_of=lambda enactor, _: enactor.early)
    )


@mutant("enactor", scene=OVERTAKING)
def listed_before_the_lock(patch: Patch) -> None:
    """The zone is listed once, before the lock, and every attempt works from that.

    Whoever is overtaken is refused for ever. Nothing goes wrong at the endpoint, and
    the one that overtook it goes on.
    """
    _listing_before_the_lock(patch)


@mutant("enactor", "never-regresses", "flip-is-atomic", scene=OVERTAKING)
def compared_before_the_lock(patch: Patch) -> None:
    """The plan is compared before the lock, and the root written without comparing."""
    _listing_before_the_lock(patch)
    _flipping(patch, _upserted)


@mutant("enactor", scene=OVERTAKING)
def root_written_without_comparing(patch: Patch) -> None:
    """The flip upserts the root; it is compared under the lock, not in the batch.

    The batch asserts the lock, so what was listed under it is still so.
    """
    _flipping(patch, _upserted)


@mutant("enactor", "root-is-latest", scene=ALONE)
def listing_kept_from_the_first_hold(patch: Patch) -> None:
    """What was listed under the first lock is used again under the next."""

    def kept(enactor: Any, endpoint: str) -> Any:
        if not hasattr(enactor, "listing"):
            enactor.listing = enactor._parts.zones.observe(endpoint)
        return enactor.listing

    patch.setattr(Enactor, "_enact_locked", _locked(view_of=kept))


@mutant("enactor", "flip-is-atomic", scene=OVERTAKING)
def rollback_first_then_root(patch: Patch) -> None:
    """The flip is two batches: rollback, then root."""
    _in_batches(
        patch,
        lambda changes: (
            tuple(filter(_is_rollback, changes)),
            tuple(each for each in changes if not _is_rollback(each)),
        ),
    )


@mutant("enactor", "flip-is-atomic", scene=OVERTAKING)
def root_first_then_rollback(patch: Patch) -> None:
    """The flip is two batches: root, then rollback."""
    _in_batches(
        patch,
        lambda changes: (
            tuple(each for each in changes if not _is_rollback(each)),
            tuple(filter(_is_rollback, changes)),
        ),
    )


@mutant("enactor", "flip-is-atomic", scene=ALONE)
def rollback_left_where_it_is(patch: Patch) -> None:
    """A flip moves the root and leaves rollback where it is."""
    _flipping(
        patch,
        lambda changes, view, _: tuple(
            each for each in changes if not (view.rollback and _is_rollback(each))
        ),
    )


@mutant("enactor", "flip-is-atomic", scene=OVERTAKING)
def rollback_to_what_goes_live(patch: Patch) -> None:
    """A flip points rollback at the tree that goes live."""

    def both_alike(changes: Changes, _view: Any, _generation: int) -> Changes:
        root = changes[-1].record_set
        return tuple(
            replace(each, record_set=replace(each.record_set, alias=root.alias))
            if _is_rollback(each)
            else each
            for each in changes
        )

    _flipping(patch, both_alike)


@mutant("enactor", "root-is-latest", scene=ALONE)
def flipped_without_building(patch: Patch) -> None:
    """The root is flipped to a tree that nobody has built."""
    patch.setattr(Enactor, "_build", lambda _self, _plan, _weights, _view, lock: lock)


@mutant("enactor", "serves-its-plan", scene=OVERTAKING)
def a_member_is_forgotten(patch: Patch) -> None:
    """A tree is built without its last load balancer."""
    right = enactor_module.tree_changes

    def without_last(weights: Weights, generation: Any, **given: Any) -> Changes:
        short = replace(weights, shares=weights.shares[:-1])
        return right(short, generation, **given)

    patch.setattr(enactor_module, "tree_changes", without_last)


@mutant("enactor", "root-is-latest", scene=ALONE)
def members_before_leaves(patch: Patch) -> None:
    """A tree is built in two batches, and members come before what they point at."""
    _in_batches(patch, lambda changes: reversed(_leaves_and_rest(changes)))


@mutant("enactor", scene=OVERTAKING)
def leaves_before_members(patch: Patch) -> None:
    """A tree is built in two batches, leaves first.

    Nothing points at it before it is whole, and whoever comes next builds what is
    missing.
    """
    _in_batches(patch, _leaves_and_rest)


def _leaves_and_rest(changes: Changes) -> list[Changes]:
    if any(each.action is not Action.UPSERT for each in changes):
        return [changes]
    leaves = tuple(each for each in changes if each.record_set.alias is None)
    return [leaves, tuple(each for each in changes if each not in leaves)]


@mutant("enactor", "serves-its-plan", scene=OVERTAKING)
def number_of_one_plan_weights_of_another(patch: Patch) -> None:
    """The plan is read again for its weights, and its number kept from before."""
    right = Enactor.enact

    def enact(self: Enactor, plan: Plan, weights: Weights) -> Enacted:
        newest = self._parts.plans.newest()
        return right(self, plan, newest.weights_of(weights.endpoint))  # type: ignore[union-attr, arg-type]

    patch.setattr(Enactor, "enact", enact)


@mutant("enactor", "root-is-latest", scene="crash")
def done_before_it_is_done(patch: Patch) -> None:
    """A plan counts as handled when the walk begins, and not when it has ended."""
    right = Enactor._walk

    def walk(self: Enactor, plan: Plan) -> bool:
        self._handled = plan.generation
        return right(self, plan)

    patch.setattr(Enactor, "_walk", walk)


@mutant("enactor", "lock-released", scene=OVERTAKING)
def lock_kept_when_there_is_nothing_to_do(patch: Patch) -> None:
    """An enactor that finds its plan applied already goes away with the lock."""
    patch.setattr(
        Enactor,
        "_enact_locked",
        _locked(keeps_lock_if=lambda enacted: enacted is Enacted.ALREADY),
    )


@mutant("enactor", "answers-frozen", scene="freeze")
def stop_switch_asked_before_the_lock(patch: Patch) -> None:
    """The stop switch is asked before waiting for the lock, and not under it."""

    def enact(self: Enactor, plan: Plan, weights: Weights) -> Enacted:
        losses = failures = 0
        while not self._is_frozen():
            try:
                lock = self._parts.locks.acquire(weights.endpoint)
            except LockHeld:
                losses += 1
                if self._gives_up(losses):
                    return Enacted.ABANDONED
                self._back_off(losses)
                continue
            enacted = self._enact_locked(plan, weights, lock)
            if enacted is not None:
                return enacted
            failures += 1
            self._back_off(failures)
        return Enacted.FROZEN

    patch.setattr(Enactor, "enact", enact)
    patch.setattr(Enactor, "_enact_locked", _locked(asks_freeze=False))


@mutant("enactor", "answers-frozen", scene="freeze", freeze="off")
def stop_switch_not_asked(_patch: Patch) -> None:
    """The stop switch is asked by nobody, as in October 2025."""
