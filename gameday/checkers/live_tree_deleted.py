"""Did a batch take records from a tree that an alias pointed at?

Judged at commit, not when the victims were selected: after the batch, root or
rollback points at a tree that the batch cut. Trees are immutable, so a live one
never loses a record in ordinary work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import (
    OPS_SHOWN_MAX,
    merge,
    seconds,
    valid_unless_undecided,
)
from gameday.model.endpoint_history import tree_losses
from gameday.model.plan import generation_of
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "live-tree-deleted"


def check(history: History, world: World) -> Finding:
    """Return invalid when a tree in use lost records."""
    zones = reconstruct(history)
    start_ns = run_span(history).start_ns
    # A live tree weighs more than one kept for rollback, whichever came first.
    live = merge(
        HAZARD,
        [
            _check_one(name, zones.get(name), start_ns, live_only=True)
            for name in world.endpoints
        ],
    )
    if live.validity is Validity.INVALID:
        return live
    return merge(
        HAZARD,
        [_check_one(name, zones.get(name), start_ns) for name in world.endpoints],
    )


def _check_one(
    endpoint: str, zone: ZoneHistory | None, start_ns: int, *, live_only: bool = False
) -> Finding:
    if zone is None or not zone.commits:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary=f"no change of the zone of {endpoint} was seen",
        )
    losses = [
        loss
        for loss in tree_losses(zone, endpoint)
        if loss.commit.at_ns >= start_ns and (loss.live or not live_only)
    ]
    if losses:
        first = losses[0]
        role = "live" if first.live else "kept for rollback"
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{first.commit.op.actor} deleted {first.records} records of plan "
                f"{first.generation} at {seconds(first.commit.at_ns)} while it was "
                f"{role} at {endpoint}"
            ),
            at_ns=first.commit.at_ns,
            ops=tuple(sorted(loss.commit.op.index for loss in losses))[:OPS_SHOWN_MAX],
        )
    deleted = _trees_deleted(endpoint, zone)
    if not deleted:
        # Nothing was at stake, which is a fact and yet no merit of the region.
        summary = f"nothing of any tree of {endpoint} was deleted"
    else:
        trees = "tree was" if deleted == 1 else "trees were"
        summary = f"{deleted} {trees} deleted at {endpoint}, none of them in use"
    return valid_unless_undecided(HAZARD, summary, zone)


def _trees_deleted(endpoint: str, zone: ZoneHistory) -> int:
    return len(
        {
            generation_of(key.name, endpoint)
            for commit in zone.commits
            for key in commit.before.record_sets.keys()
            - commit.after.record_sets.keys()
        }
        - {None}
    )
