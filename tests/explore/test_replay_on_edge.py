"""What an exploration found happens to processes on an edge, and in an experiment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import Shell

from gameday.aws.attempts import ANSWERER, answered_here
from gameday.bundled import fixtures_folder
from gameday.drills.runner import Options, play
from gameday.emulators.in_process import InProcessEmulator
from gameday.errors import InvalidInput
from gameday.explore import Faults, Schedule, Step, StepKind, explore
from gameday.explore.execution import Execution, execute
from gameday.explore.plan_properties import root_is_latest
from gameday.explore.region_actors import RegionUnderSearch
from gameday.explore.region_properties import never_empty
from gameday.explore.replay_on_edge import replay_on_edge
from gameday.explore.replay_on_edge_experiment import as_experiment
from gameday.explore.replay_on_edge_result import ReplayedOnEdge
from gameday.explore.surrounding import surrounded
from gameday.model.history import OpKind, Outcome
from gameday.model.verdict import Verdict
from gameday.region.topology import load_region
from gameday.stage.state import live_stages

UNDER = RegionUnderSearch(
    region=load_region(fixtures_folder() / "regions" / "reference.yaml"),
    plans=4,
    enactors=2,
    endpoints=1,
)
MAIN = UNDER.region.endpoints[0]
EMULATORS = (
    "moto",
    "ministack",
    pytest.param("localstack", marks=pytest.mark.localstack),
)


@pytest.fixture(autouse=True)
def _own_home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.delenv("GAMEDAY_STAGE", raising=False)
    if request.node.get_closest_marker("localstack"):
        # LocalStack is installed in the person's own home.
        yield
        return
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    yield
    assert live_stages() == ()


@pytest.fixture(scope="module")
def found() -> Execution:
    """The empty endpoint, as a search from scratch comes to it."""
    return search(always=[never_empty(MAIN)])


@pytest.fixture(scope="module")
def wedged() -> Execution:
    """The endpoint that no enactor can mend any more, likewise."""
    return search(eventually=[root_is_latest(MAIN)])


def search(**asked: Any) -> Execution:
    exploration = explore(setup=UNDER.provision, actors=UNDER.actors(), **asked)
    assert exploration.counterexample is not None
    return exploration.counterexample.execution


def carried_out(schedule: Schedule) -> Execution:
    """Return what the explorer's faithful path makes of a schedule."""
    emulator = InProcessEmulator()

    def provision() -> None:
        ANSWERER.set(emulator)
        UNDER.provision()

    with answered_here(), surrounded():
        copy_context().run(provision)
        return execute(UNDER.actors(), schedule, emulator, faults=Faults())


def turns(*actors: tuple[str, int]) -> tuple[Step, ...]:
    return tuple(Step(actor=name) for name, count in actors for _ in range(count))


def called(replayed: ReplayedOnEdge) -> list[tuple[str, str]]:
    """Return who called what of all that reached AWS, provisioning left out."""
    return [
        (op.actor, op.operation)
        for op in replayed.history
        if op.kind is OpKind.CALL and op.actor != "operator"
        if op.status is not None or op.outcome is Outcome.INFO
    ]


def explored_calls(execution: Execution) -> list[tuple[str, str]]:
    return [
        (done.step.actor, done.call.operation) for done in execution.steps if done.call
    ]


def by_actor(calls: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return calls with the cleaner's under the name of its enactor."""
    return [(name.replace("cleaner", "enactor"), what) for name, what in calls]


@pytest.mark.parametrize("emulator", EMULATORS)
def test_what_was_explored_happens_to_processes_on_an_edge(
    found: Execution, emulator: str
):
    replayed = replay_on_edge(UNDER, found, emulator=emulator)

    assert replayed.reproduced, str(replayed)
    assert replayed.steps == len(found.steps)
    assert "empty-endpoint" in replayed.hazards
    # The planner asks once before it begins; nothing else got past the edge.
    first, *rest = by_actor(called(replayed))
    assert first == ("planner", "Query")
    assert rest == explored_calls(found)
    held = [op.rule for op in replayed.history if op.actor in UNDER.region.actors]
    assert all(rule.startswith("turn-of-") for rule in held)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["found", "wedged"])
