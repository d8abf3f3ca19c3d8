"""`gameday` and `chaos` as a person in a shell starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from stage_traces import eventually

from gameday.stage.process_identity import is_running
from gameday.stage.state import StageState, live_stages

__all__ = ["Shell", "Started"]

ROOT = Path(__file__).resolve().parents[1]
# As in a terminal: what a test runner in the background starts ignores SIGINT.
_INTERRUPTIBLE = "import signal; signal.signal(2, signal.default_int_handler); "
GAMEDAY = ("-c", f"{_INTERRUPTIBLE}from gameday.cli import main; main()")
CHAOS = (
    "-c",
    f"{_INTERRUPTIBLE}from chaostoolkit.cli import cli; cli()",
    "--no-version-check",
)
TIMEOUT_S = 100


class Started:
    """A command that is still running; its output is read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._ended = False
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                with self._more:
                    self.lines.append(line)
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def await_line(self, text: str) -> None:
        """Return once a line holds `text`; fail when there will be none."""

        def seen() -> bool:
            return any(text in line for line in self.lines)

        with self._more:
            self._more.wait_for(lambda: seen() or self._ended, TIMEOUT_S)
        assert seen(), "".join(self.lines)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Return the exit status."""
        status = self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        return status


class Shell:
    """Runs commands in a folder, with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def gameday(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self._run(GAMEDAY, arguments)

    def chaos(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self._run(CHAOS, arguments)

    def start(self, command: tuple[str, ...], *arguments: object) -> Started:
        return Started(
            subprocess.Popen(
                [sys.executable, *command, *map(str, arguments)],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "HOME": str(self.folder),
            "PYTHONWARNINGS": "default",
        }

    def _run(
        self, command: tuple[str, ...], arguments: tuple[object, ...]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def the_stage() -> StageState:
    """Return the one stage that is up, once it runs."""

    def found() -> StageState | None:
        stages = [state for state in live_stages() if state.phase == "running"]
        return stages[0] if stages else None

    state: StageState = eventually(found)
    return state


def nothing_runs(state: StageState) -> bool:
    """Answer whether every process of a stage is gone."""
    known = {**state.processes, **state.actors}
    return not state.is_alive and not any(
        is_running(each.pid, each.started) for each in known.values()
    )
