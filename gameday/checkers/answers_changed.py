"""Did anything move while the automation was frozen?

Between the marks of freezing and unfreezing every root must stay where it is, and the
resolvers may only give addresses of the tree that was live. A batch already on
its way when the switch was thrown may land within the settling time; an answer
may lag by a TTL. An operator's own change is why one freezes, and is no hazard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.checkers.merging import OPS_SHOWN_MAX, merge, seconds
from gameday.model.endpoint_history import addresses, flips
from gameday.model.reconstruction import reconstruct
from gameday.model.resolver_answers import ResolverAnswer, resolver_answers
from gameday.model.run_span import marks, run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.reconstruction import ZoneHistory
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "answers-changed"
FREEZE = "freeze_automation"
UNFREEZE = "unfreeze_automation"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """One freeze, from the end of its settling time to its thaw."""

    thrown_ns: int
    settled_ns: int
    end_ns: int

    def holds(self, at_ns: int) -> bool:
        return self.settled_ns <= at_ns < self.end_ns


def check(history: History, world: World) -> Finding:
    """Return invalid when a root or an answer changed during a freeze."""
    windows = _windows(history, world)
    if not windows:
        return _unknown("automation was never frozen long enough to settle")
    zones = reconstruct(history)
    return merge(
        HAZARD,
        [
            _check_one(history, name, zones.get(name), windows, world)
            for name in world.endpoints
        ],
    )


def _windows(history: History, world: World) -> tuple[_Window, ...]:
    settle_ns = world.freeze_settle_ms * 1_000_000
    found = []
    thrown_ns: int | None = None
    for mark in marks(history, FREEZE, UNFREEZE):
        on = mark.operation == FREEZE
        if on and thrown_ns is None:
            thrown_ns = mark.end_ns
        elif not on and thrown_ns is not None:
            found.append((thrown_ns, mark.start_ns))
            thrown_ns = None
    if thrown_ns is not None:
        found.append((thrown_ns, run_span(history).end_ns + 1))
    return tuple(
        _Window(thrown_ns=begin, settled_ns=begin + settle_ns, end_ns=end)
        for begin, end in found
        if end > begin + settle_ns
    )


def _check_one(
    history: History,
    endpoint: str,
    zone: ZoneHistory | None,
    windows: tuple[_Window, ...],
    world: World,
) -> Finding:
    frozen = [
        (answer, window)
        for answer in resolver_answers(history, endpoint)
        for window in windows
        if window.holds(answer.op.end_ns)
    ]
    moved = [
        flip
        for flip in (flips(zone, endpoint) if zone else ())
        if flip.actor not in world.operators
        and any(w.holds(flip.at_ns) for w in windows)
    ]
    if moved:
        flip = moved[0]
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{flip.actor} flipped {endpoint} from plan {flip.before} to plan "
                f"{flip.after} at {seconds(flip.at_ns)}, while frozen"
            ),
            at_ns=flip.at_ns,
            ops=tuple(f.commit.op.index for f in moved)[:OPS_SHOWN_MAX],
        )
    if zone is None or not frozen:
        return _unknown(f"no answer for {endpoint} was seen while frozen")
    strange = [a for a, w in frozen if _is_strange(a, w, endpoint, zone, world)]
    if strange:
        first = strange[0]
        what = ", ".join(first.addresses) or f"{first.rcode} without records"
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{first.resolver} answered {endpoint} with {what} at "
                f"{seconds(first.op.end_ns)}, which the frozen tree does not hold"
            ),
            at_ns=first.op.end_ns,
            ops=tuple(a.op.index for a in strange)[:OPS_SHOWN_MAX],
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=f"{len(frozen)} answers for {endpoint} while frozen, all of one tree",
    )


def _is_strange(
    answer: ResolverAnswer,
    window: _Window,
    endpoint: str,
    zone: ZoneHistory,
    world: World,
) -> bool:
    """Whether no tree that was live lately holds what was answered."""
    if answer.type != "A":
        return False
    allowed: set[str] = set()
    since_ns = window.thrown_ns - world.answer_lag_ms * 1_000_000
    for commit in zone.commits:
        if commit.at_ns <= since_ns:
            allowed = set(addresses(commit.after, endpoint))
        elif commit.at_ns < window.settled_ns or commit.op.actor in world.operators:
            allowed |= addresses(commit.after, endpoint)
    return not answer.addresses or not allowed.issuperset(answer.addresses)


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
