"""The explorer's benchmark in short: it measures, it judges, and it can fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import explore_peers
import explore_reference
import pytest
import race_peers
import race_problems
import run_explore
from cold_process import Cost, cost_of
from explore_peers import Peer
from explore_reference import Case
from explore_rows import HEADINGS, SearchRow
from peer_places import Place
from rows import MISSED, table

from gameday.explore import Limits, explore
from gameday.model.verdict import Validity


def searched(problem):
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        always=problem.always,
        eventually=problem.eventually,
        sometimes=problem.sometimes,
        limits=Limits(seconds=60),
    )


def test_the_race_is_in_the_programs_that_race():
    found = searched(race_problems.racing_2())

    assert found.counterexample is not None
    assert "which does not exist" in found.counterexample.broken.message


def test_the_race_is_not_in_the_programs_under_a_lock():
    assert searched(race_problems.locked_2()).validity is Validity.VALID


def peer(name: str, kind: str, tmp_path: Path, *, seconds: float) -> dict:
    cost = cost_of(
        [sys.executable, race_peers.__file__, name, "2", kind, str(seconds), "1"],
        limit_s=60,
        folder=tmp_path,
    )
    assert cost.status == 0, cost.complaint
    return json.loads(cost.out)


def test_re_executing_carries_out_whole_executions(tmp_path):
    told = peer("reexecution-random", "racing", tmp_path, seconds=1)

    assert told["executions"] > 1
    assert told["version"].startswith("moto ")


def test_a_tree_is_gone_through_once():
    tree = race_peers._Tree()
    seen = []
    while True:
        # Two programs of two steps each.
        left, way = [2, 2], []
        while able := [n for n, steps in enumerate(left) if steps]:
            chosen = tree.choose(able, len(way))
            left[chosen] -= 1
            way.append(chosen)
        seen.append(tuple(way))
        if tree.is_done():
            break

    assert len(seen) == len(set(seen)) == 6


def test_a_process_is_ended_with_its_time_and_with_what_it_started(tmp_path):
    script = "sleep 60 & echo $!; wait"

    cost = cost_of(["sh", "-c", script], limit_s=0.5, folder=tmp_path)

    assert cost.status is None
    assert cost.wall_s < 30
    state = Path(f"/proc/{cost.out.strip()}/stat")
    assert not state.exists() or " Z " in state.read_text()


def test_memory_and_processor_time_are_those_of_the_process(tmp_path):
    script = "held = b'x' * 200_000_000; sum(range(3_000_000)); print(len(held))"

    cost = cost_of([sys.executable, "-c", script], limit_s=60, folder=tmp_path)

    assert cost.status == 0
    assert cost.memory_mib > 190
    assert cost.cpu_s > 0


@pytest.mark.parametrize(
    ("took", "met"),
    [
        ({}, True),
        ({"wall_s": 11.0}, False),
        ({"status": 0}, False),
        ({"memory_mib": 5_000.0}, False),
    ],
    ids=["within", "too slow", "another verdict", "too large"],
)
def test_a_search_is_held_to_its_verdict_its_time_and_its_memory(
    took, met, tmp_path, monkeypatch
):
    told = {
        "validity": "invalid",
        "counterexample": {"steps": [1, 2]},
        "coverage": {"stages": [{"strategy": "random"}]},
    }
    within = Cost(
        wall_s=9.0,
        cpu_s=1.0,
        memory_mib=100.0,
        status=1,
        out=json.dumps(told),
        complaint="",
    )
    cost = replace(within, **took)
    monkeypatch.setattr(explore_reference, "cost_of", lambda *_, **__: cost)
    case = Case(what="x", options=(), status=1, target_s=10)

    row = explore_reference.measure(case, tmp_path)

    assert row.met is met
    assert row.outcome == "2 steps"
    unproven = explore_reference.measure(
        Case(what="x", options=(), status=1, target_s=10, proven=True), tmp_path
    )
    assert not unproven.met


@pytest.mark.parametrize("exhausted", [True, False])
def test_a_bounded_search_is_to_exhaust_its_bound(exhausted, tmp_path, monkeypatch):
    stage = {"strategy": "depth-first", "preemptions": 3, "states": 7}
    told = {
        "validity": "unknown",
        "counterexample": None,
        "coverage": {"stages": [{**stage, "exhausted": exhausted}]},
    }
    cost = Cost(
        wall_s=9.0,
        cpu_s=1.0,
        memory_mib=100.0,
        status=3,
        out=json.dumps(told),
        complaint="",
    )
    monkeypatch.setattr(explore_reference, "cost_of", lambda *_, **__: cost)
    case = Case(what="x", options=(), status=3, target_s=10, exhausted=True)

    row = explore_reference.measure(case, tmp_path)

    assert row.met is exhausted
    assert row.outcome == (
        "all within 3 preemptions: 7 places" if exhausted else "unknown"
    )


@pytest.fixture
def one_round(monkeypatch):
    """One program, one peer that may find it in 3 s, and gameday in 2 s."""
    monkeypatch.setattr(explore_peers, "DONE", {"racing": "found"})
    monkeypatch.setattr(explore_peers, "ENACTORS", (2,))
    monkeypatch.setattr(
        explore_peers, "PEERS", (Peer(name="other", shown="other", kind="racing"),)
    )

    def play(places, *, peer_s: float, install: bool = False) -> list[SearchRow]:
        def cost(command: Sequence[str], **_: Any) -> Cost:
            theirs = "race_peers.py" in " ".join(command)
            out = {"found": True, "executions": 7} if theirs else {}
            return Cost(
                wall_s=peer_s if theirs else 2.0,
                cpu_s=1.0,
                memory_mib=1.0,
                status=0 if theirs else 1,
                out=json.dumps(out),
                complaint="",
            )

        monkeypatch.setattr(explore_peers, "cost_of", cost)
        monkeypatch.setattr(explore_peers, "peer_places", lambda *_, **__: places)
        made = explore_peers.parts(
            Path(), peers_folder=Path(), install=install, seconds=60
        )
        return [part() for part in made]

    return play


HERE = Place(command=("python",))
NOT_HERE = Place(missing="no spin")


@pytest.mark.parametrize(("peer_s", "met"), [(3.0, True), (1.0, False)])
def test_gameday_is_held_to_the_fastest_peer_of_the_same_run(peer_s, met, one_round):
    rows = one_round({"other": HERE, "spin": NOT_HERE}, peer_s=peer_s)

    assert rows[0].outcome == "found, 7 executions"
    assert rows[-1].what == "racing, 2: gameday"
    assert rows[-1].target == f"<= {peer_s} s (other)"
    assert rows[-1].met is met


@pytest.mark.parametrize("install", [True, False])
def test_a_peer_that_cannot_be_installed_is_said_and_missed_if_asked_for(
    install, one_round
):
    rows = one_round({"other": HERE, "spin": NOT_HERE}, peer_s=3.0, install=install)
    (spin,) = (row for row in rows if "Spin" in row.what)

    assert spin.outcome == "not played: no spin"
    assert spin.met is not install


@pytest.mark.parametrize(("met", "status"), [(True, 0), (False, 1)])
def test_a_missed_search_is_marked_and_decides_the_exit_status(
    met, status, tmp_path, monkeypatch, capsys
):
    row = SearchRow(what="a race", outcome="found", wall_s=1.0, target="x", met=met)
    monkeypatch.setattr(explore_reference, "parts", lambda _: iter([lambda: row]))
    file = tmp_path / "numbers.json"

    found = run_explore.main(["--only", "reference", "--json", str(file)])

    assert found == status
    assert (MISSED in capsys.readouterr().out) is not met
    assert json.loads(file.read_text())["missed"] == ([] if met else ["a race"])


def test_the_table_of_searches_has_its_own_headings():
    row = SearchRow(what="a race", outcome="found", wall_s=1.26, cpu_s=0.5)

    assert table([row], HEADINGS).splitlines()[2] == (
        "| a race | found   | 1.3 s | 0.5 s |        |"
    )
