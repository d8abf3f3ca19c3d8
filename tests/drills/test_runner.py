"""One experiment from beginning to end: verdict, run folder, nothing left."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from small_experiments import action, probe, write
from stage_traces import Traces, eventually

from gameday.chaos.running import Running
from gameday.drills.runner import Options, RunResult, Unwatched, play
from gameday.edge.control_client import ControlClient
from gameday.errors import InvalidInput
from gameday.model.history import History
from gameday.model.verdict import Verdict
from gameday.stage.state import live_stages


class Witness(Unwatched):
    """Remembers the stage, to look for it afterwards."""

    def __init__(self) -> None:
        self.traces = Traces()
        self.phases: list[str] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def opened(self, stage: Running) -> None:
        self.traces.remember(stage.state)


@pytest.fixture
def witness() -> Witness:
    return Witness()


def play_small(
    tmp_path: Path, witness: Witness, /, options: Options | None = None, **parts: Any
) -> RunResult:
    """Play an experiment; whatever came of it, nothing of its stage may be left."""
    chosen = options or Options(out=tmp_path / "runs")
    result = play(write(tmp_path, **parts), chosen, witness)
    assert witness.traces.states, "a stage was opened"
    # The run folder stays; processes, ports and the state file go.
    assert eventually(lambda: witness.traces.left(kept=True) == [])
    return result


def journal_of(result: RunResult) -> dict[str, Any]:
    """The journal, which must be strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"not JSON: {constant}")

    text = (result.folder / "journal.json").read_text("utf-8")
    journal: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return journal


def test_a_run_that_holds_passes_and_leaves_its_record(tmp_path, witness):
    result = play_small(
        tmp_path,
        witness,
        method=[
            action("inject_latency", delay_ms=5, actor="enactor-*", rule="slow"),
            action("await_fired", rule="slow"),
            action("runaway_activities:answer_with_things_json_has_not"),
        ],
        rollbacks=[action("clear")],
    )

    assert result.judgement.verdict is Verdict.PASSED, result.judgement.reasons
    assert result.folder.parent == tmp_path / "runs"
    assert result.folder.name.startswith("small-")
    names = {file.name for file in result.folder.iterdir()}
    assert {
        "history.ndjson",
        "journal.json",
        "verdict.json",
        "story.txt",
        "logs",
    } <= names
    things = journal_of(result)["run"][2]["output"]
    assert things["nan"] == "NaN"
    assert things["set"] == [1, 2]
    verdict = json.loads((result.folder / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"]) == ("passed", 0)
    assert verdict["fired"]["slow"] >= 1
    assert verdict["safety_net"] == {"undone": [], "failed": []}
    text = (result.folder / "history.ndjson").read_text("utf-8")
    history = History.parse(text.splitlines())
    marks = [op.operation for op in history if op.kind.value == "mark"]
    assert marks.index("run_started") < marks.index("set_rule")
    assert marks.count("activity_started") == marks.count("activity_ended") == 4
    assert "Experiment ended" in (result.folder / "logs/chaostoolkit.log").read_text()


def test_a_hypothesis_that_breaks_and_recovers_is_deviated(tmp_path, witness):
    """Chaos Toolkit calls this run completed and exits with 0."""
    down = [
        action("take_load_balancer_down", load_balancer=f"lb-{n}") for n in (1, 2, 3)
    ]
    up = [action("bring_load_balancer_up", load_balancer=f"lb-{n}") for n in (1, 2, 3)]

    result = play_small(
        tmp_path,
        witness,
        hypothesis=[probe("endpoint_serves")],
        method=[*down, action("scripted_activities:succeed", within_s=1.0), *up],
    )

    assert result.judgement.verdict is Verdict.DEVIATED
    assert "during the method" in result.judgement.reasons[0]
    assert journal_of(result)["deviated"] is False


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"hypothesis": [probe("automation_frozen")]}, "baseline"),
        (
            {"method": [action("await_generation", generation="99", timeout_s=0.1)]},
            "waited for plan 99",
        ),
        (
            {"method": [action("inject_latency", delay_ms=1, actor="x-*", rule="r")]},
            "",
        ),
    ],
    ids=["baseline not met", "an action failed", "an actor that nobody is"],
)
def test_a_run_that_proves_nothing_is_inconclusive(
    tmp_path, witness, parts: dict[str, Any], reason: str
):
    if not reason:
        with pytest.raises(InvalidInput, match="unknown actor 'x-\\*'"):
            play(write(tmp_path, **parts), Options(out=tmp_path / "runs"), witness)
        return
    result = play_small(tmp_path, witness, **parts)

    assert result.judgement.verdict is Verdict.INCONCLUSIVE
    assert reason in " ".join(result.judgement.reasons)


