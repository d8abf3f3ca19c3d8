"""Which change batches turn one endpoint's zone into what a plan asks for?

An endpoint has its own hosted zone. Its record tree (DAT453):

    root       <endpoint>           A ALIAS -> plan-<generation>
    rollback   rollback.<endpoint>  A ALIAS -> the tree that was live before
    tree       plan-<g>.<endpoint>  weighted set, one member a load balancer
    leaf       lb-i.plan-<g>...     A, the address of that load balancer
    lock       lock.<endpoint>      TXT "<holder> <alive until, epoch ms>"

Invariants that the batches keep: every batch begins with DELETE of the exact
lock its writer holds and CREATE of the next one, so a writer that lost the
lock changes nothing; root and rollback change in one batch.

The dangerous ordering: *is my plan newer* is asked at one time and *flip the
root* happens at another. The lock does not join the two, because it says who
writes, not how old the plan is. Only `Freshness.IN_BATCH` puts the question
into the batch itself, as DELETE of the exact old root and CREATE of the new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.plan import Generation, Weights, generation_of, tree_name
from gameday.model.safeguards import Freshness, Rollback, Safeguards
from gameday.model.zone import Action, AliasTarget, Change, RecordSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "EndpointView",
    "Lock",
    "Stale",
    "flip_changes",
    "install_changes",
    "lock_record",
    "observe",
    "parse_lock",
    "relock_changes",
    "tree_changes",
    "unlock_changes",
]

_LOCK_TTL_S = 0
"""Nobody resolves the lock; it is read through the control API only."""

_NO_PLAN = Generation(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock record as its value says.

    Attributes:
        holder: "<actor>/<incarnation>"; an incarnation is one process's life,
            so a restarted process never takes its predecessor's lock for its own.
        alive_until_ms: epoch milliseconds after which anybody may take over.
        record: the exact record set, needed to delete it.
    """

    holder: str
    alive_until_ms: int
    record: RecordSet


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """What one listing of an endpoint's zone showed; it ages at once.

    Attributes:
        endpoint: the DNS name without the final dot.
        root: the root alias, None before the first flip.
        rollback: the rollback alias, None before the first flip.
        lock: the lock, None when it is free.
        trees: record sets of every tree by generation.
    """

    endpoint: str
    root: RecordSet | None
    rollback: RecordSet | None
    lock: Lock | None
    trees: Mapping[Generation, tuple[RecordSet, ...]]

    @property
    def active(self) -> Generation:
        """Return the generation the root points at, 0 before the first flip."""
        return _target_generation(self.root, self.endpoint)

    @property
    def kept_for_rollback(self) -> Generation:
        """Return the generation the rollback alias points at, 0 for none."""
        return _target_generation(self.rollback, self.endpoint)

    @property
    def live_weights(self) -> Weights:
        """Return the load balancers that the live tree serves."""
        members = self.trees.get(self.active, ())
        return Weights(
            endpoint=self.endpoint,
            shares=tuple(
                sorted(
                    (member.set_identifier, member.weight)
                    for member in members
                    if member.weight is not None
                )
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The flip was refused by our own check: a newer plan is live."""

    generation: Generation
    active: Generation


def observe(endpoint: str, record_sets: Iterable[RecordSet]) -> EndpointView:
    """Sort the record sets of an endpoint's zone into their parts."""
    root = rollback = lock = None
    trees: dict[Generation, list[RecordSet]] = {}
    for record_set in record_sets:
        generation = generation_of(record_set.name, endpoint)
        if generation is not None:
            trees.setdefault(generation, []).append(record_set)
        elif record_set.name == f"lock.{endpoint}." and record_set.type == "TXT":
            lock = parse_lock(record_set)
        elif record_set.alias and record_set.name == f"{endpoint}.":
            root = record_set
        elif record_set.alias and record_set.name == f"rollback.{endpoint}.":
            rollback = record_set
    return EndpointView(
        endpoint=endpoint,
        root=root,
        rollback=rollback,
        lock=lock,
        trees={generation: tuple(trees[generation]) for generation in sorted(trees)},
    )


def lock_record(endpoint: str, *, holder: str, alive_until_ms: int) -> RecordSet:
    """Return the TXT record set that says `holder` has the endpoint's lock."""
    return RecordSet(
        name=f"lock.{endpoint}.",
        type="TXT",
        ttl_s=_LOCK_TTL_S,
        values=(f'"{holder} {alive_until_ms}"',),
    )


def parse_lock(record: RecordSet) -> Lock:
    """Return the lock in a TXT record set.

    A value in no known form is a lock that nobody can prove expired: it never
    does, and the message of whoever loses to it shows the value.
    """
    text = record.values[0].strip('"') if record.values else ""
    holder, _, until = text.rpartition(" ")
    if not holder or not until.isdecimal():
        return Lock(holder=text, alive_until_ms=2**63, record=record)
    return Lock(holder=holder, alive_until_ms=int(until), record=record)


def relock_changes(
    endpoint: str, *, current: RecordSet | None, holder: str, alive_until_ms: int
) -> tuple[Change, ...]:
    """Return the changes that take or keep the lock.

    With `current` (the exact record to replace) this is the preamble of every
    batch: assertion and heartbeat in one, or the take-over of an expired lock.
    Without it, the lock must be free: CREATE refuses an existing record.
    """
    create = Change(
        action=Action.CREATE,
        record_set=lock_record(endpoint, holder=holder, alive_until_ms=alive_until_ms),
    )
    return (*unlock_changes(current), create) if current else (create,)


def unlock_changes(current: RecordSet) -> tuple[Change, ...]:
    """Return the change that releases exactly the lock that is held."""
    return (Change(action=Action.DELETE, record_set=current),)


def tree_changes(
    weights: Weights,
    generation: Generation,
    *,
    addresses: Mapping[str, str],
    zone_id: str,
    ttl_s: int,
) -> tuple[Change, ...]:
    """Return the changes that build a plan's whole tree, leaves first.

    UPSERT makes it idempotent: three enactors do the same work, and only one
    of them needs to make progress. Nothing points at the tree yet, so building
    it is invisible to clients.
    """
    top = tree_name(generation, weights.endpoint)
    leaves = []
    members = []
    for load_balancer, weight in weights.shares:
        leaf = RecordSet(
            name=f"{load_balancer}.{top}",
            type="A",
            ttl_s=ttl_s,
            values=(addresses[load_balancer],),
        )
        member = RecordSet(
            name=top,
            type="A",
            alias=AliasTarget(zone_id=zone_id, name=leaf.name),
            set_identifier=load_balancer,
            weight=weight,
        )
        leaves.append(Change(action=Action.UPSERT, record_set=leaf))
        members.append(Change(action=Action.UPSERT, record_set=member))
    return (*leaves, *members)


def flip_changes(
    view: EndpointView,
    generation: Generation,
    *,
    zone_id: str,
    safeguards: Safeguards,
) -> tuple[Change, ...] | Stale:
    """Return the changes that publish a tree, root and rollback together.

    The rollback alias is set to the tree that is live in `view`. If that tree
    is gone, Route 53 refuses the alias and with it the whole batch: this is
    the wedge of October 2025. `Rollback.TOLERANT` leaves the rollback alias
    out in that case.
    """
    if safeguards.freshness is Freshness.IN_BATCH and view.active >= generation:
        return Stale(generation=generation, active=view.active)
    new_root = _alias(f"{view.endpoint}.", generation, view.endpoint, zone_id)
    before = view.active or generation
    keep_rollback_out = (
        safeguards.rollback is Rollback.TOLERANT
        and before != generation
        and before not in view.trees
    )
    changes: list[Change] = []
    if not keep_rollback_out:
        rollback = _alias(f"rollback.{view.endpoint}.", before, view.endpoint, zone_id)
        changes.append(Change(action=Action.UPSERT, record_set=rollback))
    if safeguards.freshness is Freshness.IN_BATCH:
        if view.root is not None:
            changes.append(Change(action=Action.DELETE, record_set=view.root))
        changes.append(Change(action=Action.CREATE, record_set=new_root))
    else:
        changes.append(Change(action=Action.UPSERT, record_set=new_root))
    return tuple(changes)


def install_changes(
    weights: Weights,
    generation: Generation,
    *,
    addresses: Mapping[str, str],
    zone_id: str,
    ttl_s: int,
) -> tuple[Change, ...]:
    """Return the changes that put a plan in force whatever was there before.

    For people, not for enactors: the whole tree, and root **and** rollback at
    it, so that the next flip of an enactor finds the tree that it must keep.
    """
    endpoint = weights.endpoint
    tree = tree_changes(
        weights, generation, addresses=addresses, zone_id=zone_id, ttl_s=ttl_s
    )
    aliases = (
        _alias(name, generation, endpoint, zone_id)
        for name in (f"rollback.{endpoint}.", f"{endpoint}.")
    )
    upserts = (Change(action=Action.UPSERT, record_set=each) for each in aliases)
    return (*tree, *upserts)


def _alias(name: str, generation: int, endpoint: str, zone_id: str) -> RecordSet:
    target = AliasTarget(zone_id=zone_id, name=tree_name(generation, endpoint))
    return RecordSet(name=name, type="A", alias=target)


def _target_generation(alias: RecordSet | None, endpoint: str) -> Generation:
    if alias is None or alias.alias is None:
        return _NO_PLAN
    return generation_of(alias.alias.name, endpoint) or _NO_PLAN
