"""What a stage leaves on the machine: processes, ports, files."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gameday.region.environments import MARK_VARIABLE
from gameday.stage.process_identity import is_running
from gameday.stage.state import StageState, state_file

DEADLINE_S = 15.0
LOOK_S = 0.01


def eventually(condition: Callable[[], object], *, deadline_s: float = DEADLINE_S):
    """Return what `condition` answers as soon as it is true; fail at the deadline."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(LOOK_S)
    raise AssertionError(f"not within {deadline_s} s: {condition}")


def marked(stage_id: str) -> list[int]:
    """Return the pids of everything that belongs to a stage (Linux)."""
    if sys.platform != "linux":
        return []
    entry = f"{MARK_VARIABLE}={stage_id}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if entry in environment.split(b"\0"):
                found.append(int(folder.name))
    return found


@dataclass
class Traces:
    """Remembers a stage while it is up and looks for it afterwards."""

    states: list[StageState] = field(default_factory=list)

    def remember(self, state: StageState) -> None:
        assert state.phase == "running"
        self.states.append(state)

    def left(self, *, kept: bool = False) -> list[str]:
        """Return everything that is left of the remembered stages."""
        return [trace for state in self.states for trace in _left(state, kept=kept)]

    def processes(self) -> list[str]:
        return [trace for state in self.states for trace in _processes(state)]


def _processes(state: StageState) -> list[str]:
    known = {**state.processes, **state.actors}
    return [
        *(f"pid {pid}" for pid in marked(state.id)),
        *(name for name, each in known.items() if is_running(each.pid, each.started)),
    ]


def _left(state: StageState, *, kept: bool) -> list[str]:
    left = _processes(state)
    if state.is_alive:
        left.append("keeper")
    left += [url for url in _urls(state) if _answers(url)]
    if state_file(state.id).exists():
        left.append(str(state_file(state.id)))
    if state.folder.exists() and not kept:
        left.append(str(state.folder))
    return left


def _urls(state: StageState) -> list[str]:
    return [state.gateway_url, state.emulator["url"]]


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return False
    return True
