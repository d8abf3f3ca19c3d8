"""`gameday explore` says the same twice, and what cannot is invalid input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gameday_shell import Shell

PROBLEMS = Path(__file__).parents[1] / "explore" / "counter_problems.py"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def told(shell: Shell, problem: str) -> dict:
    """Return what is told of an exploration, without the seconds that it took."""
    done = shell.gameday("explore", f"{PROBLEMS}:{problem}", "--json", "--seed", "5")
    document = json.loads(done.stdout)
    for stage in document["coverage"]["stages"]:
        del stage["seconds"]
    return document


@pytest.mark.parametrize("problem", ["lost_update", "safe_counter"])
def test_a_search_is_the_same_twice_whatever_the_hash_seed(
    problem: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    documents = []
    for seed in ("7", "8"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        documents.append(told(shell, problem))

    assert documents[0] == documents[1]


@pytest.mark.parametrize("own", ["1", "random"])
def test_an_actor_that_goes_by_the_order_of_a_set_is_invalid_input(
    own: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONHASHSEED", own)

    done = shell.gameday("explore", f"{PROBLEMS}:goes_by_a_set")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "is not deterministic: at its step" in done.stderr
    assert "Usual causes: the order of a set" in done.stderr


def test_an_actor_that_starts_a_thread_is_invalid_input_with_its_line(shell: Shell):
    done = shell.gameday("explore", f"{PROBLEMS}:starts_a_thread")

    line = next(
        number
        for number, text in enumerate(PROBLEMS.read_text().splitlines(), start=1)
        if "Thread(" in text
    )
    assert done.returncode == 2
    assert f"counter-1 starts a thread at {PROBLEMS}:{line}" in done.stderr
