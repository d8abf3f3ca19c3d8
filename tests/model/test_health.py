"""Target health check by check, the flap formula, and the checker's own capacity."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.health import (
    ROUTE53_QUORUM,
    Checker,
    CheckResult,
    LateChecks,
    TargetHealth,
    Thresholds,
    after_check,
    after_round,
    agreed_result,
    checker_problems,
    delay_ms,
    flap_rate,
    flapping_overloads,
    is_late,
    targets_routed,
)

PASSED, FAILED, LATE = CheckResult.PASSED, CheckResult.FAILED, CheckResult.LATE

# (checks, thresholds, state after each): "p" is a pass, "f" a failure, "+" in service.
CHECK_ROWS = [
    ("pppp", Thresholds(unhealthy=2, healthy=1), "++++"),
    ("fpfp", Thresholds(unhealthy=2, healthy=1), "++++"),
    ("ffpf", Thresholds(unhealthy=2, healthy=1), "+-++"),
    ("ffpffp", Thresholds(unhealthy=2, healthy=1), "+-++-+"),
    ("ffpp", Thresholds(unhealthy=2, healthy=2), "+--+"),
    ("ffpfpp", Thresholds(unhealthy=2, healthy=2), "+----+"),
    ("ffffpffff", Thresholds(unhealthy=5, healthy=2), "+++++++++"),
    ("fffffpp", Thresholds(unhealthy=5, healthy=2), "++++--+"),
    ("fp", Thresholds(unhealthy=1, healthy=1), "-+"),
]

After = Callable[..., TargetHealth]


def states(checks: str, thresholds: Thresholds, after: After = after_check) -> str:
    health, seen = TargetHealth(), ""
    for check in checks:
        health = after(health, passed=check == "p", thresholds=thresholds)
        seen += "+" if health.in_service else "-"
    return seen


@pytest.mark.parametrize(("checks", "thresholds", "expected"), CHECK_ROWS)
def test_a_target_leaves_and_returns_after_so_many_in_a_row(
    checks: str, thresholds: Thresholds, expected: str
):
    assert states(checks, thresholds) == expected


def _never_forgets(
    health: TargetHealth, *, passed: bool, thresholds: Thresholds
) -> TargetHealth:
    """A mutant: failures need not be in a row."""
    if passed == health.in_service:
        return health
    return after_check(health, passed=passed, thresholds=thresholds)


def _one_threshold(
    health: TargetHealth, *, passed: bool, thresholds: Thresholds
) -> TargetHealth:
    """A mutant: coming back takes as long as leaving."""
    same = Thresholds(unhealthy=thresholds.unhealthy, healthy=thresholds.unhealthy)
    return after_check(health, passed=passed, thresholds=same)


def _one_more(
    health: TargetHealth, *, passed: bool, thresholds: Thresholds
) -> TargetHealth:
    """A mutant: leaves one check too late."""
    more = Thresholds(unhealthy=thresholds.unhealthy + 1, healthy=thresholds.healthy)
    return after_check(health, passed=passed, thresholds=more)


@pytest.mark.parametrize("mutant", [_never_forgets, _one_threshold, _one_more])
def test_a_mutant_of_the_state_machine_is_caught(mutant: After):
    assert any(
        states(checks, thresholds, mutant) != expected
        for checks, thresholds, expected in CHECK_ROWS
    )


@pytest.mark.parametrize(("unhealthy", "healthy"), [(0, 1), (1, 0), (11, 2), (2, 11)])
def test_thresholds_that_no_load_balancer_takes_are_refused(
    unhealthy: int, healthy: int
):
    with pytest.raises(ValueError, match="from 1 to 10"):
        Thresholds(unhealthy=unhealthy, healthy=healthy)


# --- how often a target flaps --------------------------------------------------


@pytest.mark.parametrize(
    ("share", "expected"), [(0.1, 0.018), (0.2, 0.064), (0.3, 0.126)]
)
def test_the_flap_rate_is_the_known_one(share: float, expected: float):
    found = flap_rate(share, Thresholds(unhealthy=2, healthy=1))

    assert found == pytest.approx(expected, abs=0.0005)


def test_high_thresholds_flap_some_forty_times_less():
    low = flap_rate(0.3, Thresholds(unhealthy=2, healthy=1))
    high = flap_rate(0.3, Thresholds(unhealthy=5, healthy=2))

    assert high == pytest.approx(0.003, abs=0.0005)
    assert low / high > 35


@pytest.mark.parametrize(
    "thresholds",
    [
        Thresholds(unhealthy=2, healthy=1),
        Thresholds(unhealthy=2, healthy=5),
        Thresholds(unhealthy=3, healthy=3),
    ],
)
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_flap_formula_is_what_the_state_machine_does(
    thresholds: Thresholds, share: float
):
    random, health, changes, checks = Random(7), TargetHealth(), 0, 60_000
    for _ in range(checks):
        before = health
        passed = random.random() >= share
        health = after_check(health, passed=passed, thresholds=thresholds)
        changes += before.in_service != health.in_service

    assert changes / checks == pytest.approx(flap_rate(share, thresholds), rel=0.08)


runs = st.integers(1, 10)


@given(share=st.floats(0, 1), unhealthy=runs, healthy=runs)
def test_a_flap_rate_is_between_none_and_every_check(
    share: float, unhealthy: int, healthy: int
):
    thresholds = Thresholds(unhealthy=unhealthy, healthy=healthy)
    mirrored = Thresholds(unhealthy=healthy, healthy=unhealthy)

    assert 0.0 <= flap_rate(share, thresholds) <= 1.0
    assert flap_rate(0.5, thresholds) == pytest.approx(flap_rate(0.5, mirrored))


def test_a_target_that_always_or_never_fails_does_not_flap():
    assert flap_rate(0.0, Thresholds()) == flap_rate(1.0, Thresholds()) == 0.0
    with pytest.raises(ValueError, match="from 0 to 1"):
        flap_rate(1.5, Thresholds())


# --- the checker ---------------------------------------------------------------

CHECKER = Checker(
    round_ms=10_000, checks_per_round=125, transition_checks=4, deadline_ms=10_000
)


# (waiting, transitions, waiting after the round), 100 targets being due in it.
ROUND_ROWS = [
    (0, 0, 0),
    (0, 6, 0),  # 100 + 24 is within its 125
    (0, 7, 3),
    (0, 100, 375),
    (375, 0, 350),
    (20, 0, 0),
]


@pytest.mark.parametrize(("waiting", "transitions", "expected"), ROUND_ROWS)
def test_transitions_cost_checks_and_spare_capacity_drains_them(
    waiting: int, transitions: int, expected: int
):
    assert (
        after_round(CHECKER, waiting=waiting, due=100, transitions=transitions)
        == expected
    )


def _transitions_are_free(checker: Checker, **of_round: int) -> int:
    return after_round(checker, **{**of_round, "transitions": 0})


def _never_drains(checker: Checker, **of_round: int) -> int:
    return max(of_round["waiting"], after_round(checker, **of_round))


def _forgets_what_waited(checker: Checker, **of_round: int) -> int:
    return after_round(checker, **{**of_round, "waiting": 0})


def _saves_capacity_up(checker: Checker, **of_round: int) -> int:
    asked = of_round["due"] + of_round["transitions"] * checker.transition_checks
    return of_round["waiting"] + asked - checker.checks_per_round


@pytest.mark.parametrize(
    "mutant",
    [_transitions_are_free, _never_drains, _forgets_what_waited, _saves_capacity_up],
)
def test_a_mutant_of_the_checkers_queue_is_caught(mutant: Callable[..., int]):
    assert any(
        mutant(CHECKER, waiting=waiting, due=100, transitions=transitions) != expected
        for waiting, transitions, expected in ROUND_ROWS
    )


def test_a_check_is_late_when_more_than_a_deadlines_work_is_before_it():
    assert delay_ms(CHECKER, waiting=25) == 2_000
    assert not is_late(CHECKER, waiting=125)
    assert is_late(CHECKER, waiting=126)


def overloaded_after(share: float, *, rounds: int = 400) -> bool:
    """Play one checker over 100 targets and say whether its checks come late."""
    random, thresholds = Random(3), Thresholds(unhealthy=2, healthy=1)
    targets, waiting = [TargetHealth()] * 100, 0
    for _ in range(rounds):
        transitions = 0
        for place, before in enumerate(targets):
            passed = random.random() >= share
            targets[place] = after_check(before, passed=passed, thresholds=thresholds)
            transitions += before.in_service != targets[place].in_service
        waiting = after_round(
            CHECKER, waiting=waiting, due=len(targets), transitions=transitions
        )
    return is_late(CHECKER, waiting=waiting)


@pytest.mark.parametrize("share", [0.05, 0.15, 0.18, 0.22, 0.25, 0.4])
def test_the_checker_is_overloaded_exactly_where_the_inequality_says(share: float):
    """4 * flap rate > 1.25 - 1 from a share of 0.198 on."""
    thresholds = Thresholds(unhealthy=2, healthy=1)
    predicted = flapping_overloads(
        CHECKER, due=100, failure_share=share, thresholds=thresholds
    )

    assert predicted is (share > 0.198)
    assert overloaded_after(share) is predicted


@pytest.mark.parametrize(
    "changed",
    [
        {"round_ms": 0},
        {"checks_per_round": 0},
        {"deadline_ms": 0},
        {"transition_checks": -1},
    ],
)
def test_a_checker_that_could_never_check_is_refused(changed: dict[str, int]):
    fields = {
        "round_ms": 1,
        "checks_per_round": 1,
        "transition_checks": 0,
        "deadline_ms": 1,
    }
    with pytest.raises(ValueError, match=r"checker|transition"):
        Checker(**{**fields, **changed})


def test_a_checker_with_which_the_loop_means_nothing_says_which_inequality_fails():
    slow = Checker(
        round_ms=10_000, checks_per_round=90, transition_checks=4, deadline_ms=100
    )

    assert checker_problems(CHECKER, due=100) == ()
    assert checker_problems(slow, due=100) == (
        (
            "need checks_per_round > targets, not 90 and 100: the checker falls behind "
            "although nothing flaps"
        ),
        (
            "need deadline_ms * checks_per_round >= round_ms, not 100 * 90 and 10000: "
            "one waiting check makes the next one late"
        ),
    )


# --- what several checkers agree on -----------------------------------------------


@pytest.mark.parametrize(
    ("results", "late", "expected"),
    [
        ([PASSED], LateChecks.FAILED, True),
        ([FAILED], LateChecks.FAILED, False),
        ([LATE], LateChecks.FAILED, False),
        ([LATE], LateChecks.IGNORED, None),
        ([], LateChecks.FAILED, None),
        ([LATE, PASSED, PASSED], LateChecks.FAILED, True),
        ([LATE, LATE, PASSED], LateChecks.FAILED, True),
        ([FAILED, FAILED, LATE], LateChecks.IGNORED, False),
        ([LATE] * 9 + [PASSED] * 2, LateChecks.FAILED, True),  # 18.2 %
        ([LATE] * 41 + [PASSED] * 9, LateChecks.FAILED, False),  # 18 % is not more
    ],
)
def test_one_overloaded_checker_among_several_changes_nothing(
    results: list[CheckResult], late: LateChecks, expected: object
):
    assert agreed_result(results, late=late) is expected


@given(
    results=st.lists(st.sampled_from(CheckResult), max_size=20),
    late=st.sampled_from(LateChecks),
)
def test_one_more_pass_never_takes_a_target_out(
    results: list[CheckResult], late: LateChecks
):
    before = agreed_result(results, late=late, quorum=ROUTE53_QUORUM)

    assert (before or False) <= bool(agreed_result([*results, PASSED], late=late))


@pytest.mark.parametrize(
    ("healthy", "healthy_min", "routed"),
    [(6, 1, 6), (1, 1, 1), (0, 1, 6), (2, 3, 6), (0, 0, 0)],
)
def test_a_zone_with_too_few_healthy_targets_fails_open(
    healthy: int, healthy_min: int, routed: int
):
    assert targets_routed(healthy=healthy, targets=6, healthy_min=healthy_min) == routed
