from __future__ import annotations

from dataclasses import replace

import pytest

from gameday.errors import InvalidInput
from gameday.model.free_parameters import reference_fleet
from gameday.model.lease import Answer
from gameday.model.mitigations import Mitigation, mitigations
from gameday.simulate.drill import Drill
from gameday.simulate.incident import incident
from gameday.simulate.scenario import LoadCurve, Outage, Restart, Scenario
from gameday.simulate.virtual import play

FLEET = reference_fleet()


def test_a_load_curve_is_linear_between_its_points_and_stands_still_outside():
    curve = LoadCurve(((100, 1.0), (200, 3.0)))

    assert [curve.factor(at_ms) for at_ms in (0, 100, 150, 200, 900)] == [1, 1, 2, 3, 3]


@pytest.mark.parametrize("points", [(), ((5, 1.0), (4, 1.0)), ((5, 1.0), (5, 2.0))])
def test_a_curve_that_goes_back_in_time_is_refused(points):
    with pytest.raises(ValueError, match="order of time"):
        LoadCurve(points)


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_ms": 2, "to_ms": 1},
        {"from_ms": 0, "to_ms": 1, "back_over_ms": -1},
        {"from_ms": 0, "to_ms": 1, "answer": Answer.WRITTEN},
    ],
)
def test_an_outage_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r"need|none"):
        Outage(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"hosts": 0}, {"horizon_ms": 0}, {"slow_at_queue": 0}]
)
def test_a_run_without_hosts_or_an_end_is_refused(wrong):
    with pytest.raises(ValueError, match="need"):
        Scenario(**{"fleet": FLEET, "horizon_ms": 1} | wrong)


def test_a_fleet_outside_the_model_is_refused_before_the_start():
    backwards = replace(FLEET, lease_ms=FLEET.renew_every_ms)

    with pytest.raises(InvalidInput, match="renew_every_ms < lease_ms fails"):
        play(Scenario(fleet=backwards, horizon_ms=1), seed=1)


def test_what_lies_after_the_horizon_never_comes():
    short = incident(FLEET, hosts=1, end=10)

    assert play(short, seed=1).times_ms == tuple(m * 60_000 for m in range(11))


def test_restarts_are_spread_over_their_time_host_by_host():
    restart = Restart(at_ms=1000, over_ms=400, rediscovery_ms=5)

    assert [restart.turn_ms(host, 4) for host in range(4)] == [1050, 1150, 1250, 1350]


def test_a_drill_pair_differs_in_nothing_but_the_mitigation():
    drill = Drill(fleet=FLEET)
    treated = drill.treated(mitigations(FLEET)[Mitigation.THROTTLE_AND_RESTART])
    untouched = drill.untouched()

    assert treated.outage == untouched.outage
    assert treated.levers == untouched.levers
    assert treated.horizon_ms == untouched.horizon_ms
    assert [pull.at_ms for pull in treated.pulls] == [drill.pulled_ms, drill.let_go_ms]
    assert [restart.at_ms for restart in treated.restarts] == [drill.pulled_ms]
    assert untouched.pulls == untouched.restarts == ()


def test_a_drill_watches_three_leases_or_fleet_times_after_letting_go():
    drill = Drill(fleet=FLEET)
    longest_ms = max(FLEET.lease_ms, FLEET.fleet_time_ms)

    assert drill.horizon_ms - drill.let_go_ms >= 3 * longest_ms
    assert drill.outage.to_ms - drill.outage.from_ms > FLEET.critical_outage_ms() * 2


def test_the_incident_stands_at_the_minutes_of_the_record():
    scenario = incident(FLEET, hosts=2)

    assert scenario.outage is not None
    assert scenario.outage.to_ms == 157 * 60_000
    assert [pull.at_ms // 60_000 for pull in scenario.pulls] == [266, 695]
    assert incident(FLEET, hosts=2, operators_act_at=None).pulls == ()
