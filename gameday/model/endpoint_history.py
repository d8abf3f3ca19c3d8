"""What happened to one endpoint: flips, refusals, darkness, deleted trees?

Reads a zone's replayed versions (`reconstruction.py`) as the story of its
record tree (`enactment.py`): what the root pointed at, who moved it, which
flips Route 53 refused and why, when no address was left, and which batch took
records from a tree that root or rollback still pointed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gameday.model.plan import Generation, generation_of
from gameday.model.zone import (
    Action,
    Change,
    RecordKey,
    RecordSet,
    Zone,
    parse_change_batch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import Op
    from gameday.model.reconstruction import Commit, ZoneHistory

__all__ = [
    "Darkness",
    "Flip",
    "RefusalReason",
    "RefusedFlip",
    "TreeLoss",
    "addresses",
    "alias_of",
    "darkness",
    "flips",
    "live_generation",
    "refusal_message",
    "refused_flips",
    "tree_losses",
]

CHAIN_LENGTH_MAX = 8
"""Aliases followed for one name; a longer chain ends nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A commit that moved the root.

    Attributes:
        commit: the batch.
        before: the plan that was live, None for none or an unknown name.
        after: the plan that is live now, None for none or an unknown name.
    """

    commit: Commit
    before: Generation | None
    after: Generation | None

    @property
    def actor(self) -> str:
        """Return who moved it."""
        return self.commit.op.actor

    @property
    def at_ns(self) -> int:
        """Return when it was moved."""
        return self.commit.at_ns


class RefusalReason(Enum):
    """Why Route 53 refused a flip."""

    ALIAS_TARGET = "an alias would point at a name that does not exist"
    ROOT_MOVED = "the root was not what the batch asserts"
    LOCK_LOST = "the lock was not the one the batch asserts"
    OTHER = "something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFlip:
    """A batch that would have moved the root and changed nothing.

    Attributes:
        op: the call.
        wanted: the plan it would have made live.
        reason: what Route 53 objected to first, the lock before the rest.
        message: AWS's own words.
    """

    op: Op
    wanted: Generation | None
    reason: RefusalReason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkness:
    """A time in which the endpoint had no address though it once had.

    Attributes:
        cause: the commit that took the last address away.
        end: the commit that gave it one again, None when nothing did.
    """

    cause: Commit
    end: Commit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLoss:
    """A batch that took records from a tree in use.

    Attributes:
        commit: the batch.
        generation: whose tree.
        live: whether the root pointed at it; else the rollback alias did.
        records: how many of its record sets went.
    """

    commit: Commit
    generation: Generation
    live: bool
    records: int


def alias_of(zone: Zone, name: str) -> str | None:
    """Return what the alias (A or AAAA) of a name points at, None for none."""
    for kind in ("A", "AAAA"):
        record_set = zone.record_sets.get(RecordKey(name=name, type=kind))
        if record_set is not None and record_set.alias is not None:
            return record_set.alias.name
    return None


def live_generation(zone: Zone, endpoint: str) -> Generation | None:
    """Return the plan that the root points at, whether or not its tree exists."""
    target = alias_of(zone, f"{endpoint}.")
    return generation_of(target, endpoint) if target else None


def addresses(zone: Zone, endpoint: str) -> frozenset[str]:
    """Return every address that the endpoint can answer with.

    Weights are not asked: Route 53 serves a set whose weights are all 0.
    """
    found: set[str] = set()
    names = {f"{endpoint}."}
    for _ in range(CHAIN_LENGTH_MAX):
        sets = [r for r in zone.record_sets.values() if r.name in names]
        serving = [r for r in sets if r.type in {"A", "AAAA"}]
        found.update(value for r in serving for value in r.values)
        names = {r.alias.name for r in serving if r.alias is not None}
        if not names:
            break
    return frozenset(found)


def flips(zone_history: ZoneHistory, endpoint: str) -> tuple[Flip, ...]:
    """Return every commit that moved the root, in order."""
    root = f"{endpoint}."
    return tuple(
        Flip(
            commit=commit,
            before=live_generation(commit.before, endpoint),
            after=live_generation(commit.after, endpoint),
        )
        for commit in zone_history.commits
        if alias_of(commit.before, root) != alias_of(commit.after, root)
    )


def refused_flips(zone_history: ZoneHistory, endpoint: str) -> tuple[RefusedFlip, ...]:
    """Return every refused batch that would have moved the root."""
    found = []
    for op in zone_history.refused:
        wanted = _wanted_root(op, endpoint)
        if wanted is None or wanted.alias is None:
            continue
        message = refusal_message(op)
        found.append(
            RefusedFlip(
                op=op,
                wanted=generation_of(wanted.alias.name, endpoint),
                reason=_reason(op, message, endpoint),
                message=message,
            )
        )
    return tuple(found)


def refusal_message(op: Op) -> str:
    """Return AWS's words for a failed call, or its error code."""
    error = op.response.get("Error") or {}
    return str(error.get("Message") or op.error or f"HTTP {op.status}")


