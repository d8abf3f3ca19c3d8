"""Too much capacity taken away, and zones taken out by late checks: when is it so?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from balancer_recorder import NAME, NODES, BalancerRecorder
from histories import WORLD, Recorder

from gameday.checkers import capacity_removed, overloaded_removal
from gameday.model.balancing_seen import (
    checkers_behind,
    fewest_zones,
    served_shares,
    weight_changes,
)
from gameday.model.history import OpKind
from gameday.model.velocity import Velocity
from gameday.model.verdict import Validity

LIMITED = replace(
    WORLD,
    balancer=NAME,
    velocity=Velocity(window_ms=10_000, removed_percent_max=40, floor_percent=60),
)


class Told(BalancerRecorder):
    """Records what load balancing and its checkers do."""

    def tell(self, metric: str, value: float, zone: str = "") -> None:
        dimensions = [{"Name": "Zone", "Value": zone}] if zone else []
        self.add(
            kind=OpKind.CALL,
            actor="somebody",
            service="cloudwatch",
            operation="PutMetricData",
            request={
                "Namespace": "gameday/nlb",
                "MetricData": [
                    {"MetricName": metric, "Dimensions": dimensions, "Value": value}
                ],
            },
        )

    def rounds(self, *, late: str = "") -> None:
        for zone in NODES:
            self.tell("Targets", 4, zone)
            self.tell("OutByLateChecks", float(zone == late), zone)


@pytest.fixture
def told() -> Told:
    recorder = Told()
    recorder.in_dns("az1", "az2", "az3")
    recorder.at(1_000).rounds()
    return recorder


def removed(told: Told) -> Validity:
    return capacity_removed.check(told.history(), LIMITED).validity


def test_one_zone_of_three_may_go_and_come_back(told: Told):
    told.at(2_000).in_dns("az1", "az3")
    told.at(3_000).in_dns("az1", "az2", "az3")
    assert removed(told) is Validity.VALID
    assert [(c.zone, c.is_in_dns) for c in weight_changes(told.history(), NAME)] == [
        ("az2", False),
        ("az2", True),
    ]


def test_a_second_zone_within_the_window_is_too_much(told: Told):
    told.at(2_000).in_dns("az1", "az3")
    told.at(3_000).in_dns("az1", "az2", "az3")
    told.at(11_500).in_dns("az1", "az2")
    finding = capacity_removed.check(told.history(), LIMITED)
    assert finding.validity is Validity.INVALID
    assert "8 targets had left DNS within 10 s, more than 40 % of 12" in finding.summary


def test_after_the_window_another_zone_may_go_but_never_below_the_floor(told: Told):
    told.at(2_000).in_dns("az1", "az3")
    told.at(3_000).in_dns("az1", "az2", "az3")
    told.at(12_500).in_dns("az1", "az2")
    assert removed(told) is Validity.VALID
    told.at(25_000).in_dns("az1")
    finding = capacity_removed.check(told.history(), LIMITED)
    assert finding.validity is Validity.INVALID
    assert "4 of 12 targets were left in DNS, fewer than 60 %" in finding.summary


def test_a_load_balancer_is_judged_once_it_has_served_everybody(told: Told):
    told.at(2_000).in_dns("az1")
    told.at(3_000).in_dns("az1", "az2", "az3")
    told.at(4_000).tell("ConnectionsServedShare", 1.0)
    told.at(5_000).in_dns("az1", "az3")
    assert removed(told) is Validity.VALID
    told.at(6_000).in_dns("az1")
    assert removed(told) is Validity.INVALID


def test_what_operators_take_out_is_deliberate(told: Told):
    told.at(2_000).in_dns("az1", actor="operator")
    assert removed(told) is Validity.VALID


def test_a_lost_reply_leaves_the_answer_open(told: Told):
    told.at(2_000).in_dns("az1", "az3")
    told.at(3_000).in_dns("az1", reply_lost=True)
    assert removed(told) is Validity.UNKNOWN


def test_without_a_load_balancer_or_its_checkers_nothing_can_be_told(told: Told):
    for check in (capacity_removed.check, overloaded_removal.check):
        assert check(told.history(), WORLD).validity is Validity.UNKNOWN
        assert check(Recorder().history(), LIMITED).validity is Validity.UNKNOWN


def overloaded(told: Told) -> Validity:
    return overloaded_removal.check(told.history(), LIMITED).validity


def test_a_zone_that_goes_by_checks_in_time_is_no_hazard(told: Told):
    told.at(2_000).rounds(late="az1")
    told.at(2_100).in_dns("az1", "az3")
    assert overloaded(told) is Validity.VALID


def test_a_zone_that_goes_while_its_checks_are_late_was_taken_by_its_checker(
    told: Told,
):
    told.at(2_000).rounds(late="az2")
    told.at(2_100).in_dns("az1", "az3")
    finding = overloaded_removal.check(told.history(), LIMITED)
    assert finding.validity is Validity.INVALID
    assert "1 of 1 times" in finding.summary
    assert "first az2 at 2.1 s" in finding.summary


def test_a_checker_that_has_caught_up_is_believed_again(told: Told):
    told.at(2_000).rounds(late="az2")
    told.at(3_000).rounds()
    told.at(3_100).in_dns("az1", "az3")
    assert overloaded(told) is Validity.VALID


def test_shares_are_read_from_a_time_on(told: Told):
    told.at(2_000).tell("ConnectionsServedShare", 1.0)
    told.at(3_000).tell("ConnectionsServedShare", 0.5)
    assert served_shares(told.history()) == [1.0, 0.5]
    assert served_shares(told.history(), since_ns=2_500_000_000) == [0.5]


def test_the_fewest_zones_since_a_time_include_what_stood_there_then(told: Told):
    told.at(2_000).in_dns("az1")
    told.at(4_000).in_dns("az1", "az3")
    told.at(6_000).in_dns("az1", "az2", "az3")
    history = told.history()
    at_s = {since_s: since_s * 1_000_000_000 for since_s in (0, 3, 5, 7)}
    assert {s: fewest_zones(history, NAME, since_ns=ns) for s, ns in at_s.items()} == {
        0: 1,
        3: 1,
        5: 2,
        7: 3,
    }
    assert fewest_zones(Recorder().history(), NAME) == 0


def test_a_zone_that_may_have_left_counts_as_gone(told: Told):
    told.at(2_000).in_dns("az1", "az3", reply_lost=True)
    assert fewest_zones(told.history(), NAME) == 2


def test_a_checker_is_behind_until_it_tells_of_a_round_without_trouble(told: Told):
    def round_of(zone: str, *, healthy: int, late: int) -> None:
        told.tell("Targets", 4, zone)
        told.tell("HealthyTargets", healthy, zone)
        told.tell("LateChecks", late, zone)

    assert checkers_behind(told.history()) == ("az1", "az2", "az3")
    for zone in NODES:
        told.at(2_000)
        round_of(zone, healthy=4, late=0)
    assert checkers_behind(told.history()) == ()

    told.at(4_000)
    round_of("az1", healthy=4, late=1)
    round_of("az2", healthy=3, late=0)
    assert checkers_behind(told.history()) == ("az1", "az2")
    assert checkers_behind(told.history(), since_ns=3_000_000_000) == (
        "az1",
        "az2",
        "az3",
    )
