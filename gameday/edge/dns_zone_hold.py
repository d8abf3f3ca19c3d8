"""Which older version of a zone is somebody still answered from?

The zone log remembers the newest `VERSIONS_KEPT_MAX` versions of each zone. A
`ZoneHold` picks from them: one version of one zone, the versions of the moment
when it was made, or whichever were the newest a while ago.

A version that a hold has picked stays with the hold, however many are committed
after it and also when the zone is removed. Who is held sees every other zone as
it is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.model.zone_index import ZoneIndex, ZoneTable, index_zone
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameday.edge.zones import ZoneLog, ZoneVersion

    Picked = dict[str, ZoneVersion]
    """Zone versions by zone id."""

__all__ = ["ZoneHold", "ZoneHolds"]


class ZoneHold:
    """The zone versions that a rule answers from."""

    def __init__(self, pick: Callable[[], Picked], *, soa_ttl_s: int) -> None:
        """Make it.

        Args:
            pick: returns the versions to answer from right now.
            soa_ttl_s: seconds that negative answers may be remembered.
        """
        self._pick = pick
        self._soa_ttl_s = soa_ttl_s
        self._indexes: dict[str, tuple[ZoneVersion, ZoneIndex]] = {}
        self._base: ZoneTable | None = None
        self._table = ZoneTable()
        picked = pick().values()
        self.versions = {each.zone.name[:-1]: each.version for each in picked}
        """The version of each zone when the hold was made, by the zone's name."""

    def over(self, table: ZoneTable) -> ZoneTable:
        """Return `table` with the held versions in the place of its own."""
        picked = self._pick()
        moved = {
            zone_id: version
            for zone_id, version in picked.items()
            if zone_id not in self._indexes or self._indexes[zone_id][0] is not version
        }
        if not moved and self._base is table:
            return self._table
        for zone_id, version in moved.items():
            index = index_zone(version.zone, soa_ttl_s=self._soa_ttl_s)
            self._indexes[zone_id] = (version, index)
        self._base = table
        for zone_id in picked:
            table = table.with_zone(self._indexes[zone_id][1])
        self._table = table
        return table


class ZoneHolds:
    """Makes holds on the zones of a log."""

    def __init__(
        self, zones: ZoneLog, *, now_ns: Callable[[], int], soa_ttl_s: int
    ) -> None:
        """Make it.

        Args:
            zones: every zone with its recent versions.
            now_ns: the log's clock.
            soa_ttl_s: seconds that negative answers may be remembered.
        """
        self._zones = zones
        self._now_ns = now_ns
        self._soa_ttl_s = soa_ttl_s

    def names(self) -> frozenset[str]:
        """Return the name of every zone, without its final dot."""
        return frozenset(zone.name[:-1] for zone in self._zones.zones())

    def at_version(self, zone: str, number: int) -> ZoneHold:
        """Return a hold on one version of one zone.

        Args:
            zone: its name, without its final dot.
            number: the version.

        Raises:
            InvalidInput: no such zone, or this version is not remembered.
        """
        (zone_id, *_) = self._ids(zone)
        kept = self._zones.versions(zone_id)
        found = next((each for each in kept if each.version == number), None)
        if found is None:
            raise InvalidInput(
                f"fault.version: {zone} is remembered at versions {kept[0].version} "
                f"to {kept[-1].version}, not at {number}"
            )
        return self._fixed([found])

    def as_of_now(self, zone: str, served: Callable[[str], int]) -> ZoneHold:
        """Return a hold on one zone, or on every zone, at the version of now.

        Args:
            zone: its name, without its final dot; "" for every zone.
            served: returns the newest version of a zone id that every DNS edge
                has, 0 for none: nobody is held at what was not yet answered.
        """
        picked = []
        for zone_id in self._ids(zone):
            kept, number = self._zones.versions(zone_id), served(zone_id)
            picked.append(next((v for v in kept if v.version == number), kept[-1]))
        return self._fixed(picked)

    def behind(self, zone: str, age_ms: float) -> ZoneHold:
        """Return a hold that follows one zone, or every zone, with a delay.

        Args:
            zone: its name, without its final dot; "" for every zone.
            age_ms: how far behind, milliseconds. Where that is longer than is
                remembered, the oldest version that is.
        """
        ids = self._ids(zone)

        def pick() -> Picked:
            then_ns = self._now_ns() - int(age_ms * 1_000_000)
            found = {zone_id: self._zones.as_of(zone_id, then_ns) for zone_id in ids}
            return {zone_id: each for zone_id, each in found.items() if each}

        return ZoneHold(pick, soa_ttl_s=self._soa_ttl_s)

    def _fixed(self, versions: Iterable[ZoneVersion]) -> ZoneHold:
        picked = {each.zone_id: each for each in versions}
        return ZoneHold(lambda: picked, soa_ttl_s=self._soa_ttl_s)

    def _ids(self, zone: str) -> list[str]:
        zones = self._zones.zones()
        found = [each.id for each in zones if not zone or each.name == f"{zone}."]
        if not found:
            message = unknown_name("hosted zone", zone, self.names())
            raise InvalidInput(f"fault.zone: {message}")
        return found
