"""Does a program reach what no search can put in an order or put back?

Threads, processes, sockets, and files that a program writes are met by every run alike,
whichever order the search gives the calls: what they carry from one actor to another
is not in the state that is searched. A program that uses one is stopped where it does,
and the exploration ends with `ReachesOutside`, which names the line, also when the
program handles the exception.

The interpreter itself reports these (`sys.addaudithook`), however a library comes by
them. A hook cannot be taken back, so there is one, and it is idle while nothing is
explored.

A file may be read. It must then stay as it is: one that is another at the next reading
is named, and so is one that some actor writes and some actor reads.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = [
    "PROCESS",
    "SOCKET",
    "THREAD",
    "THREAD_AWAITED",
    "Program",
    "ReachesOutside",
    "Way",
    "no_way_out",
    "place_of_program",
    "reaches_outside",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One kind of reaching outside.

    Attributes:
        does: what the program does, after its name.
        why: why that cannot be explored.
        instead: what to do.
    """

    does: str
    why: str
    instead: str


class ReachesOutside(InvalidInput):
    """A program does what no search can put in an order or put back."""

    def __init__(self, *, actor: str, way: Way, place: str, by: str = "") -> None:
        self.actor = actor
        self.way = way
        self.place = place
        self.by = by
        through = f", by {by}" if by else ""
        super().__init__(
            f"{actor} {way.does} at {place}{through}: {way.why}; {way.instead}"
        )


class Program(Protocol):
    """A run of a program, as far as it is watched."""

    actor: str

    def refuse(self, error: InvalidInput) -> None:
        """Raise an error, and again when the program has next paused."""
        ...


THREAD = Way(
    does="starts a thread",
    why="nobody can choose when it runs",
    instead="do its work in the actor's own thread, or make it an actor of its own",
)
THREAD_AWAITED = Way(
    does="waits for another thread",
    why="an actor is alone in its process, and nobody would wake it",
    instead="wait by time.sleep, or by Event.wait with a time-out",
)
PROCESS = Way(
    does="starts a process",
    why="nobody can choose when it runs",
    instead="make what it does an actor of its own",
)
SOCKET = Way(
    does="opens a socket",
    why="what is said there is not an AWS call that the search could order or answer",
    instead="call AWS by boto3 without another transport or an event loop, and give "
    "the actor whatever else it asks for as a value",
)
_DATABASE = Way(
    does="opens a database file",
    why="the search cannot put it back",
    instead="use a table of the emulator",
)

_EVENTS = {
    "_thread.start_joinable_thread": THREAD,
    "_thread.start_new_thread": THREAD,
    "os.exec": PROCESS,
    "os.fork": PROCESS,
    "os.forkpty": PROCESS,
    "os.posix_spawn": PROCESS,
    "os.spawn": PROCESS,
    "os.startfile": PROCESS,
    "os.system": PROCESS,
    "subprocess.Popen": PROCESS,
    "socket.__new__": SOCKET,
    "socket.connect": SOCKET,
    "socket.getaddrinfo": SOCKET,
    "socket.gethostbyname": SOCKET,
    "socket.sendto": SOCKET,
}
_FILE_EVENTS = frozenset(
    {
        "open",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
    }
)
_LOOKED_AT = frozenset({*_EVENTS, *_FILE_EVENTS, "sqlite3.connect"})
_LIBRARIES = tuple(
    {
        os.path.realpath(sysconfig.get_path(name)) + os.sep
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_SITE_PACKAGES = ("site-packages", "dist-packages")
_HARNESS = (str(Path(__file__).parent) + os.sep, "<frozen ", "<string>")


@contextmanager
def no_way_out(
    program_here: Callable[[], Program | None],
) -> Iterator[None]:
    """Stop programs where they reach outside.

    Args:
        program_here: returns the program that runs in the current context, None for
            whatever else runs here.
    """
    if not _INSTALLED:
        sys.addaudithook(_hook)
        _INSTALLED.append(True)
    _WATCHES.append(_Watch(program_here))
    try:
        yield
    finally:
        _WATCHES.pop()


def reaches_outside(program: Program, way: Way) -> ReachesOutside:
    """Return the error for what the running program does."""
    place, by = place_of_program(sys._getframe(1))  # noqa: SLF001 - who is it?
    return ReachesOutside(actor=program.actor, way=way, place=place, by=by)


class _Watch:
    """What one exploration has seen of its programs; a local builder."""

    def __init__(self, program_here: Callable[[], Program | None]) -> None:
        self._program_here = program_here
        self._read: dict[str, tuple[Any, str]] = {}
        self._written: dict[str, str] = {}

    def meet(self, event: str, arguments: tuple[Any, ...]) -> None:
        program = self._program_here()
        if program is None:
            return
        way = _EVENTS.get(event)
        if way is not None:
            program.refuse(reaches_outside(program, way))
        elif event == "sqlite3.connect":
            if arguments[0] != ":memory:":
                program.refuse(reaches_outside(program, _DATABASE))
        elif isinstance(arguments[0], str | bytes | os.PathLike):
            self._meet_file(program, event, arguments)

    def _meet_file(
        self, program: Program, event: str, arguments: tuple[Any, ...]
    ) -> None:
        if not _is_of_program(sys._getframe(3)):  # noqa: SLF001 - see `_own`
            return
        file = os.path.realpath(os.fsdecode(arguments[0]))
        if file == os.devnull:
            return
        place, _ = place_of_program(sys._getframe(1))  # noqa: SLF001 - who is it?
        flags = arguments[2] if event == "open" else os.O_WRONLY | os.O_EXCL
        told = f"{program.actor} at {place}"
        if flags & (os.O_WRONLY | os.O_RDWR):
            self._written.setdefault(file, told)
        if not flags & os.O_WRONLY or flags & os.O_EXCL:
            signature = _signature(file)
            before, reader = self._read.setdefault(file, (signature, told))
            if before != signature and file not in self._written:
                self._refuse(program, place, file, f"it has changed since {reader}")
        if file in self._written and file in self._read:
            told = f"it is written by {self._written[file]}"
            self._refuse(program, place, file, told)

    def _refuse(self, program: Program, place: str, file: str, why: str) -> None:
        way = Way(
            does=f"uses the file {file}",
            why=f"{why}, and the search cannot put it back",
            instead="share what actors share through AWS, and read files before",
        )
        program.refuse(ReachesOutside(actor=program.actor, way=way, place=place))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHES and event in _LOOKED_AT:
        _WATCHES[-1].meet(event, arguments)


_INSTALLED: list[bool] = []
_WATCHES: list[_Watch] = []


def _signature(file: str) -> Any:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _is_library(file: str) -> bool:
    return file.startswith(_HARNESS) or any(
        os.path.realpath(file).startswith(each) for each in _LIBRARIES
    )


def _is_of_program(frame: FrameType | None) -> bool:
    """Answer whether a program itself does this, if by the standard library."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or any(
            f"{os.sep}{each}{os.sep}" in file for each in _SITE_PACKAGES
        ):
            return False
        if not _is_library(file):
            return True
        frame = frame.f_back
    return False


def place_of_program(frame: FrameType | None) -> tuple[str, str]:
    """Return file:line of a program's own code, and the library that it calls.

    Args:
        frame: the youngest one to look at.

    A program that is itself installed as a library is known by where it begins.
    """
    by = place = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_library(file):
            return f"{file}:{frame.f_lineno}", by
        if not file.startswith(_HARNESS):
            by = str(frame.f_globals.get("__name__", ""))
            place = f"{file}:{frame.f_lineno}"
        elif place:
            break
        frame = frame.f_back
    return place, ""
