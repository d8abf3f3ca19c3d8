"""How does a program in any language get a wall clock that can be set?

By libfaketime, preloaded into the program and its children: it stands between
them and libc's clock calls and adds what a text file says, read at each call
(about 10 us). Not every copy of it works: Debian 12's 0.9.10 makes Python's
time.sleep fail. So a library is tried before it is used, by a program that looks
at its clock, sleeps and waits; the first that passes is taken.

Out of its reach are programs that ask the kernel without libc (Go) and programs
whose privileges let the loader drop preloads (setuid).
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.clock import SystemClock
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["INSTALL", "environment", "find_library", "forget", "write"]

INSTALL = "pip install 'gameday[clock]' (Linux; gcc and make build it)"

_IN_PACKAGE = "vendor/libfaketime/src/libfaketime.so.1"
_IN_SYSTEM = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/*.so.1")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where POSIX semaphores are on Linux
_TRIAL_DEADLINE_S = 10.0
_TRIAL_OFFSET_MS = 600_000
_TRIAL = """
import sys, threading, time
wall, monotonic = time.time(), time.monotonic()
time.sleep(0.02)
threading.Event().wait(0.02)
passed = time.monotonic() - monotonic
if abs(wall - float(sys.argv[1])) > 60:
    sys.exit("the clock does not follow it")
if not 0.03 < passed < 5:
    sys.exit(f"sleeping 0.04 s takes {passed} s")
"""


def environment(library: Path, file: Path) -> dict[str, str]:
    """Return the variables that let `library` set a program's clock by `file`."""
    inherited = os.environ.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library}:{inherited}" if inherited else str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        # Python would take every compiled module for stale, and write it anew.
        "NO_FAKE_STAT": "1",
    }


def write(file: Path, offset_ms: int) -> None:
    """Set the clock of whoever reads `file`, which always is a whole one."""
    new = file.with_suffix(".new")
    new.write_text(f"{offset_ms / 1000:+.3f}", encoding="ascii")
    new.replace(file)


def forget(pid: int) -> None:
    """Remove what the library leaves in shared memory when a program is killed."""
    for name in (f"sem.faketime_sem_{pid}", f"faketime_shm_{pid}"):
        # Another user's program may have had the same pid.
        with contextlib.suppress(OSError):
            (_SHARED_MEMORY / name).unlink(missing_ok=True)


@functools.cache
def find_library() -> Path:
    """Return a libfaketime that works.

    Raises:
        InvalidInput: there is none; what to install, and why those that are there
            are no good.
    """
    if sys.platform != "linux":
        raise InvalidInput(f"an adjustable clock needs Linux, not {sys.platform}")
    faults = []
    for library in _candidates():
        fault = _fault_of(library)
        if not fault:
            return library
        faults.append(f"{library} is no good: {fault}")
    found = "; ".join(faults) or "it is not installed"
    raise InvalidInput(f"an adjustable clock needs libfaketime: {found}; {INSTALL}")


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("libfaketime")
    for folder in (package and package.submodule_search_locations) or ():
        yield from Path(folder).glob(_IN_PACKAGE)
    for pattern in _IN_SYSTEM:
        yield from Path("/").glob(pattern.lstrip("/"))


def _fault_of(library: Path) -> str:
    """Return why a library cannot be used, "" when it can."""
    with tempfile.TemporaryDirectory(prefix="gameday-clock-") as folder:
        file = Path(folder) / "trial"
        write(file, _TRIAL_OFFSET_MS)
        wanted = (SystemClock().now_ms() + _TRIAL_OFFSET_MS) / 1000
        with subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-I", "-S", "-c", _TRIAL, str(wanted)],
            env={**os.environ, **environment(library, file)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as trial:
            try:
                _, words = trial.communicate(timeout=_TRIAL_DEADLINE_S)
            except subprocess.TimeoutExpired:
                trial.kill()
                trial.communicate()
                words = f"a program hangs for {_TRIAL_DEADLINE_S:.0f} s"
            finally:
                forget(trial.pid)
    if trial.returncode == 0:
        return ""
    lines = words.strip().splitlines()
    return lines[-1] if lines else f"a program ends with status {trial.returncode}"
