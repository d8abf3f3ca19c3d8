"""Which versions did every hosted zone go through during a run?

A checker asks here what was true at each commit instead of trusting anybody's
log. `replay.py` says how delayed and lost replies are dealt with.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.model.replay import replay_zone
from gameday.model.zone_history import Commit, ZoneHistory, batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.history import History, Op

__all__ = ["Commit", "ZoneHistory", "batches", "reconstruct"]


def reconstruct(history: History) -> Mapping[str, ZoneHistory]:
    """Return the history of every zone that a batch was sent to, by zone name."""
    return _reconstruct(_Same(history))


class _Same:
    """A history as a cache key: the very same object, not an equal one.

    Several checkers read one history; replaying it once is a matter of speed.
    """

    __slots__ = ("history",)

    def __init__(self, history: History) -> None:
        self.history = history

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.history is self.history

    def __hash__(self) -> int:
        return id(self.history)


@lru_cache(maxsize=2)
def _reconstruct(same: _Same) -> Mapping[str, ZoneHistory]:
    by_zone: dict[str, list[Op]] = {}
    for zone, op in batches(same.history):
        by_zone.setdefault(zone, []).append(op)
    return MappingProxyType(
        {name: replay_zone(name, by_zone[name]) for name in sorted(by_zone)}
    )
