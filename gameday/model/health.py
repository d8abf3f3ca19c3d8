"""Is this target in service, and can its checker still be believed?

A target leaves service after a number of failed checks in a row and comes back after
a number of passed ones. One result at a time goes in; what was seen before is in the
value.

The loop of 20 October 2025 needs two halves, and both are here:

1. An instance enters service before the network knows it, so its results alternate
   and it flaps: out, in, out.
2. Every flap costs the checker extra checks. When flapping asks for more than the
   checker has to spare, checks are delayed, a late check counts as failed, and healthy
   targets leave service too. That brings more flaps: the loop keeps itself up when the
   instances have long been reachable.

Sources: AWS's post-event summary names both halves and no constant; thresholds as in
Elastic Load Balancing (healthy 5, unhealthy 2, range 2 to 10), except that the node
check of the incident took a target back at the next pass (healthy 1). A quorum of
checkers is Route 53's (healthy while more than 18 % of them say so).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ROUTE53_QUORUM",
    "CheckResult",
    "Checker",
    "LateChecks",
    "TargetHealth",
    "Thresholds",
    "after_check",
    "after_round",
    "agreed_result",
    "checker_problems",
    "delay_ms",
    "flap_rate",
    "flapping_overloads",
    "is_late",
    "targets_routed",
]

THRESHOLD_MAX = 10
"""The longest run of checks that Elastic Load Balancing lets one ask for."""

ROUTE53_QUORUM = 0.18
"""The share of Route 53's checkers that must agree that something is healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How many checks in a row change a target's state.

    Attributes:
        unhealthy: failures until it leaves service.
        healthy: passes until it comes back.
    """

    unhealthy: int = 2
    healthy: int = 5

    def __post_init__(self) -> None:
        """Refuse a threshold that no load balancer takes."""
        if not (
            1 <= self.unhealthy <= THRESHOLD_MAX and 1 <= self.healthy <= THRESHOLD_MAX
        ):
            raise ValueError(f"need thresholds from 1 to {THRESHOLD_MAX}, not {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """One target as its checker sees it.

    Attributes:
        in_service: whether it gets traffic.
        against: checks in a row that spoke against that.
    """

    in_service: bool = True
    against: int = 0


def after_check(
    health: TargetHealth, *, passed: bool, thresholds: Thresholds
) -> TargetHealth:
    """Return the target's health after one more check."""
    if passed == health.in_service:
        return TargetHealth(in_service=health.in_service)
    against = health.against + 1
    needed = thresholds.unhealthy if health.in_service else thresholds.healthy
    if against < needed:
        return TargetHealth(in_service=health.in_service, against=against)
    return TargetHealth(in_service=not health.in_service)


