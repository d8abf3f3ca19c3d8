"""A frontier that workers share: no state is lost, and none is counted twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from counter_programs import (
    counters,
    counts_to,
    increase_blindly,
    increase_safely,
    setup,
)

from gameday.explore import Exploration, Faults, Problem, explore
from gameday.explore.crew import Crew
from gameday.explore.expanding import Expanded
from gameday.explore.frontier import Batch
from gameday.explore.places import Places
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.explore.search import Limits, Strategy
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.shared_frontier import SharedFrontier
from gameday.explore.worker_processes import WorkerProcesses
from gameday.model.verdict import Validity

ALL_FAULTS = Faults(crashes=1, lost_replies=1, expiries=1)


def searched(
    strategy: Strategy,
    *,
    program: Callable[[], None] = increase_safely,
    count: int = 3,
    faults: Faults | None = None,
    limits: Limits | None = None,
) -> Exploration:
    return explore(
        setup=setup,
        actors=counters(program, count),
        eventually=[] if faults else [counts_to(count)],
        faults=faults,
        strategies=lambda _space, _dependence: [strategy],
        limits=limits,
    )


def of_region(strategy: Strategy, problem: Problem) -> Exploration:
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        always=problem.always,
        sometimes=problem.sometimes,
        faults=problem.faults,
        strategies=lambda _space, _dependence: [strategy],
    )


def shared(crew: Callable[[], Crew] | None = None) -> SharedFrontier:
    return SharedFrontier(crew=crew, handover_s=0.0)


@dataclass
class Faltering:
    """Processes of which one is killed after each of these batches was given."""

    kills_after: tuple[int, ...]
    crew: WorkerProcesses = field(default_factory=lambda: WorkerProcesses(2))
    killed: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    given: int = 0

    @property
    def name(self) -> str:
        return self.crew.name

    def open(self, places: Places) -> None:
        self.crew.open(places)

    def submit(self, batch: Batch) -> None:
        self.crew.submit(batch)
        self.given += 1
        if self.given in self.kills_after and self.crew.process_ids:
            self.killed.append(self.crew.process_ids[0])
            os.kill(self.killed[-1], signal.SIGKILL)

    def next(self) -> Expanded:
        return self.crew.next()

    def close(self) -> None:
        self.left = self.crew.process_ids
        self.crew.close()


@pytest.mark.parametrize("faults", [Faults(), ALL_FAULTS], ids=["no faults", "faults"])
def test_it_comes_by_the_states_that_a_search_of_one_process_comes_by(faults: Faults):
    alone = searched(Exhaustive(), count=2, faults=faults).coverage
    together = searched(shared(), count=2, faults=faults).coverage

    assert together.exhausted
    assert (together.states, together.executions) == (alone.states, alone.executions)
    assert (together.points, together.emulated) == (alone.points, alone.emulated)


def test_a_region_has_the_same_states_for_processes_as_for_one():
    problem = region_problem(RegionTarget(design="fenced", plans=2, enactors=2))

    alone = of_region(Exhaustive(), problem)
    together = of_region(shared(lambda: WorkerProcesses(2)), problem)

    assert alone.validity is together.validity is Validity.VALID
    assert together.coverage.states == alone.coverage.states
    assert together.coverage.schedules == alone.coverage.schedules


def test_whoever_is_killed_in_the_middle_changes_nothing():
    crew = Faltering(kills_after=(3, 8, 15))

    steady = searched(shared(), count=4)
    faltering = searched(shared(lambda: crew), count=4)

    assert len(set(crew.killed)) == 3
    assert steady.validity is Validity.VALID
    assert faltering == steady


def test_when_everybody_was_killed_this_process_does_the_rest():
    crew = Faltering(kills_after=tuple(range(1, 200)))

    faltering = searched(shared(lambda: crew), count=4)

    assert len(set(crew.killed)) == 8
    assert crew.left == []
    assert faltering == searched(shared(), count=4)


def test_what_breaks_is_the_same_interleaving_for_any_crew():
    alone = searched(shared(), program=increase_blindly)
    together = searched(shared(lambda: WorkerProcesses(3)), program=increase_blindly)

    assert alone.counterexample is not None
    assert together.counterexample is not None
    assert alone.counterexample.schedule == together.counterexample.schedule
    assert alone.coverage == together.coverage


def test_no_process_is_left_and_none_is_started_for_a_short_search(
    monkeypatch: pytest.MonkeyPatch,
):
    crew = WorkerProcesses(2)
    started: list[int] = []

    def opened(self: Any, places: Places) -> None:
        original(self, places)
        started.extend(self.process_ids)

    original = WorkerProcesses.open
    monkeypatch.setattr(WorkerProcesses, "open", opened)

    searched(SharedFrontier(crew=lambda: crew))
    assert started == []

    searched(shared(lambda: crew))
    assert len(started) == 2
    for process_id in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)


def test_a_search_that_ends_at_a_limit_does_not_claim_to_have_seen_everything():
    found = searched(shared(), count=4, limits=Limits(states=50))

    assert found.validity is Validity.UNKNOWN
    assert not found.coverage.exhausted
