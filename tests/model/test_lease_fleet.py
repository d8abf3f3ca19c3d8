"""The formulas, against numbers worked out and measured before this code existed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.free_parameters import reference_fleet
from gameday.model.lease_fleet import FleetState, LeaseFleet

fleets = st.builds(
    LeaseFleet.of_passes,
    droplets=st.just(10_000),
    workers=st.just(4),
    renewal_pass_ms=st.floats(30_000, 300_000),
    fleet_time_ms=st.floats(300_000, 3_000_000),
)


def fleet_of(rho: float, *, times: float = 8) -> LeaseFleet:
    """The fleet of this load, in which establishing costs `times` a renewal."""
    pass_ms = rho * 240_000
    return LeaseFleet.of_passes(
        droplets=2000,
        workers=8,
        renewal_pass_ms=pass_ms,
        fleet_time_ms=times * pass_ms,
    )


def integrated_pass_ms(fleet: LeaseFleet, outage_ms: float) -> float:
    """The equation of the recovery pass, by small steps instead of by its solution."""
    renew, establish = fleet.renewal_pass_ms, fleet.fleet_time_ms
    slack = fleet.lease_ms - fleet.renew_every_ms
    steps, at_ms = 3_000, 0.0
    for _ in range(steps):
        lost = (outage_ms + at_ms - slack) / fleet.renew_every_ms
        at_ms += (renew + (establish - renew) * min(1, max(0, lost))) / steps
    return at_ms


def test_the_reference_fleet_has_the_derived_quantities_of_its_table():
    fleet = reference_fleet(droplets=2000, workers=8)

    assert (fleet.establish_cost_ms, fleet.renew_cost_ms) == (2680, 336)
    assert fleet.establish_per_s == pytest.approx(2.985, abs=0.001)
    assert fleet.rho == pytest.approx(0.35)
    assert fleet.rho_max == pytest.approx(2)
    assert fleet.collapse_number == pytest.approx(2.79, abs=0.01)
    assert fleet.queue_growth_per_s == pytest.approx(5.348, abs=0.001)


def test_the_size_of_a_fleet_changes_no_pass():
    small, large = reference_fleet(), reference_fleet(droplets=2000, workers=8)

    assert small.fleet_time_ms == pytest.approx(large.fleet_time_ms, rel=0.01)
    assert small.rho == pytest.approx(large.rho, rel=0.01)
    assert small.job_share == pytest.approx(0.0186, abs=0.0001)


@pytest.mark.parametrize(
    ("rho", "backoff_mean_ms", "state"),
    [
        (0.1, 0, FleetState.STABLE),
        (0.24, 0, FleetState.GREY),
        (0.35, 0, FleetState.VULNERABLE),
        (0.35, 240_000, FleetState.GREY),
        (0.35, 480_000, FleetState.STABLE),
        (1.9, 0, FleetState.VULNERABLE),
        (2.0, 0, FleetState.OVERLOADED),
        (2.0, 10**9, FleetState.OVERLOADED),
    ],
)
def test_the_regions_lie_where_the_theory_puts_them(rho, backoff_mean_ms, state):
    assert fleet_of(rho).state(backoff_mean_ms=backoff_mean_ms) is state


@pytest.mark.parametrize(("rho", "seconds"), [(0.35, 466), (0.6, 395), (0.8, 333)])
def test_the_critical_outage_is_the_one_that_was_worked_out_before(rho, seconds):
    assert fleet_of(rho).critical_outage_ms() / 1000 == pytest.approx(seconds, abs=1)


@given(fleet=fleets, outage_ms=st.floats(0, 800_000))
def test_the_solution_of_the_recovery_pass_solves_its_equation(fleet, outage_ms):
    assert fleet.recovery_pass_ms(outage_ms) == pytest.approx(
        integrated_pass_ms(fleet, outage_ms), rel=0.01
    )


@given(fleet=fleets, shorter=st.floats(0, 800_000), longer=st.floats(0, 800_000))
def test_a_longer_outage_never_makes_a_shorter_pass(fleet, shorter, longer):
    shorter, longer = sorted((shorter, longer))

    assert fleet.recovery_pass_ms(shorter) <= fleet.recovery_pass_ms(longer) + 1e-6


@given(fleet=fleets)
def test_a_pass_takes_between_a_renewal_and_a_fleet_time(fleet):
    assert fleet.recovery_pass_ms(0) >= fleet.renewal_pass_ms
    assert fleet.recovery_pass_ms(10**9) == pytest.approx(fleet.fleet_time_ms)


@given(fleet=fleets)
def test_an_outage_just_under_the_critical_one_fits_the_timeout(fleet):
    critical_ms = fleet.critical_outage_ms()

    if math.isfinite(critical_ms):
        assert fleet.recovery_pass_ms(critical_ms + 2) > fleet.timeout_ms
    if 0 < critical_ms < math.inf:
        assert fleet.recovery_pass_ms(critical_ms) <= fleet.timeout_ms


def test_a_fleet_that_fits_its_timeout_survives_any_outage():
    fleet = replace(fleet_of(0.35), timeout_ms=700_000)

    assert fleet.critical_outage_ms() == math.inf
    assert fleet.state() is FleetState.STABLE


def test_establishing_that_costs_no_more_than_renewing_survives_any_outage():
    assert fleet_of(0.9, times=1).critical_outage_ms() == math.inf


def test_a_host_whose_renewals_alone_outlast_the_timeout_survives_none():
    assert fleet_of(1.5).critical_outage_ms() == 0


def test_what_is_no_number_of_things_is_refused():
    with pytest.raises(ValueError, match="workers >= 1, not 0"):
        replace(reference_fleet(), workers=0)
