"""The properties of a region that can be named, held by the fenced design."""

from __future__ import annotations

import pytest

from gameday.errors import InvalidInput
from gameday.explore import Exploration, Faults
from gameday.explore.campaign import explore_problem
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.explore.region_property_names import PROPERTIES
from gameday.model.verdict import Validity


def search(
    design: str,
    *names: str,
    faults: Faults | None = None,
    plans: int = 2,
    enactors: int = 2,
) -> Exploration:
    problem = region_problem(
        RegionTarget(design=design, plans=plans, enactors=enactors),
        properties=names,
        faults=faults,
    )
    return explore_problem(problem)


def test_the_fenced_region_keeps_every_property_in_every_interleaving():
    found = search("fenced", *(n for n, p in PROPERTIES.items() if not p.freezes))

    assert found.validity is Validity.VALID, found.reasons
    assert found.coverage.preemptions is None


def test_a_frozen_region_moves_until_nothing_is_under_way_and_no_longer():
    found = search("fenced", "answers-frozen", plans=1)

    assert found.validity is Validity.VALID, found.reasons


def test_as_built_the_stop_switch_stops_nobody():
    found = search("as-built", "answers-frozen", plans=1)

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "answers-frozen"


def test_an_enactor_that_is_left_repairs_what_a_crash_left_behind():
    found = search(
        "fenced", "root-is-latest", plans=1, faults=Faults(crashes=1, expiries=1)
    )

    assert found.validity is Validity.VALID, found.reasons


def test_a_plan_behind_others_may_go_live_where_nothing_newer_was():
    found = search("fenced", "age-bounded", plans=3, enactors=1)

    assert found.validity is Validity.VALID, found.reasons


def test_an_endpoint_is_thrown_back_by_several_plans_as_it_was_built():
    found = search("as-built", "age-bounded", plans=3)

    assert found.counterexample is not None
    assert "2 plans newer" in found.counterexample.broken.message


@pytest.mark.parametrize(
    ("name", "crashes", "complaint"),
    [
        ("lock-released", 1, "leaves its lock to run out"),
        ("root-is-latest", 2, "one has to be left that can repair"),
    ],
)
def test_a_property_that_says_nothing_under_crashes_is_refused(
    name: str, crashes: int, complaint: str
):
    with pytest.raises(InvalidInput, match=complaint):
        region_problem(
            RegionTarget(enactors=2),
            properties=(name,),
            faults=Faults(crashes=crashes),
        )