def darkness(zone_history: ZoneHistory, endpoint: str) -> tuple[Darkness, ...]:
    """Return every time without an address after the first one was there."""
    found: list[Darkness] = []
    cause: Commit | None = None
    initialised = False
    for commit in zone_history.commits:
        if not _touches_answers(commit):
            continue
        lit = bool(addresses(commit.after, endpoint))
        initialised = initialised or lit or bool(addresses(commit.before, endpoint))
        if cause is not None and lit:
            found.append(Darkness(cause=cause, end=commit))
            cause = None
        elif cause is None and initialised and not lit:
            cause = commit
    if cause is not None:
        found.append(Darkness(cause=cause, end=None))
    return tuple(found)


def tree_losses(zone_history: ZoneHistory, endpoint: str) -> Iterator[TreeLoss]:
    """Yield the batches after which an alias pointed at what they had cut."""
    for commit in zone_history.commits:
        gone = commit.before.record_sets.keys() - commit.after.record_sets.keys()
        if not gone:
            continue
        counts: dict[Generation, int] = {}
        for key in gone:
            generation = generation_of(key.name, endpoint)
            if generation is not None:
                counts[generation] = counts.get(generation, 0) + 1
        for owner, live in ((f"{endpoint}.", True), (f"rollback.{endpoint}.", False)):
            target = alias_of(commit.after, owner)
            pointed = generation_of(target, endpoint) if target else None
            if pointed is not None and pointed in counts:
                yield TreeLoss(
                    commit=commit,
                    generation=pointed,
                    live=live,
                    records=counts[pointed],
                )
                break


def _wanted_root(op: Op, endpoint: str) -> RecordSet | None:
    """Return the root that a batch would write, None when it asserts or has none.

    A guarded clean-up deletes the root and creates the very same one again; it
    asserts the root and moves nothing.
    """
    try:
        changes = parse_change_batch(op.request)
    except ValueError:
        return None
    deleted: RecordSet | None = None
    for change in changes:
        if not _is_root(change, endpoint):
            continue
        if change.action is Action.DELETE:
            deleted = change.record_set
        elif deleted is None or change.record_set.alias != deleted.alias:
            return change.record_set
    return None


def _is_root(change: Change, endpoint: str) -> bool:
    record_set = change.record_set
    return record_set.name == f"{endpoint}." and record_set.type in {"A", "AAAA"}


def _reason(op: Op, message: str, endpoint: str) -> RefusalReason:
    text = message.lower()
    if op.ruling in {"error", "throttle", "drop_request"}:
        return RefusalReason.OTHER
    if f"name='lock.{endpoint}" in text:
        return RefusalReason.LOCK_LOST
    if "alias" in text and "not found" in text:
        return RefusalReason.ALIAS_TARGET
    if f"name='{endpoint}" in text:
        return RefusalReason.ROOT_MOVED
    return RefusalReason.OTHER


def _touches_answers(commit: Commit) -> bool:
    return any(change.record_set.type in {"A", "AAAA"} for change in commit.changes)
