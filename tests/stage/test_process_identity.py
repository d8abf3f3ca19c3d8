"""A pid alone names nobody: processes are told by when they started."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from stage_traces import eventually

from gameday.stage.process_identity import (
    is_running,
    kill_escaped,
    kill_group,
    process_state,
    start_of,
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_is_recognised_by_its_start(sleeper: subprocess.Popen[bytes]):
    assert is_running(sleeper.pid, start_of(sleeper.pid))


def test_a_reused_pid_is_not_the_process_that_had_it(
    sleeper: subprocess.Popen[bytes],
):
    assert not is_running(sleeper.pid, "12345")
    assert not kill_group(sleeper.pid, "12345")
    assert sleeper.poll() is None


def test_a_zombie_does_not_run(sleeper: subprocess.Popen[bytes]):
    started = start_of(sleeper.pid)
    sleeper.kill()

    eventually(lambda: process_state(sleeper.pid) == "Z")

    assert not is_running(sleeper.pid, started)


def test_a_pid_that_never_was_does_not_run():
    assert start_of(2**22 + 1) == ""
    assert process_state(2**22 + 1) == ""
    assert not is_running(2**22 + 1, "")


def test_a_group_is_killed_when_its_leader_is_the_right_one(
    sleeper: subprocess.Popen[bytes],
):
    assert kill_group(sleeper.pid, start_of(sleeper.pid))
    assert sleeper.wait(timeout=5) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_whoever_left_its_group_is_found_by_its_environment():
    process = subprocess.Popen(
        ["sleep", "1000"], start_new_session=True, env={"GAMEDAY_MARK": "t-1"}
    )

    assert kill_escaped("GAMEDAY_MARK", "t-1") == (process.pid,)

    assert process.wait(timeout=5) == -signal.SIGKILL
