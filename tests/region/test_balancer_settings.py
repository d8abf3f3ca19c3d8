"""Is a region refused whose load balancer the model says nothing about?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.region.balancing.settings import (
    balancer_problems,
    built_in_velocity,
    check_rules,
)
from gameday.region.topology import Region, parse_region

CHECKER = """\
  checker-{az}:
    run: gameday.region.balancing.main:health_checker
    access_key: AKIACHECKER00000000{n}
    az: {az}
    settings: {{droplets_watched: {droplets}}}
"""
REGION = """\
name: small
aws_region: us-east-1
availability_zones: [az1, az2, az3]
load_balancers:
  - {name: lb-1, address: 127.0.10.1, az: az1}
endpoints: [dynamodb.us-east-1.gameday.test]
balancer:
  name: nlb.us-east-1.gameday.test
  nodes: {az1: 127.0.40.1, az2: 127.0.40.2, az3: 127.0.40.3}
actors:
""" + "".join(
    CHECKER.format(n=n, az=f"az{n}", droplets=[3 * n - 2, 3 * n]) for n in (1, 2, 3)
)


def read(text: str) -> Region:
    return parse_region(parse_document(text, file="region.yaml"), folder=Path.cwd())


def mistakes(old: str, new: str) -> str:
    assert old in REGION
    with pytest.raises(InvalidInput) as refusal:
        read(REGION.replace(old, new, 1))
    return "; ".join(str(reason) for reason in refusal.value.reasons)


def test_as_built_there_is_no_limit_and_one_checker_decides():
    region = read(REGION)
    assert list(balancer_problems(region)) == []
    assert built_in_velocity(region.settings) is None
    assert check_rules(region.settings).voters == 1


VELOCITY = {"velocity_window_ms": 10_000}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"checker_checks_per_round": 3}, "need checks_per_round > targets, not 3 and"),
        (
            {"checker_deadline_ms": 10},
            "deadline_ms * checks_per_round >= round_ms",
        ),
        ({"checker_round_ms": 0}, "need a round, a capacity and a deadline"),
        ({"target_unhealthy_after": 11}, "need thresholds from 1 to 10"),
        ({"checkers_voting": 4}, "1 <= checkers_voting <= checkers fails: 4 and 3"),
        ({"checkers_voting": 3, "checker_checks_per_round": 9}, "not 9 and 9"),
        ({**VELOCITY, "velocity_floor_percent": 67}, "no zone can ever leave DNS"),
        ({**VELOCITY, "velocity_removed_percent_max": 33}, "removed_percent_max >="),
        ({**VELOCITY, "velocity_floor_percent": 101}, "percentages from 0 to 100"),
    ],
)
def test_the_inequality_that_fails_is_named(settings: dict[str, Any], why: str):
    region = read(REGION)
    problems = list(balancer_problems(region, settings))

    assert {actor for actor, _ in problems} == {
        "checker-az1",
        "checker-az2",
        "checker-az3",
    }
    assert all(why in problem for _, problem in problems), problems


def test_it_is_said_with_the_line_before_anything_starts():
    assert "region.yaml:16: actors.checker-az2" in mistakes("[4, 6]", "[4, 40]")
    assert "1 <= first <= last fails" in mistakes("[4, 6]", "[0, 6]")


def test_a_load_balancer_has_a_name_of_its_own_and_nodes_in_zones_that_exist():
    assert "is an endpoint too" in mistakes("nlb.us-east-1", "dynamodb.us-east-1")
    assert "did you mean" in mistakes("az3: 127.0.40.3", "az4: 127.0.40.3")
    assert "already taken" in mistakes("127.0.40.2", "127.0.10.1")


def test_its_programs_need_one():
    text = REGION[: REGION.index("balancer:")] + REGION[REGION.index("actors:") :]
    with pytest.raises(InvalidInput, match="needs the region's `balancer"):
        read(text)
