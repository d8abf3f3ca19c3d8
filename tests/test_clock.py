"""Which time a program has whose host's clock is wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gameday.clock import (
    OFFSET_VARIABLE,
    ManualClock,
    SystemClock,
    map_offset,
    monotonic_ms,
)

NEAR_MS = 5_000
"""How far two looks at the machine's clock may be apart on a busy machine."""


@pytest.fixture
def offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> memoryview:
    """The offset of this process's clock, to be written to."""
    file = tmp_path / "offset"
    monkeypatch.setenv(OFFSET_VARIABLE, str(file))
    return map_offset(file, writable=True)


def machine_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_clock_without_an_offset_is_the_machines():
    clock = SystemClock()
    assert clock.offset_ms() == 0
    assert abs(clock.now_ms() - machine_ms()) < NEAR_MS


@pytest.mark.parametrize("ahead_ms", [3_600_000, -3_600_000])
def test_a_wrong_clock_is_ahead_or_behind_from_the_next_look_on(offset, ahead_ms):
    clock = SystemClock()
    assert abs(clock.now_ms() - machine_ms()) < NEAR_MS
    offset[0] = ahead_ms
    assert abs(clock.now_ms() - machine_ms() - ahead_ms) < NEAR_MS
    offset[0] = 0
    assert abs(clock.now_ms() - machine_ms()) < NEAR_MS


def test_the_monotonic_clock_never_changes(offset):
    clock = SystemClock()
    before_ns = clock.monotonic_ns()
    offset[0] = -86_400_000
    between_ns = clock.monotonic_ns()
    offset[0] = 86_400_000
    assert before_ns <= between_ns <= clock.monotonic_ns() < before_ns + NEAR_MS * 10**6


def test_another_process_sees_the_offset_while_it_runs(offset):
    program = (
        "from gameday.clock import SystemClock\n"
        "clock = SystemClock()\n"
        "for _ in range(2):\n"
        "    print(clock.offset_ms(), flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "0\n"
        offset[0] = -42
        print(file=process.stdin, flush=True)
        assert process.stdout.readline() == "-42\n"
        process.stdin.write("\n")


def test_a_file_that_is_missing_or_too_short_is_an_error_and_not_a_right_clock(
    tmp_path: Path,
):
    with pytest.raises(FileNotFoundError):
        map_offset(tmp_path / "nothing")
    (tmp_path / "short").write_bytes(b"123")
    with pytest.raises(ValueError, match="mmap length is greater than file size"):
        map_offset(tmp_path / "short")


def test_milliseconds_that_never_go_back_are_a_clocks_own():
    clock = ManualClock(now_ms=5)
    clock.sleep_ms(20)
    assert monotonic_ms(clock) == 25
