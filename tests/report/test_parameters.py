"""What a run says of the numbers that nobody outside AWS knows."""

from __future__ import annotations

import json
from dataclasses import replace

from gameday.model.free_parameters import PARAMETERS, Origin, Parameter, parameters_of
from gameday.model.verdict import Judgement, Verdict
from gameday.report.parameters import parameter_lines
from gameday.report.summary import RunSummary, render_summary

RUN = RunSummary(
    title="a run",
    experiment="",
    region="cascade",
    design="as-built",
    safeguards={},
    emulator="moto",
    seed=1,
    judgement=Judgement(verdict=Verdict.PASSED, reasons=()),
    parameters=parameters_of({"droplet_workflow_manager"}),
)


def test_every_number_is_named_once_with_where_it_comes_from():
    heading, *lines = parameter_lines([RUN, RUN])

    assert "verdict.json" in heading
    told = {
        line.partition(": ")[0].strip(): line.partition(": ")[2].split(", ")
        for line in lines
    }
    assert told["droplet workflow manager, from the public record"] == [
        *("from_ms", "to_ms", "answer")
    ]
    free = told["droplet workflow manager, ours, the record says nothing"]
    assert {"workers", "lease_ms"} <= set(free)
    names = [name for each in told.values() for name in each]
    assert sorted(names) == sorted(each.name for each in RUN.parameters)


def test_a_region_without_such_numbers_says_nothing():
    assert list(parameter_lines([replace(RUN, parameters=())])) == []


def test_only_the_programs_that_the_region_runs_are_told_of():
    mine = Parameter(
        name="checks", origin=Origin.FREE, chosen="two", program="health_checker"
    )

    (_, line) = parameter_lines([replace(RUN, parameters=(mine,))])

    assert line == "  health checker, ours, the record says nothing: checks"
    assert parameters_of({"planner"}) == ()


def test_the_document_says_what_the_record_says_and_what_we_chose():
    document = json.loads(json.dumps(render_summary(RUN)))

    assert document["parameters"][3] == {
        "name": "lease_ms",
        "origin": "free",
        "record": "",
        "chosen": PARAMETERS[3].chosen,
        "program": "droplet_workflow_manager",
    }