def test_a_found_interleaving_becomes_an_experiment_that_deviates_as_declared(
    request: pytest.FixtureRequest, name: str, tmp_path: Path
):
    execution: Execution = request.getfixturevalue(name)
    replayed = replay_on_edge(UNDER, execution)
    assert replayed.reproduced, str(replayed)
    document = as_experiment(
        UNDER, execution, because=replayed.hazards, stands=replayed.stands
    )
    file = tmp_path / "explored.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")

    checked = Shell(tmp_path).chaos("validate", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    result = play(file, Options(out=tmp_path / "runs"))
    assert result.judgement.verdict is Verdict.PASSED, result.judgement.reasons
    declared = document["extensions"][0]["expect"]["because"]
    assert declared[0] == "empty-endpoint"
    # Everybody is held once at rest, and then at most twice for each turn.
    held = [each for each in document["method"] if each["provider"]["func"] == "hold"]
    callers = groupby(caller for caller, _ in explored_calls(execution))
    taken = [caller for caller, _ in callers if caller != "planner"]
    assert len(held) <= 3 + 2 * len(taken)


def test_crashes_lost_replies_and_time_are_played_too():
    steps = [
        *turns(("planner", 2), ("enactor-az1", 3)),
        # It holds the lock and does not know; it looks, and goes on.
        Step(actor="enactor-az1", kind=StepKind.LOSE_REPLY),
        *turns(("enactor-az1", 2), ("enactor-az2", 4)),
        Step(actor="", kind=StepKind.TIME_PASSES),
        Step(actor="enactor-az1", kind=StepKind.CRASH),
        *turns(("enactor-az2", 6)),
    ]
    execution = carried_out(tuple(steps))

    replayed = replay_on_edge(UNDER, execution)

    assert replayed.reproduced, str(replayed)
    assert by_actor(called(replayed))[1:] == explored_calls(execution)
    lost = [op for op in replayed.history if op.outcome is Outcome.INFO]
    assert [(op.actor, op.status) for op in lost] == [("enactor-az1", None)]
    assert replayed.stands["enactor-az1"] is None
    # Az2 was refused while the lock was alive, and took it over when it was not.
    taken = [op.error for op in replayed.history if op.actor == "enactor-az2"]
    assert "InvalidChangeBatch" in taken
    assert taken[-1] == ""


def test_a_schedule_that_does_not_fit_names_the_first_step_that_differs():
    execution = carried_out(turns(("planner", 2), ("enactor-az1", 5)))
    # As if the program had not asked whether its plan is newer.
    without_check = replace(
        execution, steps=(*execution.steps[:4], *execution.steps[5:])
    )

    replayed = replay_on_edge(UNDER, without_check)

    assert not replayed.reproduced
    assert replayed.steps == 4
    assert replayed.difference is not None
    assert replayed.difference.place == 5
    assert replayed.difference.actor == "enactor-az1"
    assert "ChangeResourceRecordSets" in replayed.difference.expected
    assert "ListResourceRecordSets" in replayed.difference.found
    assert str(replayed).startswith("not reproduced on moto: step 5, enactor-az1")
    # Nothing was let go instead, so the lock that the exploration left is missing.
    assert "only in the exploration: lock." in replayed.end_differences[0]


def test_an_experiment_says_what_holds_alone_cannot_provoke():
    execution = carried_out(
        (*turns(("planner", 2)), Step(actor="planner", kind=StepKind.CRASH))
    )

    with pytest.raises(InvalidInput, match="crashes"):
        as_experiment(UNDER, execution, because=["empty-endpoint"], stands={})
    with pytest.raises(InvalidInput, match="no checker found a hazard"):
        as_experiment(UNDER, carried_out(turns(("planner", 2))), because=[], stands={})
