from __future__ import annotations

from dataclasses import fields

from gameday.model.free_parameters import (
    PARAMETERS,
    Origin,
    parameters_of,
    reference_fleet,
)
from gameday.model.lease_fleet import LeaseFleet
from gameday.simulate.scenario import Outage

OURS = {"service law", "slow_at_queue"}
"""What a driver adds to the fleet and the outage."""


def test_every_number_of_the_model_says_where_it_comes_from():
    needed = {field.name for kind in (LeaseFleet, Outage) for field in fields(kind)}

    named = [each.name for each in parameters_of({"droplet_workflow_manager"})]
    assert sorted(named) == sorted(needed | OURS)


def test_what_is_not_free_quotes_the_record():
    for parameter in PARAMETERS:
        assert parameter.record or parameter.origin is Origin.FREE, parameter


def test_the_record_does_not_fix_a_single_number_of_the_fleet():
    names = {field.name for field in fields(LeaseFleet)}

    assert {
        parameter.origin for parameter in PARAMETERS if parameter.name in names
    } == {Origin.FREE, Origin.BOUNDED}


def test_the_reference_fleet_keeps_the_bound_that_the_record_sets():
    assert reference_fleet().collapse_number > 2
