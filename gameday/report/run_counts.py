"""How much of what happened in a run?

Plain figures out of a history, for the comparison of two runs and for
`verdict.json`. They judge nothing; a checker does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.endpoint_history import flips, refused_flips
from gameday.model.history import OpKind, Outcome
from gameday.model.lease_lapses import lease_lapses
from gameday.model.reconstruction import reconstruct
from gameday.model.resolver_answers import empties_after_first
from gameday.model.run_span import run_span, within_run

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["RunCounts", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """Figures of one run, over all endpoints.

    Attributes:
        ops: everything recorded until the run's end.
        calls: AWS calls.
        answers: DNS answers given to clients.
        faulted: ops whose fate a fault rule decided.
        lost_replies: writes that may have taken effect.
        flips: root changes.
        flips_back: root changes to an older plan.
        refused_flips: root changes that Route 53 refused.
        empty_answers: NOERROR without records, after a good answer.
        leases: droplets that ever had a lease.
        leases_lapsed: of these, how many lost it.
    """

    ops: int
    calls: int
    answers: int
    faulted: int
    lost_replies: int
    flips: int
    flips_back: int
    refused_flips: int
    empty_answers: int
    leases: int
    leases_lapsed: int


def count(history: History, world: World) -> RunCounts:
    """Return the figures between the marks that begin and end a run."""
    run = within_run(history)
    start_ns = run_span(run).start_ns
    ops = [op for op in run if op.end_ns >= start_ns]
    zones = reconstruct(run)
    seen = [(zones[name], name) for name in world.endpoints if name in zones]
    moves = [f for zone, name in seen for f in flips(zone, name)]
    moves = [f for f in moves if f.at_ns >= start_ns]
    refused = [r for zone, name in seen for r in refused_flips(zone, name)]
    empties = [a for name in world.endpoints for a in empties_after_first(run, name)]
    lapses = lease_lapses(run)
    return RunCounts(
        ops=len(ops),
        calls=sum(op.kind is OpKind.CALL for op in ops),
        answers=sum(op.kind is OpKind.DNS for op in ops),
        faulted=sum(op.faulted for op in ops),
        lost_replies=sum(op.outcome is Outcome.INFO for op in ops),
        flips=len(moves),
        flips_back=sum((f.after or 0) < (f.before or 0) for f in moves),
        refused_flips=sum(r.op.end_ns >= start_ns for r in refused),
        empty_answers=sum(a.op.end_ns >= start_ns for a in empties),
        leases=lapses.droplets if lapses else 0,
        leases_lapsed=len(lapses.at_least) if lapses else 0,
    )
