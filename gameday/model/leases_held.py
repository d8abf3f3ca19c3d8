"""Which share of the droplet leases was held, at every moment of a run?

Read from the acknowledged lease writes: a lease is held from the end of its write to
the expiry that was written. Expiry is on the writer's wall clock, so without the mark
`run_started` nobody can tell.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from gameday.model.history import Outcome
from gameday.model.run_span import run_span
from gameday.model.table_writes import lease_writes

if TYPE_CHECKING:
    from gameday.model.history import History

__all__ = ["leases_held"]


def leases_held(history: History) -> tuple[tuple[int, float], ...]:
    """Return (moment, share held from then on) for each change, in order.

    The share is of all droplets that ever had a lease in the run. Empty when there is
    no lease, or no wall clock.
    """
    span = run_span(history)
    if span.epoch_ms is None:
        return ()
    until_ns: dict[str, int] = {}
    steps: list[tuple[int, int]] = []
    for write in lease_writes(history):
        if write.op.outcome is not Outcome.OK:
            continue
        at_ns = write.op.end_ns
        wall_ms = write.expires_at_ms - span.epoch_ms
        expires_ns = span.start_ns + wall_ms * 1_000_000
        held_ns = until_ns.get(write.droplet, at_ns)
        if expires_ns > held_ns:
            steps += [(max(at_ns, held_ns), 1), (expires_ns, -1)]
            until_ns[write.droplet] = expires_ns
    shares = []
    held = 0
    for at_ns, changes in groupby(sorted(steps), key=lambda step: step[0]):
        before = held
        held += sum(change for _, change in changes)
        if held != before:
            shares.append((at_ns, held / len(until_ns)))
    return tuple(shares)