def test_a_fault_that_never_fired_and_nobody_removed_voids_the_run(tmp_path, witness):
    quiet = action(
        "inject_latency", delay_ms=1, actor="planner", operation="DeleteTable", rule="q"
    )
    result = play_small(tmp_path, witness, method=[quiet])

    assert result.judgement.verdict is Verdict.INCONCLUSIVE
    assert result.judgement.reasons[0].startswith("fault 'q' never fired")
    verdict = json.loads((result.folder / "verdict.json").read_text())
    assert verdict["safety_net"]["undone"] == ["removed rule 'q'"]


def test_a_traceback_in_chaoslib_is_an_error_and_everything_is_undone(
    tmp_path, witness
):
    """Chaos Toolkit then writes no journal and calls no after-control."""
    null = probe("runaway_activities:answer_null", tolerance=[0, 1])
    result = play_small(
        tmp_path,
        witness,
        hypothesis=[probe("endpoint_resolves"), null],
        rollbacks=[action("clear")],
    )

    assert result.judgement.verdict is Verdict.ERROR
    assert "chaoslib failed: TypeError" in result.judgement.reasons[0]
    assert journal_of(result)["experiment"]["title"] == "A small experiment"


@pytest.mark.parametrize("how", ["press_ctrl_c", "receive_sigterm"])
def test_a_signal_ends_the_run_and_the_rollbacks_are_played(
    tmp_path, witness, how: str
):
    result = play_small(
        tmp_path,
        witness,
        method=[
            action("hold", rule="h", actor="planner", operation="DeleteTable"),
            action(f"runaway_activities:{how}"),
            action("await_hold", rule="h", timeout_s=60),
        ],
        rollbacks=[action("clear")],
    )

    assert result.judgement.verdict is Verdict.INTERRUPTED
    journal = journal_of(result)
    assert [run["status"] for run in journal["rollbacks"]] == ["succeeded"]
    assert len(journal["run"]) == 2, "what came after the signal was not played"


def test_an_edge_that_dies_is_an_error_of_the_harness(tmp_path, witness):
    result = play_small(
        tmp_path,
        witness,
        method=[
            action("runaway_activities:break_the_edge"),
            action("await_settled", timeout_s=60),
        ],
    )

    assert result.judgement.verdict is Verdict.ERROR
    assert "edge" in result.judgement.reasons[0]
    assert len(result.history) > 0, "what was recorded before is kept"


def test_a_run_works_off_the_main_thread(tmp_path, witness):
    results: list[RunResult] = []

    def run() -> None:
        results.append(play_small(tmp_path, witness))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)

    assert [result.judgement.verdict for result in results] == [Verdict.PASSED]


def test_a_design_of_ones_own_takes_the_declaration_with_it(tmp_path, witness):
    """What was declared of one design says nothing of another."""
    result = play_small(
        tmp_path,
        witness,
        Options(out=tmp_path / "runs", design="fenced", seed=11),
        expect={"verdict": "deviated", "because": ["empty-endpoint"]},
    )

    assert result.judgement.verdict is Verdict.PASSED, result.judgement.reasons
    assert result.summary.declared == ()
    assert (result.summary.design, result.summary.seed) == ("fenced", 11)
    assert result.summary.safeguards["freshness"] == "in-batch"


def test_a_stage_that_is_kept_up_still_serves(tmp_path):
    from gameday.stage.opening import take_down

    options = Options(out=tmp_path / "runs", keep_up=True)
    result = play(write(tmp_path), options)
    (state,) = live_stages()
    try:
        assert state.id == result.stage_id
        with ControlClient(state.gateway_url) as edge:
            assert edge.status()["rules"] == 0
    finally:
        take_down(state)


def test_input_that_is_wrong_starts_nothing(tmp_path, witness):
    file = write(tmp_path, method=[action("pause_actor", actor="planer")], desing="x")

    with pytest.raises(InvalidInput, match="did you mean 'design'"):
        play(file, Options(out=tmp_path / "runs"), witness)

    assert witness.traces.states == []
    assert live_stages() == ()
    assert not (tmp_path / "runs").exists()
