"""Rules that are there before the actors are."""

from __future__ import annotations

import pytest

from gameday.errors import InvalidInput
from gameday.model.history import OpKind
from gameday.region.finding import find_region
from gameday.stage.opening import open_stage
from gameday.stage.state import live_stages


def hold(actor: str) -> dict[str, object]:
    return {
        "id": "from-the-first",
        "match": {"actor": actor},
        "fault": {"kind": "hold", "on_disconnect": "drop"},
    }


def test_a_rule_that_comes_with_a_stage_meets_the_first_call_of_an_actor():
    region = find_region("reference")
    planner = {"planner": region.actors["planner"]}
    with (
        open_stage(
            region.model_copy(update={"actors": planner}), rules=[hold("planner")]
        ) as stage,
        stage.edge() as edge,
    ):
        (held,) = edge.await_hold("from-the-first", 20_000)
        called = {op.actor for op in edge.history() if op.kind is OpKind.CALL}

    assert (held["actor"], held["operation"]) == ("planner", "Query")
    assert called == {"operator"}


def test_a_rule_that_the_edge_refuses_takes_the_stage_down_again():
    with pytest.raises(InvalidInput, match="unknown actor 'plannr'"):
        open_stage(find_region("bare"), rules=[hold("plannr")])

    assert live_stages() == ()
