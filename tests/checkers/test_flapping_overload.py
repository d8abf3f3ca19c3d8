"""A checker that flapping keeps behind: when is it so, and when can nobody tell?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import WORLD, Recorder

from gameday.checkers import flapping_overload
from gameday.model.history import OpKind
from gameday.model.verdict import Finding, Validity

ROUND_MS = 500
BALANCED = replace(WORLD, balancer="nlb.us-east-1.gameday.test", checkers_back_ms=4_000)
WELL = (0, 0)
BEHIND = (800, 0)
FLAPS = (800, 2)


class Checkers(Recorder):
    """Records what checkers tell after their rounds."""

    def rounds(self, *rounds: tuple[int, int], zone: str = "az1") -> None:
        """Record rounds in which a checker told (delay in ms, changes of state)."""
        for delay_ms, flaps in rounds:
            self.at(self.now_ms + ROUND_MS)
            values = {"Flaps": flaps, "CheckDelayMs": delay_ms}
            self.add(
                kind=OpKind.CALL,
                actor=f"health-checker-{zone}",
                service="cloudwatch",
                operation="PutMetricData",
                request={
                    "Namespace": "gameday/nlb",
                    "MetricData": [
                        {
                            "MetricName": name,
                            "Dimensions": [{"Name": "Zone", "Value": zone}],
                            "Value": float(value),
                        }
                        for name, value in values.items()
                    ],
                },
            )

    def finding(self) -> Finding:
        return flapping_overload.check(self.history(), BALANCED)


@pytest.fixture
def checkers() -> Checkers:
    recorder = Checkers()
    recorder.rounds(WELL, WELL)
    return recorder


def test_a_checker_that_nothing_keeps_busy_is_never_behind(checkers: Checkers):
    assert checkers.finding().validity is Validity.VALID


def test_a_checker_may_be_behind_for_a_while_and_catch_up(checkers: Checkers):
    checkers.rounds((500, 1), *[FLAPS] * 5, WELL)
    finding = checkers.finding()
    assert finding.validity is Validity.VALID
    assert "1 times a checker was behind while targets flapped, 3.0 s" in (
        finding.summary
    )


def test_one_that_flapping_keeps_behind_is_overwhelmed(checkers: Checkers):
    checkers.rounds((500, 1), *[BEHIND] * 4, (2_500, 3), *[BEHIND] * 4, WELL)
    checkers.rounds(WELL, WELL, WELL, zone="az2")
    finding = checkers.finding()
    assert finding.validity is Validity.INVALID
    assert "the checker of az1 was behind for 5.0 s from 1.5 s on, by up to 2.5 s" in (
        finding.summary
    )
    assert "changed state 3 times more; 4 s are allowed" in finding.summary
    assert finding.at_ns == pytest.approx(5_500_000_000, abs=10_000_000)


def test_one_that_is_overwhelmed_to_the_end_is_judged_all_the_same(checkers: Checkers):
    checkers.rounds(*[FLAPS] * 10)
    assert checkers.finding().validity is Validity.INVALID


def test_two_short_times_are_not_one_long_time(checkers: Checkers):
    checkers.rounds(*[FLAPS] * 6, WELL, *[FLAPS] * 6, WELL)
    assert checkers.finding().validity is Validity.VALID


def test_behind_for_long_without_more_flaps_is_another_trouble(checkers: Checkers):
    checkers.rounds((500, 1), *[BEHIND] * 12)
    assert checkers.finding().validity is Validity.VALID


def test_flaps_in_another_zone_do_not_count(checkers: Checkers):
    for _ in range(12):
        checkers.rounds(BEHIND)
        checkers.rounds((0, 2), zone="az2")
    assert checkers.finding().validity is Validity.VALID


def test_one_that_is_behind_as_the_recording_ends_might_have_caught_up(
    checkers: Checkers,
):
    checkers.rounds(*[FLAPS] * 5)
    finding = checkers.finding()
    assert finding.validity is Validity.UNKNOWN
    assert "the checker of az1 is behind as the recording ends" in finding.summary


def test_without_a_load_balancer_or_its_checkers_nothing_can_be_told(
    checkers: Checkers,
):
    checkers.rounds(*[FLAPS] * 10)
    unbalanced = flapping_overload.check(checkers.history(), WORLD)
    assert unbalanced.validity is Validity.UNKNOWN
    assert Checkers().finding().validity is Validity.UNKNOWN
