"""What did a manager do since the last look?"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import fields
from typing import TYPE_CHECKING

from gameday.model.droplet_workflow import Tally
from gameday.simulate.series import HostSeries, Row

if TYPE_CHECKING:
    from gameday.model.droplet_workflow import DropletWorkflow
    from gameday.model.lease_fleet import LeaseFleet

__all__ = ["Recorder"]

_COUNTS = tuple(field.name for field in fields(Tally) if field.name != "failed_ms")


class Recorder:
    """Takes the rows of one host's series."""

    def __init__(self, manager: DropletWorkflow, fleet: LeaseFleet) -> None:
        self._manager = manager
        self._fleet = fleet
        self._before = self._counts()
        self._rows: list[Row] = []

    def sample(self, at_ms: int) -> None:
        """Add the row of this time."""
        counts = self._counts()
        held_until_ms = sorted(self._manager.held_until_ms)
        oldest_ms = held_until_ms[len(held_until_ms) // 100]
        self._rows.append(
            Row(
                at_ms=at_ms,
                held=len(held_until_ms) - bisect_right(held_until_ms, at_ms),
                queued=self._manager.queued,
                waiting=self._manager.admission.waiting,
                oldest_renewal_ms=at_ms - (oldest_ms - self._fleet.lease_ms),
                **{name: counts[name] - self._before[name] for name in counts},
            )
        )
        self._before = counts

    def series(self, *, events: int) -> HostSeries:
        """Return the rows that were taken."""
        return HostSeries(
            droplets=self._fleet.droplets,
            workers=self._fleet.workers,
            rows=tuple(self._rows),
            events=events,
        )

    def _counts(self) -> dict[str, int]:
        manager = self._manager
        counts = {name: getattr(manager.tally, name) for name in _COUNTS}
        return counts | {"dropped": manager.dropped}
