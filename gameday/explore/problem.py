"""What is there to explore: which programs, on what, and what must hold?

A problem is given in Python, as a function without arguments named by
`module:function`, or made from a region file (`region_problem`). It is all that
`explore` and `replay` need, and a saved interleaving says how to come by it again.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.explore.interleaving import Faults
from gameday.explore.judge import ALWAYS_JUDGED
from gameday.explore.properties import as_properties
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from gameday.explore.actor import Actor
    from gameday.explore.properties import HistoryProperty, Moment, Property

    Given = Property | Callable[[Moment], str | bool | None]

__all__ = ["Problem", "named", "problem_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Programs, what exists before they begin, and what must hold.

    Attributes:
        setup: makes what exists before the actors begin, by ordinary boto3 calls.
        actors: the programs.
        always: what must hold at every moment.
        sometimes: what has to be seen for a green answer to mean anything.
        eventually: what must hold wherever nobody goes on.
        histories: what must hold of what each actor called.
        faults: what may go wrong.
    """

    setup: Callable[[], Any]
    actors: tuple[Actor, ...]
    always: tuple[Given, ...] = ()
    sometimes: tuple[Given, ...] = ()
    eventually: tuple[Given, ...] = ()
    histories: tuple[HistoryProperty, ...] = ()
    faults: Faults = field(default_factory=Faults)

    @property
    def must_hold(self) -> tuple[str, ...]:
        """Return the names of what an interleaving can break.

        Where nothing is named, what is judged in any case.
        """
        return (
            *(each.name for each in as_properties(self.always)),
            *(each.name for each in self.histories),
            *(each.name for each in as_properties(self.eventually)),
        ) or ALWAYS_JUDGED


def problem_of(reference: str, *, near: Path = Path()) -> Problem:
    """Return the problem that a function makes.

    Args:
        reference: `module:function`, where the module is looked for as Python does,
            in the current folder too; or `file.py:function`.
        near: the folder that a relative file counts from.

    Raises InvalidInput for a name that is not there and for what is not a problem.
    """
    function = named(reference, near=near)
    if not callable(function) or signature(function).parameters:
        raise InvalidInput(f"{reference} is not a function without arguments")
    problem = function()
    if not isinstance(problem, Problem):
        raise InvalidInput(
            f"{reference} returned {type(problem).__name__}; it must return a "
            "gameday.explore.Problem"
        )
    return problem


def named(reference: str, *, near: Path = Path()) -> Any:
    """Return what a module has under a name; see `problem_of`."""
    where, _, name = reference.rpartition(":")
    if not where or not name.isidentifier():
        raise InvalidInput(
            f"{reference!r} is no target; write module:function or file.py:function"
        )
    module = _of_file(near / where) if where.endswith(".py") else _of_name(where)
    found = getattr(module, name, None)
    if found is None:
        names = (each for each in vars(module) if not each.startswith("_"))
        raise InvalidInput(f"{where}: {unknown_name('function', name, names)}")
    return found


def _of_name(name: str) -> ModuleType:
    with _importing(Path.cwd()):
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise InvalidInput(f"cannot import {name}: {error}") from error


def _of_file(file: Path) -> ModuleType:
    """Import a file by its path; its neighbours can be imported by it."""
    if not file.is_file():
        raise InvalidInput(f"there is no file {file}")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None  # noqa: S101 - it ends with .py
    assert spec.loader is not None  # noqa: S101 - it ends with .py
    module = importlib.util.module_from_spec(spec)
    with _importing(file.parent.resolve()):
        try:
            spec.loader.exec_module(module)
        except ImportError as error:
            raise InvalidInput(f"cannot import {file}: {error}") from error
    return module


@contextmanager
def _importing(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
