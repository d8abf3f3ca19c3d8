"""Which variables of the programs outlive a run, and were changed by one?

Every run of an actor is to begin alike. Variables of its module, of the classes there,
those that its function closes over and those of the environment are still there in the
next run; when runs differ, one that has changed meanwhile is the likely cause.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gameday.explore.actor import HiddenNondeterminism
from gameday.explore.frame_contents import Unseen
from gameday.explore.held_values import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.explore.actor import Actor

__all__ = ["SharedVariables", "causes_named"]

NAMED_MAX = 3
"""Variables that are told of."""


@contextmanager
def causes_named(actors: Sequence[Actor]) -> Iterator[None]:
    """Say which variables have changed, should an actor not be deterministic."""
    variables = SharedVariables(actors)
    try:
        yield
    except HiddenNondeterminism as error:
        raise HiddenNondeterminism(
            actor=error.actor,
            step=error.step,
            expected=error.expected,
            found=error.found,
            changed=variables.changed(),
        ) from error


class SharedVariables:
    """The variables of some programs as they were."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._actors = tuple(actors)
        self._before = self._written()

    def changed(self) -> tuple[str, ...]:
        """Return the names of those that are not what they were."""
        after = self._written()
        return tuple(
            sorted(
                name
                for name in {*self._before, *after}
                if self._before.get(name) != after.get(name)
            )[:NAMED_MAX]
        )

    def _written(self) -> dict[str, bytes]:
        written = {
            f"os.environ[{name!r}]": value.encode(errors="surrogateescape")
            for name, value in os.environ.items()
        }
        for actor in self._actors:
            for name, value in _variables(actor.program):
                writer = Writer(lambda _: None)
                try:
                    writer.value(value)
                except Unseen:
                    continue
                written[name] = writer.digest()
        return written


def _variables(program: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and values of what a program's runs have in common."""
    if isinstance(program, functools.partial):
        yield from _variables(program.func)
        return
    function = inspect.unwrap(program)
    if isinstance(function, types.MethodType):
        yield from _named(f"self of {function.__qualname__}", function.__self__)
        function = function.__func__
    if not isinstance(function, types.FunctionType):
        return
    for name, value in inspect.getclosurevars(function).nonlocals.items():
        yield f"{name} of {function.__qualname__}", value
    module = sys.modules.get(function.__module__)
    if module is None:
        return
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from _named(f"{module.__name__}.{name}", value)
        elif not name.startswith("__") and not callable(value):
            yield f"{module.__name__}.{name}", value


def _named(prefix: str, owner: Any) -> Iterator[tuple[str, Any]]:
    for name, value in list(getattr(owner, "__dict__", {}).items()):
        if not name.startswith("__") and not callable(value):
            yield f"{prefix}.{name}", value
