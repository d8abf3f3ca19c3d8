"""Which runs of actors stand paused, ready to be taken further?

Several may stand at one node, because histories that leave an actor in the same place
are one: each of them can be answered in its own way, and none has to be run again from
its start for that. When there are too many, the one that was kept first is dropped.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.actor_run import ActorRun

__all__ = ["PausedRuns"]


class PausedRuns:
    """Paused runs by the node at which they stand."""

    def __init__(self, runs_max: int) -> None:
        """Make room for so many."""
        self._runs_max = runs_max
        self._kept: OrderedDict[int, tuple[int, ActorRun]] = OrderedDict()
        self._at: dict[int, list[int]] = {}
        self._count = 0

    def keep(self, node: int, run: ActorRun) -> None:
        """Keep a run that stands at a node."""
        self._count += 1
        self._kept[self._count] = (node, run)
        self._at.setdefault(node, []).append(self._count)
        if len(self._kept) > self._runs_max:
            oldest, (where, dropped) = self._kept.popitem(last=False)
            self._at[where].remove(oldest)
            dropped.drop()

    def take(self, node: int) -> ActorRun | None:
        """Return a run that stands at a node, None when there is none left."""
        at = self._at.get(node)
        if not at:
            return None
        _, run = self._kept.pop(at.pop())
        return run

    def drop_all(self) -> None:
        """Drop every run."""
        for _, run in self._kept.values():
            run.drop()
        self._kept.clear()
        self._at.clear()
