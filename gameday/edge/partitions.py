"""Which availability zones are cut off right now, and who is in them?

Cutting a zone has three parts that answer to one state: its callers' calls
(asked call by call, `cut_of`), its load balancers and its resolver (told once).
Healing puts all three back and breaks the connections on which callers still
wait, so that they try again at once.

The dangerous order: the state comes first and the mark last, so that a call which
passed before the mark in the history may have met the cut already, but none after
the mark can have missed it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.edge.config import EdgeConfig
    from gameday.edge.dns_plane import DnsPlane
    from gameday.edge.load_balancer import LoadBalancers
    from gameday.edge.partition import Cut
    from gameday.edge.recorder import Recorder

__all__ = ["Partitions"]


class Partitions:
    """The cuts of one edge."""

    def __init__(
        self,
        config: EdgeConfig,
        *,
        load_balancers: LoadBalancers,
        dns: DnsPlane,
        recorder: Recorder,
    ) -> None:
        self._az_of: Mapping[str, str] = config.zones_of_actors
        self._balancers_of: dict[str, list[str]] = {}
        for each in config.load_balancers:
            self._balancers_of.setdefault(each.az, []).append(each.name)
        named = {*self._balancers_of, *config.resolvers, *self._az_of.values()}
        self._zones = frozenset(named - {""})
        self._load_balancers = load_balancers
        self._dns = dns
        self._recorder = recorder
        self._cuts: dict[str, Cut] = {}
        self._healed: dict[str, asyncio.Event] = {}
        self._changing = asyncio.Lock()

    def cut_of(self, actor: str) -> Cut | None:
        """Return how the zone that an actor is in is cut off, None if it is not."""
        # Asked for every call; most runs never cut anything.
        return self._cuts.get(self._az_of.get(actor, "")) if self._cuts else None

    def healed(self, actor: str) -> asyncio.Event | None:
        """Return what is set once an actor's zone is healed, None if it is not cut."""
        cut = self.cut_of(actor)
        return self._healed[cut.az] if cut else None

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return how each zone is cut that is, by name."""
        return {az: self._cuts[az].document() for az in sorted(self._cuts)}

    def known(self, az: str) -> str:
        """Return `az`; raises InvalidInput with the nearest when there is none."""
        if az not in self._zones:
            raise InvalidInput(unknown_name("availability zone", az, self._zones))
        return az

    async def cut(self, cut: Cut) -> None:
        """Cut a zone off, or cut it in another way."""
        async with self._changing:
            if cut.az not in self._cuts:
                self._healed[cut.az] = asyncio.Event()
            self._cuts[cut.az] = cut
            await self._tell(cut.az, cut=True)
            self._recorder.mark("partition", {"az": cut.az, **cut.document()})

    async def heal(self, az: str) -> None:
        """Join a zone again; one that is not cut off stays as it is."""
        async with self._changing:
            if self._cuts.pop(az, None) is None:
                return
            await self._tell(az, cut=False)
            self._healed.pop(az).set()
            self._recorder.mark("heal", {"az": az})

    async def _tell(self, az: str, *, cut: bool) -> None:
        self._dns.cut_off(az, cut=cut)
        await self._load_balancers.cut_off(self._balancers_of.get(az, ()), cut=cut)
