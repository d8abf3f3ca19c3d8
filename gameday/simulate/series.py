"""How did the run go, minute by minute?

A row counts what happened since the row before. Shares and rates are made of sums
over hosts, so a series of one host and one of a hundred read the same.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["HostSeries", "Row", "Series"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The state of one host at a time, and what it did since the row before.

    Attributes:
        at_ms: the time.
        held: droplets whose lease is held.
        queued: jobs that wait for a worker.
        waiting: droplets that wait to be let in.
        oldest_renewal_ms: age of the lease that is older than 99 in 100.
        attempts, renewed, established, late, failed, timed_out, refused,
        denied, dropped, openings: as in `Tally`, since the row before.
        busy_ms, late_ms: time of the workers, and what of it was wasted.
    """

    at_ms: int
    held: int
    queued: int
    waiting: int
    oldest_renewal_ms: int
    attempts: int
    renewed: int
    established: int
    late: int
    failed: int
    timed_out: int
    refused: int
    denied: int
    dropped: int
    openings: int
    busy_ms: int
    late_ms: int

    @property
    def useful(self) -> int:
        """Leases that were renewed or established."""
        return self.renewed + self.established


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSeries:
    """One host's rows.

    Attributes:
        droplets, workers: what the host had.
        rows: in order of time, evenly spaced.
        events: how many events its driver played.
    """

    droplets: int
    workers: int
    rows: tuple[Row, ...]
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A run of one or more hosts of the same size."""

    hosts: tuple[HostSeries, ...]

    @property
    def droplets(self) -> int:
        """All droplets of all hosts."""
        return sum(host.droplets for host in self.hosts)

    @property
    def times_ms(self) -> tuple[int, ...]:
        """The times of the rows."""
        return tuple(row.at_ms for row in self.hosts[0].rows)

    def held_share(self) -> tuple[float, ...]:
        """Return the share of all leases held, row by row."""
        return tuple(
            sum(rows_held) / self.droplets
            for rows_held in zip(
                *([row.held for row in host.rows] for host in self.hosts), strict=True
            )
        )

    def total(self, name: str, *, from_ms: int = 0, to_ms: int | None = None) -> int:
        """Return the sum of a count over the rows in (from_ms, to_ms]."""
        return sum(
            int(getattr(row, name))
            for host in self.hosts
            for row in host.rows
            if from_ms < row.at_ms and (to_ms is None or row.at_ms <= to_ms)
        )

    def queued_at(self, at_ms: int) -> int:
        """Return the jobs queued on all hosts at the last row not after `at_ms`."""
        row = self._row_at(at_ms)
        return sum(host.rows[row].queued for host in self.hosts)

    def held_at(self, at_ms: int) -> float:
        """Return the share held at the last row not after `at_ms`."""
        return self.held_share()[self._row_at(at_ms)]

    def back_at_ms(self, share: float = 0.99) -> int | None:
        """Return from when at least `share` is held for good, None if never."""
        back_ms = None
        for at_ms, held in zip(self.times_ms, self.held_share(), strict=True):
            if held < share:
                back_ms = None
            elif back_ms is None:
                back_ms = at_ms
        return back_ms

    def lost_lease_minutes(self) -> float:
        """Return the area of leases not held, in droplet minutes."""
        every_ms = self.times_ms[1] - self.times_ms[0]
        lost = sum(1 - held for held in self.held_share()) * self.droplets
        return lost * every_ms / 60_000

    def worst_host(self, *, from_ms: int = 0) -> float:
        """Return the lowest share that any host held at any row from a time on."""
        return min(
            row.held / host.droplets
            for host in self.hosts
            for row in host.rows
            if row.at_ms >= from_ms
        )

    def _row_at(self, at_ms: int) -> int:
        return bisect_right(self.times_ms, at_ms) - 1
