"""The reference region's own programs, explored: nobody tells the schedule."""

from __future__ import annotations

from typing import Any

import pytest

from gameday.bundled import fixtures_folder
from gameday.explore import Exploration, Faults, Limits, explore, render_story
from gameday.explore.lock_properties import lock_respected
from gameday.explore.plan_properties import root_is_latest
from gameday.explore.region_actors import RegionUnderSearch
from gameday.explore.region_properties import (
    cleanup_keeps,
    flip_is_atomic,
    live_tree_kept,
    never_empty,
    never_regresses,
    was_flipped,
)
from gameday.explore.strategies.depth_first import DepthFirst
from gameday.explore.strategies.random_walk import RandomWalk
from gameday.model.safeguards import DESIGNS
from gameday.model.verdict import Validity
from gameday.region.topology import load_region

REGION = load_region(fixtures_folder() / "regions" / "reference.yaml")
MAIN = REGION.endpoints[0]
HOLDERS = {
    name: frozenset({name, *(each.name for each in actor.identities.values())})
    for name, actor in REGION.actors.items()
}


def region(design: str, **sizes: int) -> RegionUnderSearch:
    return RegionUnderSearch(
        region=REGION, safeguards=DESIGNS[design], endpoints=1, **sizes
    )


def search(under: RegionUnderSearch, **asked: Any) -> Exploration:
    return explore(
        setup=under.provision,
        actors=under.actors(),
        faults=Faults(tick_ms=1_000),
        **asked,
    )


def test_the_empty_endpoint_is_found_in_the_region_as_it_was_built():
    under = region("as-built", plans=4)
    found = search(under, always=[never_empty(MAIN)])

    assert [actor.name for actor in under.actors()] == [
        "planner",
        "enactor-az1",
        "enactor-az2",
        "enactor-az3",
    ]
    assert found.validity is Validity.INVALID
    assert found.counterexample is not None
    assert found.counterexample.broken.name == "never-empty"
    actors = {step.actor for step in found.counterexample.schedule}
    assert "planner" in actors
    assert sum(name.startswith("enactor") for name in actors) >= 2
    last = render_story(found.counterexample.execution).splitlines()[-1]
    assert "cleaner-az" in last
    assert "DELETE plan-" in last


@pytest.mark.parametrize(
    "property_",
    [live_tree_kept(MAIN), never_regresses(MAIN)],
    ids=["live-tree-kept", "never-regresses"],
)
def test_the_steps_to_the_empty_endpoint_are_found_one_by_one(property_):
    found = search(
        region("as-built", plans=3, enactors=2),
        always=[property_],
        strategies=lambda _space, _dependence: [RandomWalk(seed=1)],
    )

    assert found.counterexample is not None
    assert found.counterexample.broken.name == property_.name


def test_what_the_region_got_right_holds_in_many_random_executions():
    found = search(
        region("as-built", plans=3, enactors=2),
        always=[
            lock_respected(MAIN, HOLDERS),
            flip_is_atomic(MAIN),
            cleanup_keeps(MAIN, 2),
        ],
        sometimes=[was_flipped(MAIN, 3)],
        strategies=lambda _space, _dependence: [RandomWalk(executions_max=15)],
    )

    assert found.counterexample is None
    assert found.coverage.executions == 15
    assert "the witness" not in "".join(found.reasons)


def test_the_fenced_region_is_exhausted_without_interruptions():
    found = search(
        region("fenced", plans=2, enactors=2),
        always=[never_empty(MAIN), never_regresses(MAIN), live_tree_kept(MAIN)],
        sometimes=[was_flipped(MAIN, 2)],
        eventually=[root_is_latest(MAIN)],
        strategies=lambda _space, _dependence: [DepthFirst(preemptions_max=0)],
        limits=Limits(seconds=100),
    )

    assert found.counterexample is None
    assert found.coverage.exhausted
    assert found.coverage.preemptions == 0


def test_two_interruptions_empty_the_endpoint_and_one_does_not():
    found = search(
        region("as-built", plans=3, enactors=2),
        always=[never_empty(MAIN)],
        strategies=lambda _space, _dependence: [DepthFirst(preemptions_max=2)],
    )

    assert found.counterexample is not None
    # Everything that one interruption allows was seen before.
    assert found.coverage.preemptions == 1
    assert len(found.counterexample.schedule) <= 30
