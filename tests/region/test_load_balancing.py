"""Which zones are in DNS, by Route 53's own records?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from balancers import NAME, NODES, VELOCITY, Balanced

from gameday.model.levers import Levers
from gameday.model.zonal_failover import Failover
from gameday.model.zone_report import TargetReport, ZoneReport
from gameday.region.balancing.load_balancing import LoadBalancing

EVERYTHING = {"az1": 1, "az2": 1, "az3": 1}


@pytest.fixture
def balanced(moto_url: str) -> Iterator[Balanced]:
    made = Balanced(moto_url)
    yield made
    for each in made.clients:
        each.close()


def report(balanced: Balanced, **healthy: int) -> None:
    """Report that so many of each zone's three targets are in service."""
    for zone, count in healthy.items():
        balanced.reports.write(
            ZoneReport(
                zone=zone,
                targets=tuple(
                    TargetReport(
                        instance=f"i-{zone}-{n}",
                        droplet=f"droplet-{n:04d}",
                        in_service=n < count,
                    )
                    for n in range(3)
                ),
            )
        )


def begun(balanced: Balanced, **options: object) -> LoadBalancing:
    program = balanced.balancing(**options)  # type: ignore[arg-type]
    program.turn()
    report(balanced, az1=3, az2=3, az3=3)
    return program


def test_all_zones_are_in_dns_before_anything_is_reported(balanced: Balanced):
    begun(balanced)
    assert balanced.weights() == EVERYTHING
    values = {
        each.set_identifier: each.values
        for each in balanced.zones.record_sets(NAME)
        if each.type == "A"
    }
    assert values == {zone: (address,) for zone, address in NODES.items()}


def test_a_zone_without_a_healthy_target_leaves_dns_and_comes_back(balanced: Balanced):
    program = begun(balanced)
    report(balanced, az2=0)
    program.turn()
    assert balanced.weights() == {"az1": 1, "az2": 0, "az3": 1}

    report(balanced, az2=1)
    program.turn()
    assert balanced.weights() == EVERYTHING


def test_when_every_zone_is_unhealthy_all_are_in_dns(balanced: Balanced):
    program = begun(balanced)
    report(balanced, az1=0, az2=0)
    program.turn()
    assert balanced.weights() == {"az1": 0, "az2": 0, "az3": 1}
    report(balanced, az3=0)
    program.turn()
    assert balanced.weights() == EVERYTHING


def test_switching_failover_off_brings_every_zone_back(balanced: Balanced):
    program = begun(balanced)
    report(balanced, az1=0, az2=0)
    program.turn()
    balanced.levers.write(Levers(failover=Failover.OFF))
    program.turn()
    assert balanced.weights() == EVERYTHING

    balanced.levers.write(Levers())
    program.turn()
    assert balanced.weights() == {"az1": 0, "az2": 0, "az3": 1}


@pytest.mark.parametrize("built_in", [True, False], ids=["built in", "lever"])
def test_velocity_control_holds_the_second_zone_back(
    balanced: Balanced, *, built_in: bool
):
    program = begun(balanced, velocity=VELOCITY if built_in else None)
    if not built_in:
        balanced.levers.write(Levers(velocity=VELOCITY))
    report(balanced, az1=0, az2=0)
    program.turn()
    assert sum(balanced.weights().values()) == 2

    # A program that was restarted knows what was taken out before.
    report(balanced, az1=3, az2=3)
    balanced.balancing(VELOCITY).turn()
    assert balanced.weights() == EVERYTHING
    report(balanced, az3=0)
    balanced.clock.sleep_ms(VELOCITY.window_ms - 1_000)
    balanced.balancing(VELOCITY).turn()
    assert balanced.weights() == EVERYTHING
    balanced.clock.sleep_ms(1_000)
    balanced.balancing(VELOCITY).turn()
    assert balanced.weights() == {"az1": 1, "az2": 1, "az3": 0}


def test_a_zone_that_nobody_knows_targets_of_stays_as_it_is(balanced: Balanced):
    program = begun(balanced)
    report(balanced, az2=0)
    program.turn()
    balanced.reports.write(ZoneReport(zone="az2", targets=()))
    program.turn()
    assert balanced.weights() == {"az1": 1, "az2": 0, "az3": 1}


def test_of_two_that_decide_at_once_one_is_refused_and_looks_again(
    balanced: Balanced,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    program = begun(balanced)
    report(balanced, az2=0)
    seen = balanced.zones.record_sets(NAME)
    balanced.balancing().turn()

    with monkeypatch.context() as late:
        late.setattr(balanced.zones, "record_sets", lambda _: seen)
        program.turn()
    assert balanced.weights() == {"az1": 1, "az2": 0, "az3": 1}
    assert "not changed" in caplog.text


def test_capacity_is_told(balanced: Balanced):
    program = begun(balanced)
    report(balanced, az2=0)
    program.turn()

    metrics = balanced.cloudwatch.list_metrics(Namespace="gameday/nlb")["Metrics"]
    assert {each["MetricName"] for each in metrics} == {"TargetsInDns", "Targets"}
