"""How does a command that starts a Python program become an actor of this process?

The program is run as its command would start it: as `__main__`, with its arguments, its
folder, its environment and a module space of its own, and its exit status counts. What
it prints goes nowhere, because it is run thousands of times.

Several programs take turns in one process, so what belongs to a process is put in place
when one of them goes on and taken away when it pauses: arguments, search path, folder,
streams, boto3's default session, and the modules that lie in its folder. Libraries are
shared; what else they keep of a program, it meets again in its next run.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from gameday.aws.sessions import exchange_default_session
from gameday.errors import InvalidInput
from gameday.region.programs import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

__all__ = [
    "ExitStatus",
    "OwnProcess",
    "PythonCommand",
    "exit_status_counts",
    "python_command",
]

_PLAIN_OPTIONS = frozenset({"-B", "-E", "-O", "-s", "-u"})
"""Of the interpreter: they change nothing here."""
_MAIN = "__main__"


class ExitStatus(Exception):
    """A program ended with a status that says that it failed."""

    def __init__(self, status: object) -> None:
        self.status = status
        super().__init__(f"exit status {status}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCommand:
    """A command that starts a Python program.

    Attributes:
        folder: in which it runs.
        script: its file, "" for a module.
        module: its name, "" for a script.
        arguments: what the program is given.
    """

    folder: str
    script: str = ""
    module: str = ""
    arguments: tuple[str, ...] = ()

    def program(self) -> Callable[[], None]:
        """Return what runs the program once; call it inside its own process."""
        # Called as a function is: an `exec` between would hide from the search what the
        # program holds, and so would a code object that is held here.
        begin = FunctionType(self._code(), {})

        def run() -> None:
            main = FunctionType(begin.__code__, sys.modules[_MAIN].__dict__)
            with exit_status_counts():
                main()

        return run

    def own_process(self) -> OwnProcess:
        """Return what belongs to one process of it."""
        file = self.script or (self._found().origin or "")
        beside = str(Path(self.script).parent) if self.script else self.folder
        return OwnProcess(
            folder=self.folder, file=file, search=beside, arguments=self.arguments
        )

    def files(self) -> tuple[Path, ...]:
        """Return the files that the command names."""
        return (Path(self.script),) if self.script else ()

    def _code(self) -> CodeType:
        if self.script:
            text = Path(self.script).read_bytes()
            try:
                return compile(text, self.script, "exec", dont_inherit=True)
            except SyntaxError as error:
                raise InvalidInput(f"{self.script}: {error}") from error
        loader: Any = self._found().loader
        code: CodeType = loader.get_code(self._found().name)
        return code

    def _found(self) -> Any:
        before = list(sys.path)
        sys.path.insert(0, self.folder)
        try:
            found = importlib.util.find_spec(self.module)
            if found is not None and found.submodule_search_locations is not None:
                found = importlib.util.find_spec(f"{self.module}.{_MAIN}")
        finally:
            sys.path[:] = before
        if found is None or found.loader is None:
            raise InvalidInput(f"python -m {self.module}: there is no such module")
        return found


def python_command(name: str, command: Sequence[str], *, folder: str) -> PythonCommand:
    """Return what an actor's command starts.

    Raises InvalidInput for anything but a Python program: the calls of another one
    cannot be put into an order in this process.
    """
    program, *given = command
    is_python = Path(program).name.startswith("python") or program == PYTHON
    while given and given[0] in _PLAIN_OPTIONS:
        given.pop(0)
    if is_python and len(given) > 1 and given[0] == "-m":
        return PythonCommand(folder=folder, module=given[1], arguments=tuple(given[2:]))
    if is_python and given and not given[0].startswith("-"):
        script = Path(folder) / given[0]
        if not script.is_file():
            raise InvalidInput(f"{name}: there is no file {script}")
        return PythonCommand(
            folder=folder, script=str(script), arguments=tuple(given[1:])
        )
    raise InvalidInput(
        f"{name}: {' '.join(command)!r} cannot be explored; write {PYTHON} FILE "
        f"[ARGUMENT ...] or {PYTHON} -m MODULE [ARGUMENT ...]"
    )


class OwnProcess:
    """What a program finds that is alone in its process."""

    def __init__(
        self, *, folder: str, file: str, search: str, arguments: tuple[str, ...] = ()
    ) -> None:
        """Make it.

        Args:
            folder: the current one; modules that lie in it are the program's own.
            file: of `__main__`, "" when there is none.
            search: where modules are looked for first.
            arguments: behind the program's name.
        """
        main = ModuleType(_MAIN)
        main.__dict__["__file__"] = file
        self._inside: dict[str, Any] = {
            "argv": [file, *arguments],
            "stdin": io.StringIO(),
            "stdout": _Nowhere(),
            "stderr": _Nowhere(),
        }
        self._folder = folder
        self._own_places = (folder + os.sep, search + os.sep)
        self._modules: dict[str, ModuleType] = {_MAIN: main}
        self._session: Any = None
        self._search = search
        self._outside: dict[str, Any] = {}
        self._shadowed: dict[str, ModuleType] = {}
        self._outside_folder = ""
        self._outside_path: list[str] = []
        self._count = 0

    def enter(self) -> None:
        """Put it in place."""
        self._outside = {name: getattr(sys, name) for name in self._inside}
        for name, value in self._inside.items():
            setattr(sys, name, value)
        self._outside_path = list(sys.path)
        sys.path.insert(0, self._search)
        self._outside_folder = os.getcwd()  # noqa: PTH109 - a text, at every switch
        os.chdir(self._folder)
        modules = sys.modules
        self._shadowed = {
            name: modules[name] for name in self._modules if name in modules
        }
        modules.update(self._modules)
        self._count = len(modules)
        self._session = exchange_default_session(self._session)

    def leave(self) -> None:
        """Take it away."""
        self._session = exchange_default_session(self._session)
        modules = sys.modules
        if len(modules) != self._count:
            self._modules |= {
                name: module
                for name, module in modules.items()
                if self._is_own(name, module)
            }
        for name in self._modules:
            modules.pop(name, None)
        modules.update(self._shadowed)
        self._folder = os.getcwd()  # noqa: PTH109 - as above
        os.chdir(self._outside_folder)
        sys.path[:] = self._outside_path
        self._inside = {name: getattr(sys, name) for name in self._inside}
        for name, value in self._outside.items():
            setattr(sys, name, value)

    def _is_own(self, name: str, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None) or ""
        return (
            name not in self._shadowed
            and file.startswith(self._own_places)
            and not {"site-packages", "dist-packages"} & set(Path(file).parts)
        )


class exit_status_counts:  # noqa: N801 - reads as a clause
    """Makes a failing exit status an exception, and another one nothing."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        """Look at how the program ended."""
        if not isinstance(error, SystemExit):
            return False
        if error.code not in {None, 0}:
            raise ExitStatus(error.code) from error
        return True


class _Nowhere(io.TextIOBase):
    """A stream of which nothing is kept."""

    def write(self, text: str) -> int:
        """Take a text."""
        return len(text)
