"""What of LocalStack is installed for host mode, and how does it get there?

One folder holds everything, in the person's cache ($XDG_CACHE_HOME or ~/.cache):

    venv/       LocalStack, in a Python of its own (3.13)
    wheels/     what the venv was made from, to mend it without a network
    maven/      what Maven has fetched, for the same reason
    libs/       DynamoDB Local and Java where LocalStack's installer looks
    *.done      a stamp for each part, written last

A part without its stamp, or with that of other pins, is made anew; a part with
it is left alone, so installing twice costs nothing and an installation that was
broken off mends itself. On Python 3.11 and 3.12 LocalStack 4.14 starts, says that it
is available and fails inside: it needs `warnings.deprecated` and a `threading.Lock`
that is a class, both of 3.13. So no other Python is ever used.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.bundled import fixtures_folder
from gameday.emulators import dynamodb_local
from gameday.emulators.install_step import NoRoom, run_step
from gameday.errors import EmulatorUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Say = Callable[[str], None]

__all__ = ["VERSION", "Installation", "find_installation", "install"]

VERSION = "4.14.0"

_PYTHONS = ("3.13",)
_PIP_DEADLINE_S = 1_800.0
_CHECK_DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """LocalStack's folder, whatever there is in it.

    Attributes:
        folder: see the module's docstring.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter that LocalStack runs in."""
        return self.folder / "venv" / "bin" / "python"

    @property
    def libs(self) -> Path:
        """Where LocalStack finds what it would download."""
        return self.folder / "libs"

    @property
    def has_dynamodb_local(self) -> bool:
        """Whether DynamoDB is DynamoDB Local; else it is the provider override."""
        return self._is_done("libs", dynamodb_local.pins())

    def why_incomplete(self) -> Iterator[str]:
        """Yield what keeps LocalStack from being started, if anything does."""
        if not self.folder.exists():
            yield f"LocalStack {VERSION} is not installed and no Docker engine has it"
        elif not self._is_done("venv", pins()) or not self.python.exists():
            yield f"the installation in {self.folder} was broken off, or is of old pins"

    def mark(self, part: str, digest: str) -> None:
        """Note that a part is whole."""
        (self.folder / f"{part}.done").write_text(digest, encoding="utf-8")

    def unmark(self, part: str) -> None:
        """Note that a part is being made."""
        (self.folder / f"{part}.done").unlink(missing_ok=True)

    def _is_done(self, part: str, digest: str) -> bool:
        try:
            stamp = (self.folder / f"{part}.done").read_text(encoding="utf-8")
        except OSError:
            return False
        return stamp == digest


def find_installation() -> Installation:
    """Return where LocalStack is, or would be, installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Installation(folder=cache.absolute() / "gameday" / f"localstack-{VERSION}")


def pins() -> str:
    """Return a digest of what the venv is made from."""
    folder = fixtures_folder() / "localstack"
    files = (folder / "requirements.txt", folder / "constraints.txt")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def install(say: Say) -> Installation:
    """Make whatever is missing; returns at once when nothing is.

    Raises:
        EmulatorUnavailable: what is missing, and the next thing to try.
    """
    made = find_installation()
    try:
        made.folder.mkdir(parents=True, exist_ok=True)
        with _alone(made.folder, say):
            _make_venv(made, say)
            _make_libs(made, say)
    except OSError as error:
        raise EmulatorUnavailable(
            f"cannot install LocalStack in {made.folder}: {error.strerror or error}; "
            "make room there, or set XDG_CACHE_HOME to another disk"
        ) from error
    return made


def _make_venv(made: Installation, say: Say) -> None:
    if not tuple(made.why_incomplete()):
        if _loads(made):
            say(f"LocalStack {VERSION} is installed")
            return
        say(f"the LocalStack in {made.folder} does not load; making it anew")
    python = _find_python()
    made.unmark("venv")
    say(f"making a virtual environment with {python}")
    shutil.rmtree(made.folder / "venv", ignore_errors=True)
    _run(made, [python, "-m", "venv", str(made.folder / "venv")], _CHECK_DEADLINE_S)
    try:
        say("installing what was fetched before")
        _install_wheels(made)
    except NoRoom:
        raise
    except EmulatorUnavailable:
        say(f"fetching LocalStack {VERSION} (some 100 MB, a few minutes)")
        _pip(made, "wheel", "-w", str(made.folder / "wheels"))
        say("installing it")
        _install_wheels(made)
    _load(made)
    made.mark("venv", pins())


def _install_wheels(made: Installation) -> None:
    _pip(made, "install", "--no-index", "--find-links", str(made.folder / "wheels"))


def _pip(made: Installation, *arguments: str) -> None:
    pip = [str(made.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    source = fixtures_folder() / "localstack"
    asked = ["-r", str(source / "requirements.txt")]
    asked += ["-c", str(source / "constraints.txt")]
    _run(made, [*pip, *arguments, *asked], _PIP_DEADLINE_S)


def _load(made: Installation) -> None:
    """Import what fails inside on a Python that LocalStack does not run on."""
    script = (
        "import localstack.services.route53.provider, "
        "localstack.services.dynamodb.v2.provider"
    )
    _run(made, [str(made.python), "-c", script], _CHECK_DEADLINE_S)


def _loads(made: Installation) -> bool:
    try:
        _load(made)
    except EmulatorUnavailable:
        return False
    return True


def _run(made: Installation, command: list[str], deadline_s: float) -> None:
    env = {"PYTHONPATH": "", "PIP_NO_INPUT": "1"}
    run_step(command, deadline_s=deadline_s, into=str(made.folder), env=env)


def _make_libs(made: Installation, say: Say) -> None:
    if made.has_dynamodb_local:
        say("DynamoDB Local is installed")
        return
    made.unmark("libs")
    try:
        dynamodb_local.stage(made.libs, repository=made.folder / "maven", say=say)
    except NoRoom:
        raise
    except EmulatorUnavailable as error:
        say(
            f"no DynamoDB Local: {error}. LocalStack's provider override is used in "
            "its place: moto's DynamoDB, one request at a time. Run this again where "
            "that is mended"
        )
        return
    made.mark("libs", dynamodb_local.pins())


def _find_python() -> str:
    """Return a Python that LocalStack runs on."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [sys.executable]
    for version in _PYTHONS:
        candidates.append(shutil.which(f"python{version}") or "")
        found = sorted(root.glob(f"versions/{version}*/bin/python"), reverse=True)
        candidates += [str(each) for each in found]
    for candidate in filter(None, candidates):
        if _version_of(candidate) in _PYTHONS:
            return candidate
    raise EmulatorUnavailable(
        f"LocalStack {VERSION} needs Python 3.13, and none is on PATH or under "
        f"{root}; install one, e.g. with `pyenv install 3.13`"
    )


def _version_of(python: str) -> str:
    script = "import sys, ssl, venv, sqlite3; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter that was found
            [python, "-c", script],
            check=False,
            capture_output=True,
            text=True,
            timeout=_CHECK_DEADLINE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


@contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    """Let one installation work in the folder at a time."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another installation")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
