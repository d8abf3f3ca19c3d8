"""What do the owners of instances want, whatever EC2 can do?

Every turn the oldest instance has done its work and is to end, and what is missing is
launched again, a few at a time. Owners know nothing of leases or of the network: in an
outage they go on ending what they have, and what they could not launch they want when
launches work again. That is how an outage's launches and terminations pile up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.droplets.launches import LaunchDesk

__all__ = ["InstanceOwners"]


class InstanceOwners:
    """All owners together.

    Args:
        desk: EC2's launch path.
        ask: asks it for one instance; returns whether it was launched.
        wanted: how many instances there are to be.
        kept: the oldest is not ended when no more than these are left.
        at_once: launches that are asked for in one turn, at most.
    """

    def __init__(
        self,
        *,
        desk: LaunchDesk,
        ask: Callable[[], bool],
        wanted: int,
        kept: int,
        at_once: int,
    ) -> None:
        self._desk = desk
        self._ask = ask
        self._wanted = wanted
        self._kept = kept
        self._at_once = at_once

    def turn(self) -> bool:
        """End the oldest, launch what is missing; never busy, owners wait."""
        staying = self._desk.staying()
        if len(staying) > self._kept:
            oldest = next(iter(staying))
            self._desk.retire(oldest, staying.pop(oldest))
        for _ in range(min(self._at_once, self._wanted - len(staying))):
            if not self._ask():
                break
        return False
