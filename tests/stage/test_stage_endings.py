"""However a stage ends, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from stage_traces import Traces, eventually, marked

from gameday.stage.opening import open_stage, take_down
from gameday.stage.state import live_stages, read_stage, remove_leftovers, state_file

STARTER = """
import signal, sys
from pathlib import Path
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage

with open_stage(load_region(Path(sys.argv[1]))) as stage:
    print(stage.id, flush=True)
    signal.pause()
"""

IDLE = "run: 'stage_programs:idle'"
PARENT = "run: 'stage_programs:parent'"
COMMAND = "command: [sleep, '1000']"


class Starter:
    """A program that opens a stage and waits inside its `with` block."""

    def __init__(self, region_file: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(region_file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.stage_id = self.process.stdout.readline().strip()
        assert self.stage_id, "the starter opened no stage"

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def starter(small_region, programs_folder):
    small_region(idle=IDLE, parent=PARENT, stranger=COMMAND)
    with Starter(programs_folder / "region.yaml") as starter:
        yield starter


def test_a_closed_stage_leaves_no_process_port_or_file(
    small_region, traces: Traces, gameday_home: Path
):
    with open_stage(small_region(idle=IDLE, parent=PARENT, stranger=COMMAND)) as stage:
        traces.remember(stage.state)
        assert len(marked(stage.id)) >= 6

    assert traces.left() == []
    assert not list(gameday_home.rglob(f"{stage.id}*"))


def test_closing_twice_is_the_same_as_once(small_region):
    stage = open_stage(small_region())
    stage.close()

    stage.close()

    assert not state_file(stage.id).exists()


def test_a_given_folder_keeps_the_record(small_region, traces: Traces, tmp_path: Path):
    with open_stage(small_region(idle=IDLE), folder=tmp_path / "run") as stage:
        traces.remember(stage.state)

    assert traces.left(kept=True) == []
    assert (tmp_path / "run" / "history.ndjson").is_file()
    assert (tmp_path / "run" / "logs" / "idle.log").is_file()


def test_an_actor_that_ignores_sigterm_does_not_hold_up_the_end(
    small_region, traces: Traces
):
    with open_stage(small_region(mule="run: 'stage_programs:stubborn'")) as stage:
        traces.remember(stage.state)

    assert traces.left() == []


def test_ctrl_c_of_the_starter_takes_the_stage_down(starter: Starter, traces: Traces):
    traces.remember(read_stage(starter.stage_id))

    starter.end(signal.SIGINT)

    assert traces.left() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_death_of_the_starter_takes_the_stage_down(
    starter: Starter, traces: Traces, number: signal.Signals
):
    traces.remember(read_stage(starter.stage_id))

    starter.end(number)

    eventually(lambda: not traces.left())


def test_ctrl_c_while_a_stage_opens_leaves_nothing(
    small_region, programs_folder: Path, gameday_home: Path
):
    """An actor that never gets ready holds the opening up."""
    (programs_folder / "stage_sluggish.py").write_text(
        "import threading\nthreading.Event().wait()"
    )
    small_region(slug="run: 'stage_sluggish:main'")
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(programs_folder / "region.yaml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as starter:
        opening = eventually(lambda: [s for s in live_stages() if "slug" in s.actors])

        starter.send_signal(signal.SIGINT)
        starter.wait(timeout=20)

    assert not list(gameday_home.rglob(f"{opening[0].id}*"))
    assert marked(opening[0].id) == []
    assert not opening[0].folder.exists()


def test_a_stage_whose_emulator_died_says_so(small_region, traces: Traces):
    with open_stage(small_region(idle=IDLE)) as stage:
        traces.remember(stage.state)

        os.kill(stage.state.processes["emulator"].pid, signal.SIGKILL)

        eventually(
            lambda: stage.state.phase == "broken: the emulator was ended by SIGKILL"
        )

    assert traces.left() == []


def test_children_notice_that_their_keeper_was_killed(starter: Starter, traces: Traces):
    state = read_stage(starter.stage_id)
    traces.remember(state)
    escaped = set(marked(state.id))
    os.kill(state.actors["idle"].pid, signal.SIGSTOP)

    os.kill(state.pid, signal.SIGKILL)

    def is_quiet() -> bool:
        names = traces.processes()
        return not [name for name in names if not name.startswith("pid")]

    eventually(is_quiet)
    assert len(marked(state.id)) < len(escaped)


def test_the_next_start_removes_what_a_killed_keeper_left(
    starter: Starter, traces: Traces
):
    """The parent's second child left its group: only the next start finds it."""
    state = read_stage(starter.stage_id)
    traces.remember(state)
    os.kill(state.pid, signal.SIGKILL)
    starter.end(signal.SIGKILL)
    eventually(lambda: not state.is_alive)

    removed = remove_leftovers()

    assert state.id in removed
    eventually(lambda: not traces.left())


def test_the_starter_cleans_up_after_a_killed_keeper(small_region, traces: Traces):
    with open_stage(small_region(idle=IDLE, parent=PARENT)) as stage:
        traces.remember(stage.state)
        os.kill(stage.keeper_pid, signal.SIGKILL)

    eventually(lambda: not traces.left())


def test_a_detached_stage_lives_until_it_is_taken_down(
    small_region, traces: Traces, tmp_path: Path
):
    stage = open_stage(small_region(idle=IDLE), folder=tmp_path / "r", detached=True)
    state = stage.state
    traces.remember(state)
    stage.close()
    assert state.id in {each.id for each in live_stages()}

    take_down(state)

    assert traces.left(kept=True) == []
