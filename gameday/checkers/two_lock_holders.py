"""Did anybody write to an endpoint's zone without holding its lock?

The lock is a TXT record. A batch proves that its writer holds it by deleting
the exact value and creating the next one under the same holder. Taking it is
CREATE while there is none, or replacing one that has expired. On a contract that
holds Route 53 refuses everything else; an emulator that breaks it shows here
first, as two records, a deletion of a value that was not there, or a take-over
of a lock that was still alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, merge, seconds
from gameday.model.enactment import Lock, parse_lock
from gameday.model.reconstruction import reconstruct
from gameday.model.run_span import RunSpan, run_span
from gameday.model.verdict import Finding, Validity
from gameday.model.zone import Action, RecordKey, RecordSet

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.reconstruction import Commit, ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "two-lock-holders"


def check(history: History, world: World) -> Finding:
    """Return invalid when a batch of an actor without the lock was committed."""
    zones = reconstruct(history)
    span = run_span(history)
    return merge(
        HAZARD,
        [_check_one(name, zones.get(name), world, span) for name in world.endpoints],
    )


def _check_one(
    endpoint: str, zone: ZoneHistory | None, world: World, span: RunSpan
) -> Finding:
    key = RecordKey(name=f"lock.{endpoint}.", type="TXT")
    commits = [
        c for c in (zone.commits if zone else ()) if c.op.actor not in world.operators
    ]
    if not any(c.record_set.key == key for commit in commits for c in commit.changes):
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary=f"nobody was seen to take the lock of {endpoint}",
        )
    broken = [
        (commit, why)
        for commit in commits
        if commit.at_ns >= span.start_ns
        and (why := _objection(commit, key, span)) is not None
    ]
    if not broken:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=(
                f"all {len(commits)} batches at {endpoint} came from the lock's holder"
            ),
        )
    commit, why = broken[0]
    more = f" ({len(broken)} such batches)" if len(broken) > 1 else ""
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"{commit.op.actor} changed the zone of {endpoint} at "
            f"{seconds(commit.at_ns)} {why}{more}"
        ),
        at_ns=commit.at_ns,
        ops=tuple(c.op.index for c, _ in broken)[:OPS_SHOWN_MAX],
    )


def _objection(commit: Commit, key: RecordKey, span: RunSpan) -> str | None:
    """Return why a batch's writer did not hold the lock, None when it did."""
    held = commit.before.record_sets.get(key)
    deleted = _change_of(commit, key, Action.DELETE)
    created = _change_of(commit, key, Action.CREATE) or _change_of(
        commit, key, Action.UPSERT
    )
    if deleted is None and created is None:
        return "without asserting the lock"
    if deleted is None:
        if held is not None:
            return f"by taking a lock that {parse_lock(held).holder} held"
        return None
    if held is None or not held.same_as(deleted):
        now = parse_lock(held).holder if held is not None else "nobody"
        return f"by a lock it no longer had; {now} held it"
    if created is None:
        # A release; deleting the exact value proves that it was held.
        return None
    return _takeover_objection(
        parse_lock(held), parse_lock(created), span.wall_ms(commit.at_ns)
    )


def _takeover_objection(old: Lock, new: Lock, wall_ms: int | None) -> str | None:
    if old.holder == new.holder or wall_ms is None or old.alive_until_ms <= wall_ms:
        return None
    left = seconds((old.alive_until_ms - wall_ms) * 1_000_000)
    return f"by taking over a lock that {old.holder} still held for {left}"


def _change_of(commit: Commit, key: RecordKey, action: Action) -> RecordSet | None:
    for change in commit.changes:
        if change.action is action and change.record_set.key == key:
            return change.record_set
    return None
