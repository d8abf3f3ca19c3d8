"""Which processes does a benchmark start, on which core, and what do they cost?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gameday.emulators.registry import find_emulator

NULL_RESPONDER = Path(__file__).with_name("null_responder.py")
STOP_DEADLINE_S = 20.0


@contextmanager
def null_responder() -> Iterator[tuple[str, int]]:
    """Start the responder that costs nothing; yields its URL and process id."""
    with _process([sys.executable, str(NULL_RESPONDER)]) as (line, pid):
        yield f"http://127.0.0.1:{line.strip()}", pid


@contextmanager
def emulator(name: str) -> Iterator[str]:
    """Start an emulator as a stage would; yields its URL.

    Raises:
        InvalidInput: with every reason why it cannot be started.
    """
    from gameday.emulators.registry import EMULATORS

    place = find_emulator(name)
    if place.url:
        yield place.url
        return
    module = EMULATORS[place.kind].module
    command = [sys.executable, "-m", module, "--port", "0", "--lifeline"]
    with _process(command) as (line, _):
        yield str(json.loads(line)["url"])


@contextmanager
def _process(command: list[str]) -> Iterator[tuple[str, int]]:
    """Run something that says in one line where it is, and ends with its input."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"{' '.join(command)} ended with {process.wait()}"
        yield line, process.pid
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0)) or [0]
        os.sched_setaffinity(pid, {cores[core % len(cores)]})


@contextmanager
def pinned_here(core: int) -> Iterator[None]:
    """Keep this process on one core meanwhile."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process; Linux only.

    The clock is the one that clock_getcpuclockid(3) names; /proc counts in steps of
    10 ms, which a short round never reaches.
    """
    return time.clock_gettime((~pid << 3) | 2)
