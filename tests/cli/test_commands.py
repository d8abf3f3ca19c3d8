"""The commands as a person in a shell meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stage_traces import Traces, eventually

from gameday.stage.state import read_stage

ROOT = Path(__file__).resolve().parents[2]

REGION = """\
name: small
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [small.gameday.test]
actors:
  clock: {command: [sleep, "1000"], access_key: AKIACLOCK00000000001}
"""


class Shell:
    """Runs `gameday` in a folder with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-c",
                "from gameday.cli import main; main()",
                *arguments,
            ],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "GAMEDAY_HOME": str(self.home),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def gameday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "region.yaml").write_text(REGION)
    shell = Shell(tmp_path)
    monkeypatch.setenv("GAMEDAY_HOME", str(shell.home))
    yield shell
    shell("down", "--all")


def test_help_is_instant_and_lists_every_command(gameday: Shell):
    took_s = []
    for _ in range(3):
        began = time.monotonic()
        answer = gameday("--help")
        took_s.append(time.monotonic() - began)

    for command in ("run", "up", "status", "down"):
        assert f"\n  {command} " in answer.stdout
    assert answer.returncode == 0
    # The best of three, because other programs share the machine.
    assert min(took_s) < 0.3


def test_a_region_is_started_looked_at_and_taken_down(gameday: Shell):
    traces = Traces()

    up = gameday("up", "--region", "region.yaml", "--design", "fenced", "--json")

    started = json.loads(up.stdout)
    traces.remember(read_stage(started["id"]))
    assert started["design"] == "fenced"
    assert started["safeguards"]["rollback"] == "tolerant"
    status = gameday("status")
    assert f"stage {started['id']}: running, region small, design fenced" in (
        status.stdout
    )
    assert "clock         running, pid" in status.stdout
    listed = json.loads(gameday("status", "--json").stdout)
    assert [each["id"] for each in listed] == [started["id"]]
    assert listed[0]["edge"]["rules"] == 0

    down = gameday("down")

    assert down.stdout.startswith(f"stage {started['id']} is down; its folder is")
    assert down.returncode == 0
    assert traces.left(kept=True) == []
    assert (Path(started["folder"]) / "history.ndjson").is_file()
    assert Path(started["folder"]).parent == gameday.folder / "gameday-runs"


def test_what_up_prints_can_be_copied_into_a_shell(gameday: Shell):
    up = gameday("up", "--region", "region.yaml", "--out", "run", "--seed", "7")

    lines = [line.strip() for line in up.stdout.splitlines()]
    assert any(line.startswith("dig @127.0.20.1 -p ") for line in lines)
    assert any(line.startswith("export AWS_ENDPOINT_URL=http://127") for line in lines)
    assert f"folder          {gameday.folder / 'run'}" in lines
    assert "seed 7" in lines[0]


def test_down_asks_which_when_there_are_several(gameday: Shell):
    ids = [
        json.loads(gameday("up", "--region", "region.yaml", "--json").stdout)["id"]
        for _ in range(2)
    ]

    refused = gameday("down")
    assert refused.returncode == 2
    assert "2 stages are running: " in refused.stderr
    assert gameday("down", ids[0]).returncode == 0

    assert gameday("down").stdout.startswith(f"stage {ids[1]} is down")


def test_down_and_status_say_so_when_nothing_runs(gameday: Shell):
    assert gameday("down").stdout == "no stage is running\n"
    assert gameday("status").stdout.startswith("no stage is running")
    assert gameday("status", "--json").stdout == "[]\n"


def test_what_a_killed_keeper_left_is_shown_and_removed(gameday: Shell):
    traces = Traces()
    up = gameday("up", "--region", "region.yaml", "--out", "run", "--json")
    state = read_stage(json.loads(up.stdout)["id"])
    traces.remember(state)
    os.kill(state.pid, 9)
    eventually(lambda: not state.is_alive)

    status = gameday("status")
    down = gameday("down")

    assert f"stage {state.id} lost its keeper" in status.stdout
    assert down.stdout == f"removed what stage {state.id} left\n"
    eventually(lambda: not traces.left(kept=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dwn"], "error: unknown command 'dwn'; did you mean 'down'?"),
        (["up", "--desing", "x"], "error: No such option '--desing'"),
        (["up", "--port", "high"], "error: Invalid value for '--port': 'high' is not"),
        (["up", "--region", "none.yaml"], "error: none.yaml: cannot read it: No such"),
        (["up", "--design", "fence"], "error: unknown design 'fence'; did you mean"),
        (["up", "--safeguard", "x"], "error: --safeguard 'x' is not of the form NAME="),
        (["up", "--setting", "x=y"], "error: --setting x=y: 'y' is not a number, nor"),
        (
            ["up", "--emulator", "mot"],
            "error: unknown emulator 'mot'; did you mean 'moto'?",
        ),
        (["down", "abc"], "error: unknown stage 'abc'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    gameday: Shell, arguments: list[str], message: str
):
    answer = gameday(*arguments)

    assert answer.stderr.startswith(message)
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""
    assert answer.returncode == 2
    assert not (gameday.folder / "gameday-runs").exists()


def test_every_mistake_of_a_region_file_is_a_line(gameday: Shell):
    (gameday.folder / "region.yaml").write_text(
        REGION.replace("aws_region", "aws_regin").replace("127.0.10.1", "8.8.8.8")
    )

    answer = gameday("up", "--region", "region.yaml")

    assert [line.split(" ")[1] for line in answer.stderr.splitlines()] == [
        "region.yaml:1:",
        "region.yaml:2:",
        "region.yaml:4:",
    ]
    assert answer.returncode == 2


def test_a_region_that_does_not_start_is_status_4(gameday: Shell):
    (gameday.folder / "region.yaml").write_text(
        REGION.replace('[sleep, "1000"]', "[sh, -c, 'echo no spring; exit 5']")
    )

    answer = gameday("up", "--region", "region.yaml")

    assert answer.stderr.splitlines() == [
        "error: clock exited with status 5 while starting; the end of its log:",
        "  no spring",
    ]
    assert answer.returncode == 4
