"""When does a target leave service, and when is it the checker's own fault?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from balancers import AS_BUILT, CHECKER, Balanced

from gameday.model.health import CheckResult, LateChecks, Thresholds
from gameday.model.levers import Levers
from gameday.model.zonal_failover import Failover
from gameday.model.zone_report import ZoneReport, parse_report


@pytest.fixture
def balanced(moto_url: str) -> Iterator[Balanced]:
    made = Balanced(moto_url)
    made.targets = {f"i-{n}": f"droplet-000{n}" for n in (1, 2, 3)}
    yield made
    for each in made.clients:
        each.close()


def test_an_instance_without_network_enters_service_flaps_and_comes_back(
    balanced: Balanced,
):
    checker = balanced.checker()
    balanced.dark = {"i-3"}

    balanced.round(checker)
    assert balanced.in_service() == ["i-1", "i-2", "i-3"]
    balanced.round(checker)
    assert balanced.in_service() == ["i-1", "i-2"]
    balanced.dark = set()
    balanced.round(checker, 3)
    assert balanced.in_service() == ["i-1", "i-2", "i-3"]


def test_flapping_delays_checks_and_healthy_targets_leave_service(balanced: Balanced):
    checker = balanced.checker()
    balanced.targets |= {f"i-{n}": f"droplet-000{n}" for n in (4,)}
    balanced.dark = {"i-3", "i-4"}
    balanced.round(checker, 8)

    assert balanced.in_service() == []
    assert 0 < len(checker._out_by_late) <= 4


def test_the_loop_keeps_itself_up_when_every_instance_answers(balanced: Balanced):
    checker = balanced.checker()
    balanced.dark = {"i-2", "i-3"}
    balanced.round(checker, 8)
    balanced.dark = set()

    seen = set()
    for _ in range(40):
        balanced.round(checker)
        seen.add(len(balanced.in_service()))
    assert 0 in seen


def test_while_failover_is_off_changes_of_state_cost_nothing(balanced: Balanced):
    checker = balanced.checker()
    balanced.dark = {"i-2", "i-3"}
    balanced.round(checker, 8)
    balanced.dark = set()
    balanced.levers.write(Levers(failover=Failover.OFF))

    balanced.round(checker, 20)
    for _ in range(20):
        balanced.round(checker)
        assert balanced.in_service() == ["i-1", "i-2", "i-3"]


def test_late_checks_that_say_nothing_take_nothing_out(balanced: Balanced):
    rules = replace(AS_BUILT, late=LateChecks.IGNORED)
    checker = balanced.checker(rules=rules)
    balanced.dark = {"i-3"}
    balanced.round(checker, 12)

    assert balanced.in_service() == ["i-1", "i-2"]


def test_higher_thresholds_are_slower_to_take_a_target_out(balanced: Balanced):
    rules = replace(AS_BUILT, thresholds=Thresholds(unhealthy=5, healthy=2))
    checker = balanced.checker(rules=rules)
    balanced.dark = {"i-3"}
    balanced.round(checker, 4)
    assert balanced.in_service() == ["i-1", "i-2", "i-3"]
    balanced.round(checker)
    assert balanced.in_service() == ["i-1", "i-2"]


def test_of_three_voting_checkers_one_that_is_late_changes_nothing(balanced: Balanced):
    rules = replace(AS_BUILT, voters=3)
    for zone in ("az2", "az3"):
        balanced.reports.write(
            ZoneReport(
                zone=zone,
                targets=(),
                results=tuple((each, CheckResult.PASSED) for each in balanced.targets),
            )
        )
    checker = balanced.checker(rules=rules, checker=replace(CHECKER, deadline_ms=1))
    balanced.round(checker)
    # Everything waits behind one change of state from here on.
    checker._queue.carry_out(2, now_ms=balanced.clock.now_ms())
    balanced.round(checker, 4)

    report = balanced.reports.of("az1")
    assert report is not None
    assert dict(report.results)["i-1"] is CheckResult.LATE
    assert balanced.in_service() == ["i-1", "i-2", "i-3"]


def test_who_is_gone_is_forgotten_and_who_is_new_enters_service(balanced: Balanced):
    checker = balanced.checker()
    balanced.round(checker)
    balanced.targets = {"i-1": "droplet-0001", "i-9": "droplet-0002"}
    balanced.round(checker)

    assert balanced.in_service() == ["i-1", "i-9"]
    report = balanced.reports.of("az1")
    assert report is not None
    assert parse_report(report.render()) == report


def test_it_tells_how_it_is(balanced: Balanced):
    balanced.dark = {"i-3"}
    balanced.round(balanced.checker(), 3)

    metrics = balanced.cloudwatch.list_metrics(Namespace="gameday/nlb")["Metrics"]
    assert {each["MetricName"] for each in metrics} == {
        "Targets",
        "HealthyTargets",
        "Flaps",
        "LateChecks",
        "OutByLateChecks",
        "CheckDelayMs",
    }
    assert all(
        each["Dimensions"] == [{"Name": "Zone", "Value": "az1"}] for each in metrics
    )


def test_a_checker_that_is_overloaded_goes_on_checking_as_far_as_it_knows(
    balanced: Balanced,
):
    """What its own monitor sees: that it checks. Its targets are out all the same."""
    checker = balanced.checker()
    balanced.dark = {"i-2", "i-3"}
    balanced.round(checker, 8)
    balanced.dark = set()

    before = checker.checks_carried_out
    balanced.round(checker, 8)

    assert checker.checks_carried_out > before
