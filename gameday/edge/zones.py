"""Which version of each hosted zone is the edge's truth right now?

The log holds every hosted zone that passed through the edge, one immutable
`Zone` a version. A commit appends a version, gives it a change id that is
unique for the life of the edge, and tells the subscribers before it returns.

Invariants: the versions of a zone count 1, 2, 3 ... without gaps; subscribers
see them in exactly that order; a change id names one version of one zone.

How it works: everything runs on one asyncio loop, so there are no locks, and
no await stands between appending a version and telling the subscribers. A
subscriber that awaited before it noted the version could see two commits in
the wrong order, and a DNS edge would then serve the older one for ever.
"""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.model.zone import Zone

__all__ = ["VERSIONS_KEPT_MAX", "ZoneLog", "ZoneVersion"]

VERSIONS_KEPT_MAX = 256
"""Versions remembered for each zone; older ones are forgotten."""

_ID_RANDOM_BITS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneVersion:
    """One zone as one commit left it.

    Attributes:
        zone_id: bare hosted zone id.
        version: 1 for the zone's first version, then without gaps.
        change_id: bare id that GetChange is asked for.
        zone: the zone's contents at this version.
        committed_ns: when it was committed, nanoseconds on the log's clock.
        removed: whether this version says that the zone is gone; `zone` is
            then what it held last.
    """

    zone_id: str
    version: int
    change_id: str
    zone: Zone
    committed_ns: int = 0
    removed: bool = False


class ZoneLog:
    """The edge's versioned copy of every hosted zone."""

    def __init__(
        self, *, seed: int = 0, now_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Begin without zones.

        Args:
            seed: decides the change ids.
            now_ns: the clock of `ZoneVersion.committed_ns`.
        """
        self._now_ns = now_ns
        self._random = random.Random(f"change ids {seed}")
        self._issued = 0
        self._versions: dict[str, deque[ZoneVersion]] = {}
        self._newest: dict[str, Zone] = {}
        self._ids_by_name: dict[str, list[str]] = {}
        self._subscribers: list[Callable[[ZoneVersion], None]] = []

    def get(self, zone_id: str) -> Zone | None:
        """Return the newest version of a zone, None when it is not known."""
        return self._newest.get(zone_id)

    @property
    def by_id(self) -> Mapping[str, Zone]:
        """The newest version of every known zone by id, always as it is now."""
        return MappingProxyType(self._newest)

    def latest(self, zone_id: str) -> ZoneVersion | None:
        """Return the newest version with its number and change id."""
        versions = self._versions.get(zone_id)
        return versions[-1] if versions else None

    def versions(self, zone_id: str) -> tuple[ZoneVersion, ...]:
        """Return the remembered versions of a zone, oldest first."""
        return tuple(self._versions.get(zone_id, ()))

    def as_of(self, zone_id: str, moment_ns: int) -> ZoneVersion | None:
        """Return the version that was the newest at a moment.

        A moment before the oldest remembered version gives the oldest.

        Args:
            zone_id: bare hosted zone id.
            moment_ns: nanoseconds on the log's clock.
        """
        versions = self._versions.get(zone_id)
        if not versions:
            return None
        past = (each for each in reversed(versions) if each.committed_ns <= moment_ns)
        return next(past, versions[0])

    def by_name(self, name: str) -> Zone | None:
        """Return the zone of that name (the first, if several share it).

        Args:
            name: the zone's own name, with or without its final dot.
        """
        ids = self._ids_by_name.get(_absolute(name))
        return self.get(ids[0]) if ids else None

    def zones(self) -> tuple[Zone, ...]:
        """Return every known zone, ordered by name and id."""
        newest = self._newest.values()
        return tuple(sorted(newest, key=lambda zone: (zone.name, zone.id)))

    def create(self, zone: Zone) -> str:
        """Take up a zone that is not known yet; returns its change id."""
        assert zone.id not in self._versions, zone.id  # noqa: S101 - an invariant
        self._versions[zone.id] = deque(maxlen=VERSIONS_KEPT_MAX)
        self._ids_by_name.setdefault(_absolute(zone.name), []).append(zone.id)
        return self._append(zone, version=1)

    def commit(self, zone: Zone) -> str:
        """Append the next version of a known zone; returns its change id."""
        latest = self._versions[zone.id][-1]
        return self._append(zone, version=latest.version + 1)

    def remove(self, zone_id: str) -> str:
        """Forget a zone and tell the subscribers; returns the change id."""
        latest = self._versions.pop(zone_id)[-1]
        del self._newest[zone_id]
        name = _absolute(latest.zone.name)
        self._ids_by_name[name].remove(zone_id)
        if not self._ids_by_name[name]:
            del self._ids_by_name[name]
        last = ZoneVersion(
            zone_id=zone_id,
            version=latest.version + 1,
            change_id=self._new_change_id(),
            zone=latest.zone,
            committed_ns=self._now_ns(),
            removed=True,
        )
        self._tell(last)
        return last.change_id

    def subscribe(self, callback: Callable[[ZoneVersion], None]) -> None:
        """Call `callback` at once with every zone known, then at each commit."""
        for versions in tuple(self._versions.values()):
            callback(versions[-1])
        self._subscribers.append(callback)

    def _append(self, zone: Zone, *, version: int) -> str:
        change_id = self._new_change_id()
        entry = ZoneVersion(
            zone_id=zone.id,
            version=version,
            change_id=change_id,
            zone=zone,
            committed_ns=self._now_ns(),
        )
        self._versions[zone.id].append(entry)
        self._newest[zone.id] = zone
        self._tell(entry)
        return change_id

    def _tell(self, version: ZoneVersion) -> None:
        for subscriber in self._subscribers:
            subscriber(version)

    def _new_change_id(self) -> str:
        # The counter makes ids unique; the random part makes them look like
        # Route 53's, so that nobody parses an order out of them.
        self._issued += 1
        tail = self._random.getrandbits(_ID_RANDOM_BITS)
        return f"C{self._issued:07d}{tail:012X}"


def _absolute(name: str) -> str:
    lowered = name.lower()
    return lowered if lowered.endswith(".") else f"{lowered}."
