"""In which order did one zone's batches take effect?

Replays recorded change batches through `zone.apply_batch`, exactly as AWS
would judge them, and so finds the order that the record alone does not tell.

How it works
    The history is ordered by completion, which is nearly the order of commits.
    Three things make it differ, and each has an answer:

    * A reply that was delayed is recorded after batches that build on it. A
      batch that does not fit yet waits as long as some batch that was under way
      at its end has not been seen; a few commits are taken back if it has to go
      before them.
    * A reply that was lost (`info`) may stand for a commit or not. Such a batch
      is taken as committed when, and only when, a later acknowledged batch fits
      with it and not without it. What nothing decides is reported as undecided.
    * The history may begin after the zone did, or the emulator may break the
      contract. A batch that was acknowledged and fits nowhere is carried out as
      far as it can be, and marked as not exact.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

from gameday.model.history import Op, Outcome
from gameday.model.zone import (
    Action,
    Change,
    Rejection,
    Zone,
    apply_batch,
    normalise_name,
)
from gameday.model.zone_history import Commit, ZoneHistory, changes_of
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["replay_zone"]

MAYBES_CONSIDERED_MAX = 8
"""Lost replies, newest first, that may explain why a batch does not fit."""
MAYBES_JOINED_MAX = 3
"""How many of them at once."""
REWOUND_MAX = 6
"""Commits that may be taken back to put a late reply before them."""


def replay_zone(name: str, ops: Sequence[Op]) -> ZoneHistory:
    """Return what became of a zone.

    Args:
        name: the zone's name without the final dot.
        ops: every batch that was sent to it, in index order; at least one.
    """
    return _Replay(name, ops).run()


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
                self._waiting.append(op)
            self._settle(earliest_unseen_ns=starts_after[place + 1])
        return ZoneHistory(
            name=self._name,
            commits=_bounded(self._commits),
            refused=tuple(op for op in self._ops if op.outcome is Outcome.FAIL),
            undecided=tuple(op for op in self._maybes if self._possible(op)),
        )

    def _earliest_starts(self) -> list[float]:
        """Return, for each place, when the first later batch of account began."""
        starts = [float("inf")]
        for op in reversed(self._ops):
            begun = op.start_ns if op.outcome is not Outcome.FAIL else float("inf")
            starts.append(min(starts[-1], begun))
        return starts[::-1]

    def _settle(self, *, earliest_unseen_ns: float) -> None:
        """Commit what can be, oldest first, until nothing more can."""
        while self._waiting:
            self._waiting.sort(key=lambda op: (op.end_ns, op.index))
            overdue = [op for op in self._waiting if op.end_ns <= earliest_unseen_ns]
            op = (
                next((o for o in overdue if self._fit_by_a_lost_reply(o)), None)
                or next((o for o in self._waiting if self._fit(o)), None)
                or next(iter(overdue), None)
            )
            if op is None:
                return
            if not self._commits or self._commits[-1].op is not op:
                if self._fit_by_rewinding(op):
                    continue
                self._commit(op, self._forced(op), exact=False)
            self._waiting.remove(op)

    def _fit(self, op: Op) -> bool:
        after = _applied(self._zone, op)
        if after is None:
            return False
        self._commit(op, after, exact=True)
        return True

    def _fit_by_a_lost_reply(self, op: Op) -> bool:
        """Commit `op` together with the lost replies that alone explain it."""
        if not self._maybes or _applied(self._zone, op) is not None:
            return False
        for other in self._waiting:
            between = _applied(self._zone, other)
            if between is not None and _applied(between, op) is not None:
                return False
        joined = self._explanation(self._zone, op, (op,))
        if joined is None:
            return False
        for step in joined:
            self._maybes.remove(step)
            self._fit(step)
        return self._fit(op)

    def _fit_by_rewinding(self, op: Op) -> bool:
        """Put the waiting batches before commits that were taken too early.

        A batch may fit too well: taking a lock fits also where the earlier
        holder's batches are all late or lost.
        """
        for place in range(len(self._commits) - 1, -1, -1):
            taken = self._commits[place:]
            if taken[0].op.end_ns <= op.start_ns or len(taken) > REWOUND_MAX:
                return False
            rewound = tuple(commit.op for commit in taken)
            for moved in ((op,), tuple(self._waiting)):
                order = (*moved, *rewound)
                joined = self._explanation(taken[0].before, op, order)
                if joined is None:
                    continue
                del self._commits[place:]
                self._zone = taken[0].before
                for step in (*joined, *order):
                    self._fit(step)
                self._maybes = [m for m in self._maybes if m not in joined]
                self._waiting = [w for w in self._waiting if w not in moved]
                return True
        return False

    def _explanation(
        self, zone: Zone, op: Op, order: tuple[Op, ...]
    ) -> tuple[Op, ...] | None:
        """Return the fewest lost replies after which `order` fits, None for none."""
        near = [m for m in self._maybes if m.start_ns < op.end_ns]
        near = near[-MAYBES_CONSIDERED_MAX:]
        for count in range(MAYBES_JOINED_MAX + 1):
            for joined in permutations(near, count):
                after: Zone | None = zone
                for step in (*joined, *order):
                    after = _applied(after, step) if after is not None else None
                if after is not None:
                    return joined
        return None

    def _commit(self, op: Op, after: Zone, *, exact: bool) -> None:
        self._commits.append(
            Commit(
                op=op,
                at_ns=op.end_ns,
                changes=changes_of(op),
                before=self._zone,
                after=after,
                exact=exact,
            )
        )
        self._zone = after

    def _forced(self, op: Op) -> Zone:
        record_sets = dict(self._zone.record_sets)
        for change in changes_of(op):
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


def _bounded(commits: Sequence[Commit]) -> tuple[Commit, ...]:
    """Bound each commit's time: it is no later than what was built on it.

    A lost reply says nothing of when its batch took effect; the next commit does.
    """
    found: list[Commit] = []
    latest_ns: int | None = None
    for commit in reversed(commits):
        at_ns = commit.at_ns
        if latest_ns is not None:
            lost = commit.op.outcome is Outcome.INFO
            at_ns = latest_ns if lost else min(at_ns, latest_ns)
        found.append(replace(commit, at_ns=at_ns))
        latest_ns = at_ns
    return tuple(reversed(found))


def _applied(zone: Zone, op: Op) -> Zone | None:
    changes = changes_of(op)
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
