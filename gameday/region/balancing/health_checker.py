"""Which targets of a zone are in service, and is their checker still to be believed?

One checker a zone, with a capacity of its own. A turn is a round: every instance that
runs on the zone's droplets is due for a check, a TCP connection on which the instance
must say its own name; as many checks are carried out as the capacity allows, and what
was found is left for whoever decides about DNS and for the zone's node.

As built an instance enters service as soon as EC2 says that it runs. When its network
is not there yet, its checks fail and then pass: it flaps, though nothing is wrong with
it. Carrying out a change of state costs the checker checks (`CheckQueue`), so flapping
delays the others, a late check counts as failed, and targets that work leave service
too. Nothing here knows about DNS. What is switched off by the operators' lever is the
carrying out, and with it the cost.

When checkers vote, each checks the targets of every zone, and the zone's own checker
takes what more of them say than the quorum.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.clock import monotonic_ms
from gameday.model.balancing_seen import (
    CHECK_DELAY_METRIC,
    CHECKS_LATE_METRIC,
    FLAPS_METRIC,
    HEALTHY_METRIC,
    OUT_BY_LATE_METRIC,
    TARGETS_METRIC,
)
from gameday.model.check_queue import CheckQueue
from gameday.model.health import (
    CheckResult,
    LateChecks,
    TargetHealth,
    Thresholds,
    after_check,
    agreed_result,
)
from gameday.model.zonal_failover import Failover
from gameday.model.zone_report import TargetReport, ZoneReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.balancing_metrics import BalancingMetrics
    from gameday.aws.lever_store import LeverStore
    from gameday.aws.zone_reports import ZoneReports
    from gameday.clock import Clock
    from gameday.model.check_queue import Served
    from gameday.model.health import Checker

__all__ = ["CheckRules", "HealthChecker"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """How results become health; the defaults are as built.

    Attributes:
        thresholds: results in a row that change a target's state.
        late: what a late check counts as.
        voters: checkers that are asked about a target; 1 is the zone's own alone.
    """

    thresholds: Thresholds
    late: LateChecks = LateChecks.FAILED
    voters: int = 1


class HealthChecker:
    """The checker of one zone.

    Args:
        zone: its name.
        targets: returns the droplet of each instance that is to be checked, by id.
        is_own: whether a droplet is in the zone.
        answers: connects to an instance on a droplet; whether that one is there.
        checker: its capacity.
        rules: how results become health.
        reports: where it leaves what it found.
        levers: the operators'.
        metrics: where it tells how it is.
        clock: of its host.
    """

    def __init__(
        self,
        *,
        zone: str,
        targets: Callable[[], Mapping[str, str]],
        is_own: Callable[[str], bool],
        answers: Callable[[str, str], bool],
        checker: Checker,
        rules: CheckRules,
        reports: ZoneReports,
        levers: LeverStore,
        metrics: BalancingMetrics,
        clock: Clock,
    ) -> None:
        self._zone = zone
        self._targets = targets
        self._is_own = is_own
        self._answers = answers
        self._rules = rules
        self._reports = reports
        self._levers = levers
        self._metrics = metrics
        self._clock = clock
        self._queue = CheckQueue(checker)
        self._health: dict[str, TargetHealth] = {}
        self._results: dict[str, CheckResult] = {}
        self.checks_carried_out = 0
        self._out_by_late: set[str] = set()

    def turn(self) -> bool:
        """Play one round; there is always another."""
        now_ms = monotonic_ms(self._clock)
        failover = self._levers.read().failover
        targets = self._targets()
        others = self._votes() if self._rules.voters > 1 else []
        self._keep_only(targets)
        self._queue.ask(sorted(targets), now_ms=now_ms)
        served = self._queue.serve(now_ms=now_ms)
        self.checks_carried_out += len(served)
        flaps = sum(self._check(each, targets, others) for each in served)
        if failover is Failover.ON:
            self._queue.carry_out(flaps, now_ms=now_ms)
        report = self._report(targets)
        self._reports.write(report)
        self._tell(report, flaps=flaps, late=sum(each.is_late for each in served))
        return False

    def _check(
        self,
        served: Served,
        targets: Mapping[str, str],
        others: list[Mapping[str, CheckResult]],
    ) -> bool:
        """Carry out one check; return whether it changed the target's state."""
        instance = served.target
        if instance not in targets:
            return False
        there = self._answers(instance, targets[instance])
        result = CheckResult.PASSED if there else CheckResult.FAILED
        self._results[instance] = CheckResult.LATE if served.is_late else result
        if instance not in self._health:
            return False
        votes = [each[instance] for each in others if instance in each]
        passed = agreed_result(
            [self._results[instance], *votes[: self._rules.voters - 1]],
            late=self._rules.late,
        )
        if passed is None:
            return False
        before = self._health[instance]
        after = after_check(before, passed=passed, thresholds=self._rules.thresholds)
        self._health[instance] = after
        if after.in_service:
            self._out_by_late.discard(instance)
        elif before.in_service and self._results[instance] is CheckResult.LATE:
            self._out_by_late.add(instance)
        if after.in_service != before.in_service:
            logger.info(
                "%s is %s service: its check is %s",
                instance,
                "in" if after.in_service else "out of",
                self._results[instance],
            )
        return after.in_service != before.in_service

    def _keep_only(self, targets: Mapping[str, str]) -> None:
        """Let new targets enter service, and forget those that are gone."""
        self._health = {
            instance: self._health.get(instance, TargetHealth())
            for instance, droplet in targets.items()
            if self._is_own(droplet)
        }
        self._results = {
            instance: result
            for instance, result in self._results.items()
            if instance in targets
        }
        self._out_by_late &= targets.keys()

    def _votes(self) -> list[Mapping[str, CheckResult]]:
        return [
            dict(report.results)
            for zone, report in self._reports.all().items()
            if zone != self._zone
        ]

    def _report(self, targets: Mapping[str, str]) -> ZoneReport:
        return ZoneReport(
            zone=self._zone,
            targets=tuple(
                TargetReport(
                    instance=instance,
                    droplet=targets[instance],
                    in_service=health.in_service,
                )
                for instance, health in sorted(self._health.items())
            ),
            results=tuple(sorted(self._results.items())),
            waiting=self._queue.waiting,
        )

    def _tell(self, report: ZoneReport, *, flaps: int, late: int) -> None:
        healthy = sum(each.in_service for each in report.targets)
        values = {
            TARGETS_METRIC: len(report.targets),
            HEALTHY_METRIC: healthy,
            FLAPS_METRIC: flaps,
            CHECKS_LATE_METRIC: late,
            OUT_BY_LATE_METRIC: len(self._out_by_late),
            CHECK_DELAY_METRIC: self._queue.delay_ms(now_ms=monotonic_ms(self._clock)),
        }
        self._metrics.tell(
            {name: float(value) for name, value in values.items()}, zone=self._zone
        )
