"""Which versions did every hosted zone go through during a run?

Replays the change batches of a history through `zone.apply_batch`, so that a
checker can ask what was true at each commit instead of trusting anybody's log.

How it works
    The history is ordered by completion, which is nearly the order of commits.
    Three things make it differ, and each has an answer:

    * A reply that was delayed is recorded after batches that build on it. A
      batch that does not fit yet waits as long as some batch that was under way
      at its end has not been seen.
    * A reply that was lost (`info`) may stand for a commit or not. Such a batch
      is taken as committed when, and only when, a later acknowledged batch fits
      with it and not without it. What nothing decides is reported as undecided.
    * The history may begin after the zone did, or the emulator may break the
      contract. A batch that was acknowledged and fits nowhere is carried out as
      far as it can be, and marked as not exact.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.zone import (
    Action,
    Change,
    Rejection,
    Zone,
    apply_batch,
    normalise_name,
    parse_change_batch,
)
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Commit", "ZoneHistory", "batches", "reconstruct"]

MAYBES_CONSIDERED_MAX = 8
"""Lost replies, newest first, that may explain why a batch does not fit."""
MAYBES_JOINED_MAX = 2
"""How many of them at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One batch that took effect.

    Attributes:
        op: the call.
        at_ns: an upper bound of the moment it took effect, on the run's scale.
        changes: the batch.
        before: the zone it met.
        after: the zone it left.
        exact: whether AWS's contract allows it; False when the emulator or an
            unseen beginning had to be tolerated.
    """

    op: Op
    at_ns: int
    changes: tuple[Change, ...]
    before: Zone
    after: Zone
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneHistory:
    """Everything that was asked of one zone.

    Attributes:
        name: the zone's name without the final dot.
        commits: batches that took effect, in order of commit.
        refused: batches that did not, in index order.
        undecided: batches that may have, in index order.
    """

    name: str
    commits: tuple[Commit, ...]
    refused: tuple[Op, ...]
    undecided: tuple[Op, ...]

    def at(self, at_ns: int) -> Zone | None:
        """Return the zone at a moment, None before its first commit."""
        place = bisect_right(self.commits, at_ns, key=lambda commit: commit.at_ns)
        return self.commits[place - 1].after if place else None

    @property
    def undecided_answers(self) -> tuple[Op, ...]:
        """Return the undecided batches that touch what clients are told."""
        return tuple(
            op
            for op in self.undecided
            if any(change.record_set.type != "TXT" for change in _changes(op))
        )


def batches(history: History) -> Iterator[tuple[str, Op]]:
    """Yield (zone name, op) for every ChangeResourceRecordSets call."""
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.service == "route53"
            and op.operation == "ChangeResourceRecordSets"
        ):
            yield str(op.request.get("Zone", "")).rstrip(".").lower(), op


def reconstruct(history: History) -> Mapping[str, ZoneHistory]:
    """Return the history of every zone that a batch was sent to, by zone name."""
    return _reconstruct(_Same(history))


class _Same:
    """A history as a cache key: the very same object, not an equal one.

    Several checkers read one history; replaying it once is a matter of speed.
    """

    __slots__ = ("history",)

    def __init__(self, history: History) -> None:
        self.history = history

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.history is self.history

    def __hash__(self) -> int:
        return id(self.history)


@lru_cache(maxsize=2)
def _reconstruct(same: _Same) -> Mapping[str, ZoneHistory]:
    by_zone: dict[str, list[Op]] = {}
    for zone, op in batches(same.history):
        by_zone.setdefault(zone, []).append(op)
    return MappingProxyType(
        {name: _Replay(name, by_zone[name]).run() for name in sorted(by_zone)}
    )


class _Replay:
    """The replay of one zone; a local builder that never leaves this module."""

    def __init__(self, name: str, ops: Sequence[Op]) -> None:
        self._name = name
        self._ops = ops
        zone_id = bare_zone_id(str(ops[0].request.get("HostedZoneId", "")))
        self._zone = Zone(id=zone_id, name=normalise_name(name), record_sets={})
        self._commits: list[Commit] = []
        self._waiting: list[Op] = []
        self._maybes: list[Op] = []

    def run(self) -> ZoneHistory:
        """Replay every batch and return what came of it."""
        starts_after = self._earliest_starts()
        for place, op in enumerate(self._ops):
            if op.outcome is Outcome.INFO:
                self._maybes.append(op)
            elif op.outcome is Outcome.OK:
                self._take(op, earliest_unseen_ns=starts_after[place + 1])
        for op in self._waiting:
            self._commit(op, self._forced(op), exact=False)
        return ZoneHistory(
            name=self._name,
            commits=tuple(self._commits),
            refused=tuple(op for op in self._ops if op.outcome is Outcome.FAIL),
            undecided=tuple(op for op in self._maybes if self._possible(op)),
        )

    def _earliest_starts(self) -> list[float]:
        """Return, for each place, when the first later acknowledged batch began."""
        starts = [float("inf")]
        for op in reversed(self._ops):
            begun = op.start_ns if op.outcome is Outcome.OK else float("inf")
            starts.append(min(starts[-1], begun))
        return starts[::-1]

    def _take(self, op: Op, *, earliest_unseen_ns: float) -> None:
        if not self._fit(op) and not self._fit_after_maybes(op):
            self._waiting.append(op)
        self._retry_waiting()
        for late in tuple(self._waiting):
            if late.end_ns <= earliest_unseen_ns:
                self._waiting.remove(late)
                self._commit(late, self._forced(late), exact=False)
                self._retry_waiting()

    def _fit(self, op: Op) -> bool:
        after = _applied(self._zone, op)
        if after is None:
            return False
        self._commit(op, after, exact=True)
        return True

    def _fit_after_maybes(self, op: Op) -> bool:
        near = [m for m in self._maybes if m.start_ns < op.end_ns]
        near = near[-MAYBES_CONSIDERED_MAX:]
        for count in range(1, MAYBES_JOINED_MAX + 1):
            for joined in combinations(near, count):
                zone: Zone | None = self._zone
                for step in (*joined, op):
                    zone = _applied(zone, step) if zone is not None else None
                if zone is None:
                    continue
                for step in joined:
                    self._maybes.remove(step)
                    self._fit(step)
                fitted = self._fit(op)
                self._bound_last_commits(op.end_ns)
                return fitted
        return False

    def _retry_waiting(self) -> None:
        fitted = True
        while fitted:
            fitted = False
            for late in tuple(self._waiting):
                bound_ns = late.end_ns
                if not self._fit(late):
                    continue
                # What it was waiting for was committed before it was.
                self._bound_last_commits(bound_ns)
                self._waiting.remove(late)
                fitted = True

    def _bound_last_commits(self, bound_ns: int) -> None:
        """No commit is later than one that was built on it."""
        for place in range(len(self._commits) - 1, -1, -1):
            if self._commits[place].at_ns <= bound_ns:
                return
            self._commits[place] = replace(self._commits[place], at_ns=bound_ns)

    def _commit(self, op: Op, after: Zone, *, exact: bool) -> None:
        last_ns = self._commits[-1].at_ns if self._commits else 0
        self._commits.append(
            Commit(
                op=op,
                at_ns=max(op.end_ns, last_ns),
                changes=_changes(op),
                before=self._zone,
                after=after,
                exact=exact,
            )
        )
        self._zone = after

    def _forced(self, op: Op) -> Zone:
        record_sets = dict(self._zone.record_sets)
        for change in _changes(op):
            if change.action is Action.DELETE:
                record_sets.pop(change.record_set.key, None)
            else:
                record_sets[change.record_set.key] = change.record_set
        return Zone(id=self._zone.id, name=self._zone.name, record_sets=record_sets)

    def _possible(self, op: Op) -> bool:
        """Whether a lost reply fits anywhere between two commits."""
        later = [c for c in self._commits if c.at_ns >= op.start_ns]
        for commit in later:
            between = _applied(commit.before, op)
            if between is not None and _applied(between, commit.op) is not None:
                return True
        return _applied(self._zone, op) is not None


def _changes(op: Op) -> tuple[Change, ...]:
    try:
        return parse_change_batch(op.request)
    except ValueError:
        return ()


def _applied(zone: Zone, op: Op) -> Zone | None:
    changes = _changes(op)
    if not changes or _obviously_refused(zone, changes[0]):
        return None
    after = apply_batch(zone, changes)
    return None if isinstance(after, Rejection) else after


def _obviously_refused(zone: Zone, first: Change) -> bool:
    """Whether the first change alone, the lock as a rule, decides it cheaply."""
    existing = zone.record_sets.get(first.record_set.key)
    match first.action:
        case Action.DELETE:
            return existing is None or not existing.same_as(first.record_set)
        case Action.CREATE:
            return existing is not None
        case Action.UPSERT:
            return False
