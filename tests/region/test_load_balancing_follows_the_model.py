"""Do the programs do what the models say they do?

Two steps. The model counts what waits and gives every target a result each round; the
programs have a queue, and a check that waits gives none. Both play the same hours with
the same draws, and what they serve stays together. Then the programs themselves, over
Route 53 and DynamoDB, against that queue: round by round the same zones are in DNS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from balancers import Balanced

from gameday.model.check_queue import CheckQueue
from gameday.model.health import (
    Checker,
    CheckResult,
    TargetHealth,
    Thresholds,
    after_check,
    after_round,
    agreed_result,
    is_late,
)
from gameday.model.zonal_failover import (
    Zone,
    ZonesInDns,
    ZoneThresholds,
    choose_zones,
    served_share,
)
from gameday.region.balancing.health_checker import CheckRules

ZONES = ("az1", "az2", "az3")
TARGETS = tuple(f"i-{n}" for n in range(4))
CHECKER = Checker(
    round_ms=500, checks_per_round=6, transition_checks=4, deadline_ms=750
)
RULES = CheckRules(thresholds=Thresholds(unhealthy=2, healthy=1))
ZONE_THRESHOLDS = ZoneThresholds(healthy_percent_min=75, routing_percent_min=75)
DEMAND_TARGETS = 7
"""Two zones of three carry it."""
TROUBLE = range(10, 40)
FAILURE_SHARE = 0.35

Answers = dict[str, bool]
Health = dict[str, TargetHealth]
OneRound = Callable[[int, str, Health, Answers], Health]


def answers(seed: int, rounds: int) -> Iterator[dict[str, Answers]]:
    random = Random(seed)
    for number in range(rounds):
        share = FAILURE_SHARE if number in TROUBLE else 0.0
        yield {
            zone: {each: random.random() >= share for each in TARGETS} for zone in ZONES
        }


def checked(health: Health, target: str, *, late: bool, there: bool) -> bool:
    """Take one result in; return whether it changed the target's state."""
    on_time = CheckResult.PASSED if there else CheckResult.FAILED
    passed = agreed_result([CheckResult.LATE if late else on_time])
    assert passed is not None
    before = health[target]
    health[target] = after_check(before, passed=passed, thresholds=RULES.thresholds)
    return health[target].in_service != before.in_service


class Counted:
    """A checker as the model counts it."""

    def __init__(self) -> None:
        self.waiting = 0

    def play(self, number: int, health: Health, there: Answers) -> None:  # noqa: ARG002
        late = is_late(CHECKER, waiting=self.waiting)
        flaps = sum(checked(health, t, late=late, there=there[t]) for t in TARGETS)
        self.waiting = after_round(
            CHECKER, waiting=self.waiting, due=len(TARGETS), transitions=flaps
        )


class Queued:
    """A checker as the program has it."""

    def __init__(self) -> None:
        self.queue = CheckQueue(CHECKER)

    def play(self, number: int, health: Health, there: Answers) -> None:
        now_ms = number * CHECKER.round_ms
        self.queue.ask(TARGETS, now_ms=now_ms)
        flaps = sum(
            checked(health, each.target, late=each.is_late, there=there[each.target])
            for each in self.queue.serve(now_ms=now_ms)
        )
        self.queue.carry_out(flaps, now_ms=now_ms)


def played(
    kind: type[Counted | Queued], seed: int, rounds: int
) -> list[tuple[tuple[str, ...], float]]:
    """Return which zones are in DNS after each round, and what share is served."""
    checkers = {zone: kind() for zone in ZONES}
    health = {zone: dict.fromkeys(TARGETS, TargetHealth()) for zone in ZONES}
    in_dns = ZonesInDns(names=ZONES)
    seen = []
    for number, there in enumerate(answers(seed, rounds)):
        for zone in ZONES:
            checkers[zone].play(number, health[zone], there[zone])
        zones = [
            Zone(
                name=zone,
                healthy=sum(each.in_service for each in health[zone].values()),
                targets=len(TARGETS),
            )
            for zone in ZONES
        ]
        in_dns = choose_zones(
            in_dns, zones, thresholds=ZONE_THRESHOLDS, now_ms=number * 500
        )
        served = served_share(
            in_dns, zones, thresholds=ZONE_THRESHOLDS, demand_targets=DEMAND_TARGETS
        )
        seen.append((in_dns.names, served))
    return seen


def test_a_queue_of_checks_serves_what_the_model_says():
    seeds, rounds, window = 40, 100, 10
    means = []
    for kind in (Counted, Queued):
        runs = [[served for _, served in played(kind, s, rounds)] for s in range(seeds)]
        means.append(
            [
                sum(sum(run[start : start + window]) for run in runs) / seeds / window
                for start in range(0, rounds, window)
            ]
        )
    model, queue = means
    assert min(model) < 0.9
    assert queue[-1] < 0.95, "the loop keeps itself up after the trouble"
    assert queue == pytest.approx(model, abs=0.10)


def test_the_programs_keep_the_same_zones_in_dns_round_by_round(moto_url: str):
    rounds = 45
    balanced = Balanced(moto_url)
    there: dict[str, Answers] = {}
    programs = {
        zone: balanced.checker(
            zone,
            checker=CHECKER,
            rules=RULES,
            answers=lambda instance, _, zone=zone: there[zone][instance],
        )
        for zone in ZONES
    }
    balanced.targets = dict.fromkeys(TARGETS, "droplet-0001")
    balancing = balanced.balancing(thresholds=ZONE_THRESHOLDS)
    balancing.turn()
    seen = []
    for answered in answers(1, rounds):
        there.update(answered)
        for zone in ZONES:
            programs[zone].turn()
        balancing.turn()
        weights = balanced.weights()
        seen.append(tuple(zone for zone in ZONES if weights[zone]))
        balanced.clock.sleep_ms(CHECKER.round_ms)
    for each in balanced.clients:
        each.close()

    expected = [names for names, _ in played(Queued, 1, rounds)]
    assert seen == expected
    assert len(set(seen)) > 2