def flap_rate(failure_share: float, thresholds: Thresholds) -> float:
    """Return the changes of state per check, in the long run.

    `failure_share` is how often a check fails, each independently. Waiting for a run
    of u failures takes (1-p^u)/((1-p)p^u) checks on average, for h passes likewise;
    out and in again are two changes in the sum of both.
    """
    if not 0.0 <= failure_share <= 1.0:
        raise ValueError(f"need a share from 0 to 1, not {failure_share}")
    leaving = _runs_per_check(failure_share, thresholds.unhealthy)
    returning = _runs_per_check(1.0 - failure_share, thresholds.healthy)
    if not (leaving and returning):
        return 0.0
    return 2.0 / (1.0 / leaving + 1.0 / returning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """One health checker and what it can do in a round.

    Attributes:
        round_ms: each of its targets is due once a round.
        checks_per_round: how many checks it carries out in one.
        transition_checks: what a change of a target's state costs it, in checks.
        deadline_ms: a check that comes later than this is late.
    """

    round_ms: int
    checks_per_round: int
    transition_checks: int
    deadline_ms: int

    def __post_init__(self) -> None:
        """Refuse a checker that could never check anything."""
        if min(self.round_ms, self.checks_per_round, self.deadline_ms) < 1:
            raise ValueError(f"need a round, a capacity and a deadline in {self}")
        if self.transition_checks < 0:
            raise ValueError(f"a transition cannot cost fewer than 0 checks: {self}")


def after_round(checker: Checker, *, waiting: int, due: int, transitions: int) -> int:
    """Return how many checks wait at the end of a round.

    Args:
        checker: whose round it was.
        waiting: checks that waited at its beginning.
        due: targets, each of which was due once.
        transitions: targets whose change of state it carried out; none while
            automatic failover is switched off, which is how that lever ends the loop.
    """
    asked = due + transitions * checker.transition_checks
    return max(0, waiting + asked - checker.checks_per_round)


def delay_ms(checker: Checker, *, waiting: int) -> int:
    """Return how long a new check waits behind those that wait already."""
    return waiting * checker.round_ms // checker.checks_per_round


def is_late(checker: Checker, *, waiting: int) -> bool:
    """Answer whether a new check comes after its deadline."""
    return delay_ms(checker, waiting=waiting) > checker.deadline_ms


def flapping_overloads(
    checker: Checker, *, due: int, failure_share: float, thresholds: Thresholds
) -> bool:
    """Answer whether flapping asks for more than the checker has to spare.

    In the long run its queue then grows without bound, whatever it started with:
    transition_checks * flap_rate > checks_per_round / due - 1. An overloaded checker
    may stay so when the inequality no longer holds, because late checks fail too.
    """
    spent = checker.transition_checks * flap_rate(failure_share, thresholds)
    return spent > checker.checks_per_round / due - 1.0


def checker_problems(checker: Checker, *, due: int) -> tuple[str, ...]:
    """Return why the loop means nothing with such a checker and so many targets."""
    problems = []
    if checker.checks_per_round <= due:
        problems.append(
            f"need checks_per_round > targets, not {checker.checks_per_round} and "
            f"{due}: the checker falls behind although nothing flaps"
        )
    if checker.deadline_ms * checker.checks_per_round < checker.round_ms:
        problems.append(
            f"need deadline_ms * checks_per_round >= round_ms, not "
            f"{checker.deadline_ms} * {checker.checks_per_round} and "
            f"{checker.round_ms}: one waiting check makes the next one late"
        )
    return tuple(problems)


class CheckResult(StrEnum):
    """What one checker says of one target."""

    PASSED = "passed"
    FAILED = "failed"
    LATE = "late"
    """It came after its deadline, so it says more of the checker."""


class LateChecks(StrEnum):
    """What a late check counts as."""

    FAILED = "failed"
    """As built: the checker's own trouble takes healthy targets out."""
    IGNORED = "ignored"
    """Nothing: only a checker that is not overloaded takes a target out."""


def agreed_result(
    results: Sequence[CheckResult],
    *,
    late: LateChecks = LateChecks.FAILED,
    quorum: float = ROUTE53_QUORUM,
) -> bool | None:
    """Return whether the target passed, None when nobody can tell.

    One result is the incident's single checker. Of several, more than `quorum` must
    say that it passed; one overloaded checker among them changes nothing.
    """
    counted = [
        result
        for result in results
        if late is LateChecks.FAILED or result is not CheckResult.LATE
    ]
    if not counted:
        return None
    passed = sum(result is CheckResult.PASSED for result in counted)
    return passed > quorum * len(counted)


def targets_routed(
    *, healthy: int, targets: int, healthy_min: int = 1, healthy_percent_min: int = 0
) -> int:
    """Return how many targets of a zone get traffic.

    With fewer than `healthy_min` healthy ones, or than so many of a hundred, a load
    balancer fails open: it sends to all of them, since one that cannot tell which are
    good should not choose.
    """
    is_enough = healthy >= healthy_min and healthy * 100 >= (
        healthy_percent_min * targets
    )
    return healthy if is_enough else targets


def _runs_per_check(share: float, length: int) -> float:
    """Return one over the mean number of checks until `length` in a row of a share.

    The reciprocal, because the number itself grows beyond every float.
    """
    return share**length / sum(share**power for power in range(length))
