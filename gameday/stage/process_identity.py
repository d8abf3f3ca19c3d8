"""Is this process still the one that we started?

Process ids are reused, so a pid read from a file proves nothing: it is paired
with the moment the process started, as the kernel tells it. A signal goes only
to a pid whose pair still fits. On Linux every process of a stage can also be
found by the stage's id in its environment, which catches those that left their
process group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "STOPPED",
    "is_running",
    "kill_escaped",
    "kill_group",
    "process_state",
    "start_of",
]

STOPPED = "T"
"""The state of a process that SIGSTOP has stopped."""

_PROC = Path("/proc")
_ON_LINUX = sys.platform == "linux"


def start_of(pid: int) -> str:
    """Return when `pid` started, as opaque text; "" when it is not running.

    A zombie is not running: it only waits to be collected.
    """
    fields = _fields(pid)
    return fields[1] if fields and fields[0] != "Z" else ""


def process_state(pid: int) -> str:
    """Return the kernel's letter for the state of `pid`, "" when it is gone."""
    fields = _fields(pid)
    return fields[0] if fields else ""


def is_running(pid: int, started: str) -> bool:
    """Answer whether `pid` is still the process that started at `started`."""
    return bool(started) and start_of(pid) == started


def kill_group(pid: int, started: str) -> bool:
    """Kill the process group that `pid` leads; False when it is another process."""
    if not is_running(pid, started):
        return False
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def kill_escaped(variable: str, value: str) -> tuple[int, ...]:
    """Kill every process whose environment has `variable` set to `value`.

    Finds nothing outside Linux. Returns the pids that got the signal.
    """
    killed = []
    for pid in _with_environment(f"{variable}={value}".encode()):
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
        killed.append(pid)
    return tuple(killed)


def _with_environment(entry: bytes) -> Iterator[int]:
    if not _ON_LINUX:
        return
    for folder in sorted(_PROC.iterdir()):
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if entry in environment.split(b"\0"):
            yield int(folder.name)


def _fields(pid: int) -> tuple[str, str] | None:
    """Return the state letter and the start of `pid`, None when it is gone."""
    if not _ON_LINUX:
        return _fields_by_ps(pid)
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command name may hold spaces and parentheses; the last one ends it.
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]


def _fields_by_ps(pid: int) -> tuple[str, str] | None:
    answer = subprocess.run(  # noqa: S603 - a fixed command with a number
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return (state[:1], started.strip()) if state else None
