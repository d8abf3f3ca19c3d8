"""Deadlock and starvation are found, named, saved and carried out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from gameday_shell import Shell
from lock_problems import deadlock, livelock, same_order, starvation
from small_programs import actors, get, put, set_up, space_of

from gameday.explore import Exploration, Problem, explore
from gameday.explore.judge import Judge
from gameday.explore.search import Limits, Search
from gameday.explore.starvation import find_starved, starved_in
from gameday.explore.strategies.breadth_first import BreadthFirst
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.model.verdict import Validity

PROBLEMS = Path(__file__).with_name("lock_problems.py")


def explored(problem: Problem, strategy: type = Exhaustive) -> Exploration:
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        strategies=lambda _space, _dependence: [strategy()],
    )


def test_two_that_wait_for_each_others_lock_are_a_deadlock():
    found = explored(deadlock())

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "not-stuck"
    assert found.counterexample.broken.message == "left, right can never go on"


def test_locks_that_all_take_in_the_same_order_are_none():
    found = explored(same_order())

    assert found.reasons == ()
    assert found.validity is Validity.VALID


@pytest.mark.parametrize("strategy", [Exhaustive, BreadthFirst])
def test_who_never_gets_the_lock_is_starved_though_everybody_goes_on(strategy: type):
    found = explored(starvation(), strategy)

    assert found.validity is Validity.INVALID
    assert found.counterexample is not None
    broken = found.counterexample.broken
    assert broken.name == "not-starved"
    assert broken.message.startswith("patient may never end: steps ")
    # It goes on as well: it asks while the other one has the lock.
    steps = found.counterexample.execution.steps
    refused = [
        done.step.actor
        for done in steps
        if done.reply is not None and done.reply.status == 400
    ]
    assert "patient" in refused


def test_two_that_give_way_to_each_other_for_ever_are_both_starved():
    found = explored(livelock())

    assert found.counterexample is not None
    broken = found.counterexample.broken
    assert broken.name == "not-starved"
    assert broken.message.startswith("left, right may never end")


def test_an_execution_that_does_not_come_back_starves_nobody():
    problem = starvation()
    with space_of(problem.setup, problem.actors) as space:
        search = Search(space, Judge(space), limits=Limits())
        assert Exhaustive().explore(search).exhausted
        ending = find_starved(search)

        assert ending is not None
        assert ending.choices is not None
        assert starved_in(space, ending.choices) == ending.broken
        assert starved_in(space, ending.choices[:-1]) is None
        # The greedy one alone comes back too, but then the other did not go on.
        assert starved_in(space, [0, 0]) is None


def test_who_comes_to_its_end_in_every_order_is_not_starved():
    with space_of(set_up, actors(put("a", "b"), get("a", "b"))) as space:
        search = Search(space, Judge(space), limits=Limits())

        assert Exhaustive().explore(search).exhausted
        assert find_starved(search) is None


def test_what_starves_is_saved_and_carried_out_again(tmp_path: Path):
    shell = Shell(tmp_path)
    done = shell.gameday(
        "explore", f"{PROBLEMS}:livelock", "--strategy", "exhaustive", "--out", "kept"
    )
    (file,) = (tmp_path / "kept").glob("*.yaml")
    replayed = shell.gameday("replay", file)

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("not-stuck, not-starved, no-exception: BROKEN\n")
    assert "not-starved: left, right may never end" in done.stdout
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "reproduced: not-starved breaks as saved" in replayed.stdout
