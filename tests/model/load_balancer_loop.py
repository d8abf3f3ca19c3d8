"""Load balancers and their health checkers in virtual time.

Drives the decisions of `health` and `zonal_failover`: every target is checked once a
round and fails falsely as often as the caller says; its zone leaves DNS or returns. The
zones are spread over several checkers, as different hosts check the zones of one load
balancer, so that one zone can go while the others stay.

The three zones are sized for two: the load keeps two thirds of the targets busy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from gameday.model.health import (
    Checker,
    CheckResult,
    LateChecks,
    TargetHealth,
    Thresholds,
    after_check,
    after_round,
    agreed_result,
    delay_ms,
    is_late,
)
from gameday.model.velocity import Velocity
from gameday.model.zonal_failover import (
    Failover,
    Zone,
    ZonesInDns,
    ZoneThresholds,
    choose_zones,
    served_share,
)

MINUTE_MS = 60_000
ROUND_MS = 10_000

BALANCERS, TARGETS, CHECKERS = 9, 6, 9
ZONES = ("az1", "az2", "az3")
DEMAND = len(ZONES) * TARGETS * 2 / 3

NODE_CHECK = Thresholds(unhealthy=2, healthy=1)
"""Out after two failures, back with the next pass: the node check of the incident."""

_after_check = cache(after_check)
_agreed = cache(agreed_result)


@dataclass(frozen=True, kw_only=True)
class Design:
    thresholds: Thresholds = NODE_CHECK
    capacity: float = 1.25
    transition_checks: int = 4
    failover: Callable[[int], Failover] = lambda _: Failover.ON
    velocity: Velocity | None = None
    late: LateChecks = LateChecks.FAILED
    voters: int = 1


@dataclass(frozen=True, kw_only=True)
class Round:
    minute: float
    served: float
    flaps: float
    delay_ms: int


class Loop:
    """A fleet of load balancers; `rounds` plays it."""

    def __init__(
        self, design: Design, failure_share: Callable[[float], float], *, seed: int = 1
    ) -> None:
        self._design = design
        self._failure_share = failure_share
        self._random = Random(seed)
        places = [(b, zone) for b in range(BALANCERS) for zone in ZONES]
        mixed = self._random.sample(places, len(places))
        self._checker_of = {place: n % CHECKERS for n, place in enumerate(mixed)}
        self._due = len(places) * TARGETS // CHECKERS
        self._checker = Checker(
            round_ms=ROUND_MS,
            checks_per_round=round(self._due * design.capacity),
            transition_checks=design.transition_checks,
            deadline_ms=ROUND_MS,
        )
        self._waiting = [0] * CHECKERS
        self._health = {place: [TargetHealth()] * TARGETS for place in places}
        self._in_dns = [ZonesInDns(names=ZONES)] * BALANCERS

    def rounds(self, minutes: int) -> Iterator[Round]:
        for now_ms in range(0, minutes * MINUTE_MS, ROUND_MS):
            minute = now_ms / MINUTE_MS
            failover = self._design.failover(int(minute))
            flaps = self._check_all(self._failure_share(minute), failover)
            yield Round(
                minute=minute,
                served=self._choose_all(failover, now_ms),
                flaps=flaps / (self._due * CHECKERS),
                delay_ms=max(delay_ms(self._checker, waiting=w) for w in self._waiting),
            )

    def _check_all(self, share: float, failover: Failover) -> int:
        late = [is_late(self._checker, waiting=w) for w in self._waiting]
        flaps = [0] * CHECKERS
        for place, targets in self._health.items():
            mine = self._checker_of[place]
            asked = [late[(mine + n) % CHECKERS] for n in range(self._design.voters)]
            outcomes = [self._result(asked, failed=f) for f in (False, True)]
            for number, target in enumerate(targets):
                passed = outcomes[self._random.random() < share]
                if passed is not None:
                    targets[number] = _after_check(
                        target, passed=passed, thresholds=self._design.thresholds
                    )
                    changed = targets[number].in_service != target.in_service
                    flaps[mine] += changed
        carried_out = flaps if failover is Failover.ON else [0] * CHECKERS
        self._waiting = [
            after_round(self._checker, waiting=w, due=self._due, transitions=n)
            for w, n in zip(self._waiting, carried_out, strict=True)
        ]
        return sum(flaps)

    def _result(self, late: list[bool], *, failed: bool) -> bool | None:
        on_time = CheckResult.FAILED if failed else CheckResult.PASSED
        results = tuple(CheckResult.LATE if each else on_time for each in late)
        return _agreed(results, late=self._design.late)

    def _choose_all(self, failover: Failover, now_ms: int) -> float:
        thresholds = ZoneThresholds()
        served = 0.0
        for number, before in enumerate(self._in_dns):
            zones = [
                Zone(
                    name=name,
                    targets=TARGETS,
                    healthy=sum(t.in_service for t in self._health[number, name]),
                )
                for name in ZONES
            ]
            after = choose_zones(
                before,
                zones,
                failover=failover,
                thresholds=thresholds,
                velocity=self._design.velocity,
                now_ms=now_ms,
            )
            self._in_dns[number] = after
            served += served_share(
                after, zones, thresholds=thresholds, demand_targets=DEMAND
            )
        return served / BALANCERS
