"""How is one step of an installation run, and what is said when it fails?

A step is a command with a deadline. What it printed last is the reason that a
person gets; a disk without room is told apart, because nothing else that is
tried would work either.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.errors import EmulatorUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NoRoom", "run_step"]

_WORDS_MAX = 600
_SHOWN_WORDS_MAX = 6
_NO_ROOM = "no space left on device"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_ROOM_BYTES_MIN = 16 << 20


class NoRoom(EmulatorUnavailable):
    """The disk is full."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(
            f"no space is left in {folder} or in {tempfile.gettempdir()}; make room "
            "there, or set XDG_CACHE_HOME and TMPDIR to another disk"
        )


def run_step(
    command: Sequence[str],
    *,
    deadline_s: float,
    into: str,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end.

    Args:
        command: what is run, without input.
        deadline_s: it is killed after so many seconds.
        into: the folder that it fills, for the message.
        env: set beside what the environment has.

    Raises:
        NoRoom: the disk is full.
        EmulatorUnavailable: it failed for another reason, told in its last words.
    """
    shown = " ".join(command[:_SHOWN_WORDS_MAX]) + " ..."
    try:
        done = subprocess.run(  # noqa: S603 - commands of the installers
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=deadline_s,
            env={**os.environ, **(env or {})},
        )
    except subprocess.TimeoutExpired:
        raise EmulatorUnavailable(
            f"`{shown}` is not done after {deadline_s:.0f} s"
        ) from None
    if done.returncode == 0:
        return
    if _NO_ROOM in done.stdout.lower() or _room_bytes(into) < _ROOM_BYTES_MIN:
        raise NoRoom(into)
    raise EmulatorUnavailable(f"`{shown}` failed: {_last_words(done.stdout)}")


def _room_bytes(folder: str) -> int:
    """Return what is free: some tools hide in their words that they ran out of it."""
    made = next(each for each in (Path(folder), *Path(folder).parents) if each.exists())
    return min(shutil.disk_usage(each).free for each in (made, tempfile.gettempdir()))


def _last_words(output: str) -> str:
    """Return the first error that was told, else the last line."""
    # Maven resets the terminal's colours also where it was told to use none.
    lines = _ESCAPE.sub("", output).strip().splitlines() or ["it said nothing"]
    errors = [line for line in lines if line.startswith(("ERROR", "[ERROR]"))]
    told = (errors or lines[-1:])[0]
    return told.removeprefix("[ERROR] ").partition(" -> [Help")[0][:_WORDS_MAX]
