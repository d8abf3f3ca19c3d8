"""How is a keeper started, heard and told to stop?

The pipe to its standard input is the tie between it and its starter. Nothing is
ever said on it: its end is the message.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any

from gameday import errors
from gameday.clock import SystemClock
from gameday.errors import RegionFailed
from gameday.region.environments import python_path
from gameday.stage.order import ORDER_FILE
from gameday.stage.process_end import collect
from gameday.stage.state import (
    HOME_VARIABLE,
    home_folder,
    read_stage,
    remove_leftover,
    state_file,
)

if TYPE_CHECKING:
    from gameday.stage.order import StageOrder

__all__ = ["await_ready", "end_keeper", "let_go", "start_keeper"]

OPEN_DEADLINE_S = 180.0
CLOSE_DEADLINE_S = 25.0


def start_keeper(order: StageOrder) -> subprocess.Popen[bytes]:
    """Start a keeper for `order`, tied to this process when it is tethered."""
    env = {
        **os.environ,
        # The keeper runs in another folder, where relative paths would mislead.
        "PYTHONPATH": python_path(os.environ.get("PYTHONPATH", "")),
        HOME_VARIABLE: str(home_folder()),
    }
    with (order.folder / "logs" / "keeper.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                sys.executable,
                "-m",
                "gameday.stage.keeper",
                str(order.folder / ORDER_FILE),
            ],
            stdin=subprocess.PIPE if order.tethered else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=order.folder,
            env=env,
            # A Ctrl-C in the terminal is for the starter, which then closes.
            start_new_session=True,
        )


def await_ready(keeper: subprocess.Popen[bytes], order: StageOrder) -> None:
    """Return once the keeper is ready; raises what the keeper failed with."""
    line = _read_line(keeper, deadline_s=OPEN_DEADLINE_S)
    if not line:
        log = order.folder / "logs" / "keeper.log"
        tail = log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        raise RegionFailed(f"the keeper ended or stays silent; its log:\n{tail}")
    event: dict[str, Any] = json.loads(line)
    if event["event"] == "failed":
        kind = getattr(errors, event["kind"], RegionFailed)
        raise kind(event["message"])


def _read_line(keeper: subprocess.Popen[bytes], *, deadline_s: float) -> bytes:
    """Return the keeper's line; b"" when it ends or stays silent."""
    assert keeper.stdout is not None  # noqa: S101 - it was started with a pipe
    clock = SystemClock()
    deadline_ns = clock.monotonic_ns() + int(deadline_s * 1e9)
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(keeper.stdout, selectors.EVENT_READ)
        while not said.endswith(b"\n"):
            if not selector.select(max(0, deadline_ns - clock.monotonic_ns()) / 1e9):
                return b""
            chunk = os.read(keeper.stdout.fileno(), 65_536)
            if not chunk:
                return b""
            said += chunk
    return said


def end_keeper(keeper: subprocess.Popen[bytes], stage_id: str) -> None:
    """Tell the keeper to stop, wait for it, and do its work if it cannot."""
    _close(keeper.stdin)
    if keeper.stdin is None:
        keeper.terminate()
    collect(keeper, within_s=CLOSE_DEADLINE_S)
    _close(keeper.stdout)
    # Nothing is left to do when the keeper has done it.
    if state_file(stage_id).exists():
        remove_leftover(read_stage(stage_id))


def let_go(keeper: subprocess.Popen[bytes]) -> None:
    """Drop the handle of a keeper that outlives this process."""
    _close(keeper.stdout)
    # It is init's to collect; without this the handle would complain.
    keeper.returncode = 0


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()
