"""What does one cold process cost from its start to its end?"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB_PER_MIB = 1024
TOLD_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took.

    Attributes:
        wall_s: from its start to its end.
        cpu_s: processor time, with that of the processes that it waited for.
        memory_mib: resident at most.
        status: its exit status, None when its time was over.
        out: what it printed.
        complaint: the end of what it printed to standard error.
    """

    wall_s: float
    cpu_s: float
    memory_mib: float
    status: int | None
    out: str
    complaint: str


def cost_of(
    command: Sequence[str],
    *,
    limit_s: float,
    folder: Path,
    env: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command in a folder; it and what it started end with its time."""
    with (
        tempfile.TemporaryFile(dir=folder) as out,
        tempfile.TemporaryFile(dir=folder) as error,
    ):
        began_s = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            cwd=folder,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        ended_early = threading.Event()

        def end() -> None:
            ended_early.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit_s, end)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        return Cost(
            wall_s=time.monotonic() - began_s,
            cpu_s=used.ru_utime + used.ru_stime,
            memory_mib=used.ru_maxrss / KIB_PER_MIB,
            status=None if ended_early.is_set() else process.returncode,
            out=out.read().decode(),
            complaint=error.read().decode()[-TOLD_MAX:].strip(),
        )
