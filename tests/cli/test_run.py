"""`gameday run` as a person or a CI job meets it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import GAMEDAY, Shell, nothing_runs, the_stage
from small_experiments import action, experiment, write
from stage_traces import eventually

from gameday.stage.opening import take_down
from gameday.stage.state import live_stages

DECLARED = {"verdict": "deviated", "because": ["empty-endpoint"]}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GAMEDAY_STAGE", raising=False)
    return Shell(tmp_path)


def test_json_is_all_that_standard_output_gets(shell: Shell, tmp_path: Path):
    held = write(tmp_path, "held")
    not_as_declared = write(tmp_path, "declared", expect=DECLARED)

    done = shell.gameday("run", held, not_as_declared, "--json", "--out", "here")

    document = json.loads(done.stdout)
    assert done.stderr == ""
    assert [run["verdict"] for run in document["runs"]] == ["passed", "deviated"]
    assert done.returncode == document["exit_code"] == 1, "the highest of both"
    folders = [Path(run["folder"]) for run in document["runs"]]
    assert [folder.parent for folder in folders] == [tmp_path / "here"] * 2
    assert all((folder / "history.ndjson").stat().st_size for folder in folders)
    assert live_stages() == ()


def test_a_log_gets_the_timeline_the_story_and_the_verdict_as_plain_lines(
    shell: Shell, tmp_path: Path
):
    file = write(tmp_path, method=[action("publish_plan"), action("await_settled")])

    done = shell.gameday("run", file, "--seed", 11)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == "== A small experiment (design as-built)"
    assert any(re.search(r" s   operator +publishes plan 2", line) for line in lines)
    assert any(
        re.search(r" s   enactor-az\d +flips dynamodb to", line) for line in lines
    )
    assert "What happened:" in lines
    assert "A small experiment: passed (exit 0)" in lines
    assert "  seed: 11" in lines


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_a_status_line_unless_it_asks_for_no_colour(
    shell: Shell, tmp_path: Path, no_color: str
):
    environment = shell.environment() | {"TERM": "xterm", "NO_COLOR": no_color}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *GAMEDAY, "run", str(write(tmp_path))],
        cwd=tmp_path,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = read_all(ours)
        status = process.wait(10)

    assert status == 0, shown
    assert ("\x1b[" in shown) is not bool(no_color)
    assert (" s  |  " in shown) is not bool(no_color)
    assert "passed" in shown.lower()


def read_all(terminal: int) -> str:
    """Read a pseudo terminal until the other side closes it."""
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while select.select([stream], [], [], 60)[0]:
            try:
                chunk = stream.read(65_536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
    return shown.decode(errors="replace")


def test_repeating_prints_a_tally(shell: Shell, tmp_path: Path):
    done = shell.gameday("run", write(tmp_path), "--repeat", 2, "--json")

    document = json.loads(done.stdout)
    (entry,) = document["tally"]
    assert (entry["runs"], entry["lost"], entry["kept"]) == (2, 0, 2)
    assert entry["verdicts"] == {"passed": 2}
    assert entry["median"]["duration_s"] > 0


def test_a_stage_that_is_kept_up_is_named_and_can_be_taken_down(
    shell: Shell, tmp_path: Path
):
    done = shell.gameday("run", write(tmp_path), "--keep-up")

    (state,) = live_stages()
    try:
        assert f"stage {state.id} is up" in done.stdout
    finally:
        take_down(state)
    assert nothing_runs(state)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_plays_its_rollbacks_and_leaves_nothing(
    shell: Shell, tmp_path: Path, number: signal.Signals
):
    file = write(
        tmp_path,
        method=[
            action("hold", rule="h", actor="planner", operation="DeleteTable"),
            action("await_hold", rule="h", timeout_s=90),
        ],
        rollbacks=[action("clear")],
    )
    run = shell.start(GAMEDAY, "run", file, "--out", tmp_path / "runs")
    run.await_line("await hold")
    state = the_stage()

    run.send(number)

    assert run.end() == 130, "".join(run.lines)
    assert nothing_runs(state)
    (folder,) = (tmp_path / "runs").iterdir()
    journal = json.loads((folder / "journal.json").read_text("utf-8"))
    assert [each["status"] for each in journal["rollbacks"]] == ["succeeded"]
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "interrupted"


def test_an_interrupted_start_leaves_nothing(shell: Shell, tmp_path: Path):
    run = shell.start(GAMEDAY, "run", write(tmp_path))
    run.await_line("starting emulator")

    run.send(signal.SIGINT)

    assert run.end() == 130
    assert eventually(lambda: live_stages() == ())


def test_a_run_that_is_killed_takes_its_stage_with_it(shell: Shell, tmp_path: Path):
    wait = action("await_generation", generation="99", timeout_s=90)
    run = shell.start(GAMEDAY, "run", write(tmp_path, method=[wait]))
    run.await_line("await generation")
    state = the_stage()

    run.send(signal.SIGKILL)

    run.end()
    assert eventually(lambda: nothing_runs(state))
    assert eventually(lambda: live_stages() == ())


def latency(**arguments: Any) -> list[dict[str, Any]]:
    return [action("inject_latency", delay_ms=1, **arguments)]


@pytest.mark.parametrize(
    ("parts", "options", "complaint"),
    [
        (
            {"desing": "fenced"},
            (),
            r"x\.yaml:\d+: .*unknown key 'desing'; did you mean 'design'\?",
        ),
        (
            {"design": "fencd"},
            (),
            r"x\.yaml:\d+: .*unknown design 'fencd'; did you mean 'fenced'\?",
        ),
        (
            {"safeguards": {"rolback": "tolerant"}},
            (),
            r"x\.yaml:\d+: .*unknown safeguard 'rolback'; did you mean 'rollback'\?",
        ),
        (
            {"safeguards": {"rollback": "tolerent"}},
            (),
            r"x\.yaml:\d+: .*'tolerent'; did you mean 'tolerant'\?",
        ),
        (
            {"settings": {"dropletts": 5}},
            (),
            r"x\.yaml:\d+: .*unknown setting 'dropletts'; did you mean 'droplets'\?",
        ),
        (
            {"seed": "seven"},
            (),
            r'x\.yaml:\d+: .*should be a valid integer, not "seven"',
        ),
        (
            {"region": "refrence"},
            (),
            r"x\.yaml:\d+: .*unknown region 'refrence'; did you mean 'reference'\?",
        ),
        (
            {"checks": ["empty-endpont"]},
            (),
            r"x\.yaml:\d+: .*did you mean 'empty-endpoint'\?",
        ),
        (
            {"method": latency(actor="enactor-az9")},
            (),
            r"x\.yaml:\d+: .*unknown actor 'enactor-az9'; did you mean 'enactor-az3'",
        ),
        (
            {"method": latency(service="route53", operation="ChangeRecordSets")},
            (),
            r"x\.yaml:\d+: .*did you mean 'ChangeResourceRecordSets'\?",
        ),
        (
            {"method": [action("no_such_package.actions:go")]},
            (),
            r"x\.yaml:\d+: .*no module 'no_such_package\.actions'",
        ),
        ({}, ("--design", "fencd"), r"unknown design 'fencd'; did you mean 'fenced'\?"),
        (
            {},
            ("--emulator", "http://127.0.0.1:9"),
            r"no emulator answers at http://127",
        ),
        ({}, ("--emulator", "http://192.0.2.1:80"), r"not a loopback address"),
        ({}, ("--emulator", "mto"), r"unknown emulator 'mto'"),
        ({}, ("--keep-up", "--repeat", "2"), r"--keep-up leaves one stage up"),
        ({}, ("--sed", "1"), r"No such option.*--sed"),
        ({}, ("nothing.yaml",), r"nothing\.yaml: cannot read it: No such file"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_wrong_input_is_explained_and_nothing_is_started(
    shell: Shell,
    tmp_path: Path,
    parts: dict[str, Any],
    options: tuple[str, ...],
    complaint: str,
):
    file = write(tmp_path, "x", **parts)

    done = shell.gameday("run", file, *options, "--json")

    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(complaint, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "gameday-runs").exists()
    assert live_stages() == ()


def test_a_port_in_use_is_named(shell: Shell, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "region.yaml").write_text(
            "name: small\naws_region: us-east-1\navailability_zones: [az1]\n"
            "load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]\n"
            "endpoints: [small.gameday.test]\nactors: {}\n"
            f"ports: {{gateway: {port}}}\n"
        )
        file = write(tmp_path, region="region.yaml", settings={"x": 1})
        done = shell.gameday("run", file)

    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr


def test_the_mistakes_of_all_experiments_are_told_before_the_first_starts(
    shell: Shell, tmp_path: Path
):
    right = write(tmp_path, "right")
    wrong = write(tmp_path, "wrong", desing="x")
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: [\n")

    done = shell.gameday("run", right, wrong, broken)

    assert done.returncode == 2
    assert [line.split(":")[1].split("/")[-1] for line in done.stderr.splitlines()] == [
        "wrong.yaml",
        "broken.yaml",
    ]
    assert done.stdout == ""


def test_the_pair_that_is_played_without_arguments_is_bundled():
    from gameday.bundled import experiments_folder
    from gameday.cli.run import FLAGSHIP_PAIR

    assert all((experiments_folder() / name).is_file() for name in FLAGSHIP_PAIR)
    assert experiment()["title"]
