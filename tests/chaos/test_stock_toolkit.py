"""Chaos Toolkit's own command line plays our experiments and leaves nothing."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import CHAOS, Shell, nothing_runs, the_stage
from small_experiments import CALM, action, experiment, probe, write

from gameday.bundled import fixtures_folder
from gameday.chaos.choosing import choose_for
from gameday.chaos.readiness import await_ready
from gameday.chaos.running import Running, disconnect
from gameday.model.history import History, OpKind
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage, take_down
from gameday.stage.state import live_stages


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GAMEDAY_STAGE", raising=False)
    return Shell(tmp_path)


def journal(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "journal.json").read_text("utf-8"))
    return loaded


def run_folder(folder: Path) -> Path:
    (found,) = (folder / "gameday-runs").iterdir()
    return found


def test_discover_finds_us_by_our_distributions_name(shell: Shell, tmp_path: Path):
    done = shell.chaos("discover", "gameday", "--no-install")

    found = json.loads((tmp_path / "discovery.json").read_text("utf-8"))
    assert done.returncode == 0, done.stderr
    assert {a["name"] for a in found["activities"]} >= {"hold", "endpoint_resolves"}
    assert found["extension"]["name"] == "gameday"


def test_an_experiment_is_valid_and_runs_with_a_verdict_in_its_journal(
    shell: Shell, tmp_path: Path
):
    file = write(tmp_path, method=[action("publish_plan"), action("await_settled")])
    assert shell.chaos("validate", file).returncode == 0

    done = shell.chaos("run", file)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "gameday verdict: passed" in done.stdout + done.stderr
    ours = journal(tmp_path)["gameday"]
    assert ours["verdict"] == "passed"
    assert Path(ours["folder"]) == run_folder(tmp_path)
    kept = {file.name for file in run_folder(tmp_path).iterdir()}
    assert {"history.ndjson", "journal.json", "verdict.json", "story.txt"} <= kept
    assert live_stages() == ()


def test_a_start_that_fails_interrupts_the_run_with_the_reason(
    shell: Shell, tmp_path: Path
):
    """Anything else that a control raises is swallowed, and the method is played."""
    done = shell.chaos("run", write(tmp_path, design="fencd"))

    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "unknown design 'fencd'; did you mean 'fenced'?" in told
    assert journal(tmp_path)["status"] == "interrupted"
    assert journal(tmp_path)["run"] == []
    assert live_stages() == ()


def test_a_traceback_of_chaos_toolkit_leaves_nothing_behind(
    shell: Shell, tmp_path: Path
):
    """It writes no journal and calls no after-control; cleaning up is still called."""
    null = probe("runaway_activities:answer_null", tolerance=[0, 1])

    done = shell.chaos("run", write(tmp_path, hypothesis=[null]))

    assert done.returncode == 1
    assert live_stages() == ()
    assert (run_folder(tmp_path) / "history.ndjson").stat().st_size


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_every_release(
    shell: Shell, tmp_path: Path, number: signal.Signals
):
    """Up to chaoslib 1.44 SIGTERM fails one activity and the run goes on."""
    wait = action("await_generation", generation="99", timeout_s=90)
    run = shell.start(CHAOS, "run", write(tmp_path, method=[wait, wait]))
    run.await_line("Action: await generation")
    state = the_stage()

    run.send(number)

    assert run.end() == 1, "".join(run.lines)
    assert journal(tmp_path)["status"] == "interrupted"
    assert journal(tmp_path)["gameday"]["verdict"] == "interrupted"
    assert len(journal(tmp_path)["run"]) < 2, "the run did not go on"
    assert nothing_runs(state)


def test_a_run_joins_the_stage_that_is_up_and_leaves_it_up(
    shell: Shell, tmp_path: Path
):
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")
    up = open_stage(
        region, settings=CALM, seed=3, folder=tmp_path / "up", detached=True
    )
    try:
        stage = Running(state=up.state)
        await_ready(stage)
        method = [
            action("inject_latency", delay_ms=1, actor="enactor-*", rule="left-over"),
            action("publish_plan"),
            action("await_settled"),
        ]
        done = shell.chaos("run", write(tmp_path, method=method))

        assert done.returncode == 0, done.stdout + done.stderr
        assert journal(tmp_path)["gameday"]["verdict"] == "passed"
        assert [state.id for state in live_stages()] == [up.id]
        assert stage.edge.rules() == [], "the safety net was played"
        disconnect(stage)
        text = (run_folder(tmp_path) / "history.ndjson").read_text("utf-8")
        ops = History.parse(text.splitlines()).ops
        zones = [op.request["Zone"] for op in ops[:3]]
        assert zones == list(region.endpoints), "the zones as they stood come first"
        assert [op.index for op in ops] == list(range(ops[0].index, ops[-1].index + 1))
        first_marks = [op.operation for op in ops if op.kind is OpKind.MARK][:2]
        assert first_marks == ["run_started", "hypothesis"]
    finally:
        take_down(up.state)


def test_a_stage_that_plays_something_else_is_refused(shell: Shell, tmp_path: Path):
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")
    up = open_stage(region, settings=CALM, folder=tmp_path / "up", detached=True)
    try:
        file = write(tmp_path, design="fenced", settings={**CALM, "droplets": 6})
        done = shell.chaos("run", file)

        told = done.stdout + done.stderr
        assert done.returncode == 1
        assert f"stage {up.id} plays something else" in told
        assert "safeguard freshness is at-pickup, not in-batch" in told
        assert "setting droplets is 5, not 6" in told
        assert [state.id for state in live_stages()] == [up.id]
    finally:
        take_down(up.state)


def test_the_controls_name_is_all_that_an_experiment_needs():
    assert experiment()["controls"][0]["provider"]["module"] == "gameday.chaos.control"


def test_a_switch_that_yaml_reads_as_true_is_still_a_switch():
    """Chaos Toolkit reads YAML 1.1: `freeze: on` arrives as true."""
    choice = choose_for(experiment(design="fenced", safeguards={"freeze": False}))

    assert choice.stage.safeguards == {"freeze": "off"}
