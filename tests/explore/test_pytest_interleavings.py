"""Interleavings in somebody's own pytest suite."""

from __future__ import annotations

from pathlib import Path

import pytest

import gameday

pytest_plugins = ["pytester"]

FOLDER = Path(__file__).parent

SUITE = f"""
import sys
sys.path.insert(0, {str(FOLDER)!r})

import pytest
import counter_problems

import gameday
from gameday.model.verdict import Validity


@pytest.mark.gameday_explore(budget_s=30)
def test_safe():
    return counter_problems.safe_counter()


@pytest.mark.gameday_explore(budget_s=30)
def test_lost():
    return counter_problems.lost_update()


@pytest.mark.gameday_explore
def test_nothing():
    return None


def test_by_hand():
    problem = counter_problems.lost_update()
    found = gameday.explore(
        setup=problem.setup, actors=problem.actors, eventually=problem.eventually
    )
    assert found.validity is Validity.VALID
"""


def test_the_package_can_be_called():
    assert callable(gameday.explore)


def test_marked_functions_are_searched_and_what_is_found_is_shown(
    pytester: pytest.Pytester,
):
    pytester.makepyfile(test_mine=SUITE)

    result = pytester.runpytest_subprocess("-q", "--gameday-out", "kept")

    result.assert_outcomes(passed=1, failed=3)
    text = result.stdout.str()
    assert "all_counted: BROKEN" in text
    assert "must return a gameday.explore.Problem" in text
    # What an assertion fails about is attached to it.
    assert "gameday interleaving" in text
    # The summary at the end repeats a failure whole where the variable CI is set.
    failures, _ = text.split("short test summary info")
    assert failures.count("Time goes down:") == 2
    (file,) = (pytester.path / "kept").rglob("*.yaml")
    assert str(file) in text

    alone = pytester.runpytest_subprocess("-q", "--gameday-replay", str(file))

    alone.assert_outcomes(failed=1)
    alone.stdout.fnmatch_lines(["*reproduced: all_counted breaks as saved*"])

    repaired = SUITE.replace(
        "return counter_problems.lost_update()",
        "return counter_problems.safe_counter()",
    )
    pytester.makepyfile(test_mine=repaired)
    after = pytester.runpytest_subprocess("-q", "-rs", "--gameday-replay", str(file))

    after.assert_outcomes(skipped=1)
    after.stdout.fnmatch_lines(["*step 3: counter-*"])


def test_a_wrong_file_is_explained_without_a_traceback(pytester: pytest.Pytester):
    pytester.makefile(".yaml", wrong="breaks: x\nsays: y\nexplored: {}\n")

    result = pytester.runpytest_subprocess("-q", "--gameday-replay", "wrong.yaml")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*wrong.yaml:1: schedule: this key is required"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_mark_and_the_option_are_documented(pytester: pytest.Pytester):
    markers = pytester.runpytest_subprocess("--markers")
    options = pytester.runpytest_subprocess("--help")

    markers.stdout.fnmatch_lines(["@pytest.mark.gameday_explore(budget_s=*"])
    options.stdout.fnmatch_lines(["*--gameday-replay=FILE*"])
