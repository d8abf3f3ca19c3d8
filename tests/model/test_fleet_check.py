from __future__ import annotations

from dataclasses import replace

import pytest

from gameday.errors import InvalidInput
from gameday.model.fleet_check import (
    collapse_problems,
    fleet_problems,
    raise_if_meaningless,
)
from gameday.model.free_parameters import reference_fleet
from gameday.model.lease_fleet import LeaseFleet

FLEET = reference_fleet()
OUTAGE_MS = 20 * 60_000


def test_the_reference_fleet_means_something_and_collapses():
    assert fleet_problems(FLEET) == ()
    assert collapse_problems(FLEET, outage_ms=OUTAGE_MS) == ()


@pytest.mark.parametrize(
    ("fleet", "inequality"),
    [
        (replace(FLEET, workers=301), "workers <= droplets fails: 301 > 300"),
        (
            replace(FLEET, lease_ms=240_000),
            "renew_every_ms < lease_ms fails: 240000 >= 240000",
        ),
        (
            replace(FLEET, establish_cost_ms=500),
            "renew_cost_ms <= establish_cost_ms fails: 560 > 500",
        ),
        (
            reference_fleet(droplets=50, workers=2),
            "establish_cost_ms / timeout_ms <= 0.1 fails: 0.112",
        ),
        (
            replace(FLEET, fail_cost_ms=1600),
            "droplets * fail_cost_ms / workers < timeout_ms fails: 240000 >= 240000",
        ),
        (
            replace(FLEET, renew_cost_ms=3200),
            "rho < 1 + min(timeout_ms, lease_ms - renew_every_ms) / renew_every_ms",
        ),
    ],
)
def test_each_inequality_that_fails_is_named_with_both_sides(
    fleet: LeaseFleet, inequality: str
):
    (problem,) = fleet_problems(fleet)

    assert problem.startswith(inequality)


def test_every_reason_is_given_at_once_before_anything_starts():
    wrong = replace(FLEET, workers=301, lease_ms=1000)

    with pytest.raises(InvalidInput) as refused:
        raise_if_meaningless(wrong)

    assert len(refused.value.reasons) == len(fleet_problems(wrong)) >= 2


def test_an_outage_that_leases_outlast_does_not_collapse():
    (problem,) = collapse_problems(FLEET, outage_ms=400_000)

    assert problem.startswith("outage_ms >= 1.15 * critical outage fails: 400000 < 53")


def test_a_long_backoff_may_recover_by_itself():
    (problem,) = collapse_problems(FLEET, outage_ms=OUTAGE_MS, backoff_mean_ms=240_000)

    assert "> 2 fails: 1.4" in problem


def test_a_fleet_that_survives_any_outage_is_not_asked_for_a_longer_one():
    fits = replace(FLEET, timeout_ms=700_000)

    (problem,) = collapse_problems(fits, outage_ms=1)

    assert "> 2 fails: 0.957" in problem
