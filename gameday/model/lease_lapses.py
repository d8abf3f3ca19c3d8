"""Which droplet leases lapsed before they were renewed?

A lease lapses when the moment it was last written to last until passes before
its next write takes effect, or before the run ends. Expiry is on the writer's
wall clock, so the mark `run_started` must tell the run's own. What lapsed and
was written again before the evidence begins is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.history import History, Outcome
from gameday.model.run_span import RunSpan, run_span
from gameday.model.table_writes import LeaseWrite, lease_writes

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Lapse", "LeaseLapses", "lease_lapses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """One droplet whose lease ran out.

    Attributes:
        at_ns: when, on the run's scale.
        droplet: whose lease.
        last_write: index of the last write before.
    """

    at_ns: int
    droplet: str
    last_write: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseLapses:
    """The lapses of a run, counted twice.

    Attributes:
        droplets: how many droplets had a lease.
        at_most: lapses if no unacknowledged write took effect, in time order.
        at_least: lapses if every unacknowledged write did, in time order.
    """

    droplets: int
    at_most: tuple[Lapse, ...]
    at_least: tuple[Lapse, ...]


def lease_lapses(history: History) -> LeaseLapses | None:
    """Return the lapses, None when the wall clock or the leases are unknown."""
    span = run_span(history)
    if span.epoch_ms is None:
        return None
    acknowledged: dict[str, list[LeaseWrite]] = {}
    possible: dict[str, list[LeaseWrite]] = {}
    for write in lease_writes(history):
        if write.op.outcome is not Outcome.FAIL:
            possible.setdefault(write.droplet, []).append(write)
        if write.op.outcome is Outcome.OK:
            acknowledged.setdefault(write.droplet, []).append(write)
    if not acknowledged:
        return None
    return LeaseLapses(
        droplets=len(acknowledged),
        at_most=_lapses(acknowledged.values(), span),
        at_least=_lapses((possible[droplet] for droplet in acknowledged), span),
    )


def _lapses(droplets: Iterable[list[LeaseWrite]], span: RunSpan) -> tuple[Lapse, ...]:
    found = (_first_lapse(writes, span) for writes in droplets)
    return tuple(
        sorted(
            (lapse for lapse in found if lapse is not None),
            key=lambda lapse: (lapse.at_ns, lapse.droplet),
        )
    )


def _first_lapse(writes: list[LeaseWrite], span: RunSpan) -> Lapse | None:
    ordered = sorted(writes, key=lambda write: write.op.end_ns)
    renewed_ns = [*(write.op.end_ns for write in ordered[1:]), span.end_ns]
    for write, next_ns in zip(ordered, renewed_ns, strict=True):
        wall_ms = write.expires_at_ms - (span.epoch_ms or 0)
        expired_ns = span.start_ns + wall_ms * 1_000_000
        if expired_ns < next_ns and next_ns > span.start_ns:
            return Lapse(
                at_ns=expired_ns, droplet=write.droplet, last_write=write.op.index
            )
    return None
