"""Where are the peers, and how does one get them?

Each has a virtual environment of its own beside the others, so that nothing of theirs
meets this project's. Spin is a program of the system.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INSTALL_LIMIT_S = 600.0
WORLD = ("boto3", "moto[dynamodb,route53,server]")
PACKAGES = {
    "frontrun": ("frontrun", *WORLD),
    "interleave": ("interleave-test", *WORLD),
    "reexecution": ("greenlet", *WORLD),
}
"""Peer -> what its environment has."""
PYTHON_MIN = (3, 12)
"""interleave-test stands on sys.monitoring."""
SPIN_PROGRAMS = ("spin", "gcc")
SPIN_PACKAGES = ("spin", "gcc", "libc6-dev")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One peer on this machine.

    Attributes:
        command: what comes before the file that it runs.
        missing: why it cannot be played, "" when it can.
    """

    command: tuple[str, ...] = ()
    missing: str = ""


def peer_places(folder: Path, *, install: bool) -> dict[str, Place]:
    """Return every peer's place by its name; with `install`, make what is missing."""
    places = {
        name: _environment(folder / name, packages, install=install)
        for name, packages in PACKAGES.items()
    }
    found = places["frontrun"]
    if not found.missing:
        # It controls the programs that its own command starts.
        command = (str(folder / "frontrun" / "bin" / "frontrun"), *found.command)
        places["frontrun"] = Place(command=command)
    places["spin"] = _spin(install=install)
    return places


def _environment(folder: Path, packages: tuple[str, ...], *, install: bool) -> Place:
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        if not install:
            return Place(missing="not installed (--install-peers)")
        chosen = next(_pythons(), None)
        if chosen is None:
            least = ".".join(map(str, PYTHON_MIN))
            return Place(missing=f"there is no Python {least} or newer")
        for command in (
            (chosen, "-m", "venv", "--clear", str(folder)),
            (str(python), "-m", "pip", "install", "--quiet", *packages),
        ):
            if complaint := _complaint_of(command):
                return Place(missing=complaint)
        done.touch()
    return Place(command=(str(python),))


def _pythons() -> Iterator[str]:
    """Yield interpreters that are new enough, the nearest first."""
    candidates = [sys.executable]
    for minor in range(PYTHON_MIN[1], PYTHON_MIN[1] + 3):
        candidates.append(shutil.which(f"python3.{minor}") or "")
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        candidates += map(str, sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python")))
    check = f"import sys; sys.exit(sys.version_info < {PYTHON_MIN})"
    for each in candidates:
        if each and not _complaint_of((each, "-c", check)):
            yield each


def _spin(*, install: bool) -> Place:
    missing = [each for each in SPIN_PROGRAMS if shutil.which(each) is None]
    by_hand = f"apt-get install {' '.join(SPIN_PACKAGES)}"
    if missing and install and shutil.which("apt-get"):
        _complaint_of(("apt-get", "install", "--yes", "--quiet", *SPIN_PACKAGES))
        missing = [each for each in SPIN_PROGRAMS if shutil.which(each) is None]
    if missing:
        return Place(missing=f"no {', '.join(missing)} ({by_hand})")
    return Place(command=("sh",))


def _complaint_of(command: tuple[str, ...]) -> str:
    """Run a command; returns the end of what it complained, "" when it went well."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {error}"
    if done.returncode == 0:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
    return f"{Path(command[0]).name}: {lines[-1]}"
