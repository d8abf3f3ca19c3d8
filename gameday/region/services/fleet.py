"""Has a service the instances that it wants, and what becomes of those it lost?

A service on EC2 has capacity as long as its instances run. Each of them is checked, by
the service itself or by the health checkers of its load balancer; one that fails too
often in a row is taken for ill and ended, whatever it was: an instance whose network
has not been propagated yet looks the same, and so does one whose checker is behind.
What is missing is launched again, one after the other, until EC2's launch path refuses
one.

A new instance has a time of grace, as in an Auto Scaling group. Without it, those that
wait for their network are ended and launched again, and that is what the network is
busy with.

An instance that somebody else has ended is retired like the others, so that the network
hears of it and its droplet is given back.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gameday.clock import monotonic_ms
from gameday.region.droplets.launches import LAUNCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gameday.aws.zone_reports import ZoneReports
    from gameday.clock import Clock
    from gameday.region.droplets.launches import LaunchDesk

__all__ = ["HealthCheck", "ServiceFleet", "that_are_reported", "that_do_not_answer"]

logger = logging.getLogger(__name__)


class HealthCheck:
    """Which instances have failed too often in a row?

    Args:
        failing: returns the ids of those that fail now, of instances by droplet.
        failures_max: so many failures end an instance; 0 checks nothing.
        grace_ms: how long after it was first seen an instance may fail, because its
            network is on the way.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        failing: Callable[[Mapping[str, str]], Collection[str]],
        failures_max: int,
        grace_ms: int,
        clock: Clock,
    ) -> None:
        self._failing = failing
        self._failures_max = failures_max
        self._grace_ms = grace_ms
        self._clock = clock
        self._since_ms: dict[str, int] = {}
        self._failures: dict[str, int] = {}

    def ill(self, instances: Mapping[str, str]) -> list[str]:
        """Check every instance once; return the droplets of those taken for ill."""
        if not self._failures_max:
            return []
        failing = self._failing(instances)
        now_ms = monotonic_ms(self._clock)
        self._since_ms = {
            each: self._since_ms.get(each, now_ms) for each in instances.values()
        }
        self._failures = {
            each: self._failures.get(each, 0) + 1
            if each in failing and now_ms - since_ms >= self._grace_ms
            else 0
            for each, since_ms in self._since_ms.items()
        }
        return [
            droplet
            for droplet, instance_id in instances.items()
            if self._failures[instance_id] >= self._failures_max
        ]


def that_do_not_answer(
    answers: Callable[[str, str], bool],
) -> Callable[[Mapping[str, str]], Collection[str]]:
    """Return what finds the instances that do not answer when they are connected to.

    Args:
        answers: connects to an instance on a droplet.
    """
    return lambda instances: {
        instance_id
        for droplet, instance_id in instances.items()
        if not answers(instance_id, droplet)
    }


def that_are_reported(
    reports: ZoneReports,
) -> Callable[[Mapping[str, str]], Collection[str]]:
    """Return what finds the instances that the load balancer's checkers report.

    Those that are out of service in the newest report of their zone. As built nobody
    asks how old it is, nor whether its checker is behind; who is in no report is well.
    """
    return lambda _: {
        target.instance
        for report in reports.all().values()
        for target in report.targets
        if not target.in_service
    }


class ServiceFleet:
    """Keeps the instances of one service.

    Args:
        desk: launches one of them, and ends one.
        wanted: how many there are to be.
        check: which of them are taken for ill.
        prepare: finds what is launched; called once.
    """

    def __init__(
        self,
        *,
        desk: LaunchDesk,
        wanted: int,
        check: HealthCheck,
        prepare: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._check = check
        self._prepare = prepare
        self._known: dict[str, str] = {}
        self._is_prepared = False

    def turn(self) -> bool:
        """End what is ill and launch what is missing; never busy."""
        if not self._is_prepared:
            self._prepare()
            self._is_prepared = True
        self._desk.watch()
        staying = self._desk.staying()
        for droplet in self._check.ill(staying):
            logger.info("%s on %s is taken for ill", staying[droplet], droplet)
            self._known[droplet] = staying.pop(droplet)
        for droplet in sorted(self._known.keys() - staying.keys()):
            self._desk.retire(droplet, self._known.pop(droplet))
        self._known |= staying
        missing = self._wanted - len(staying)
        for _ in range(missing):
            if self._desk.ask() != LAUNCHED:
                break
        if missing > 0:
            # What is ended before the next turn would never be known else.
            self._known |= self._desk.staying()
        return False
