"""What was asked of one zone during a run, and what came of it?

Values. `replay.py` makes them from the recorded calls.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind
from gameday.model.zone import Change, Zone, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Commit", "ZoneHistory", "batches", "changes_of"]


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
            if any(change.record_set.type != "TXT" for change in changes_of(op))
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


def changes_of(op: Op) -> tuple[Change, ...]:
    """Return a recorded batch's changes, none when it is no batch."""
    try:
        return parse_change_batch(op.request)
    except ValueError:
        return ()
