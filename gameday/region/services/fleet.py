"""Has a service the instances that it wants, and what becomes of those it lost?

A service on EC2 has capacity as long as its instances run. When some are gone, whoever
ended them, it asks for others, one at a time, and gets what EC2's launch path gives.
The droplet of an instance that is gone is given back, so that it can be launched on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.aws.instances import Instances
    from gameday.region.launches import LaunchDesk

__all__ = ["ServiceFleet"]

logger = logging.getLogger(__name__)


class ServiceFleet:
    """Keeps the instances of one service.

    Args:
        instances: the service's own.
        desk: launches one of them.
        wanted: how many there are to be.
    """

    def __init__(self, *, instances: Instances, desk: LaunchDesk, wanted: int) -> None:
        self._instances = instances
        self._desk = desk
        self._wanted = wanted
        self._known: dict[str, str] = {}
        self._is_prepared = False

    def turn(self) -> bool:
        """Launch one instance if one is missing; never busy, a launch takes a rest."""
        if not self._is_prepared:
            self._instances.prepare()
            self._is_prepared = True
        running = self._instances.running()
        for droplet in sorted(self._known.keys() - running.keys()):
            logger.info("%s on %s is gone", self._known[droplet], droplet)
            self._instances.give_back(droplet)
            del self._known[droplet]
        self._known |= running
        if len(running) < self._wanted:
            self._desk.ask()
        return False
