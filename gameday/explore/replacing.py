"""How is a function of the standard library replaced for every program that has it?

A program may hold one by its module (`time.sleep`) or by a name of its own
(`from time import sleep`), so each module-level name that stands for a replaced
function is replaced with it. `datetime.now()` is a method of a type written in C: the
entry in the type's own dictionary is replaced. One that a program has put elsewhere, as
the default of a parameter for instance, stays as it is; `kept_calls` looks for those.

Everything is put back at the end. A module that is imported meanwhile keeps the
replacement, which is therefore to do what the original does wherever nothing else was
asked of it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Replacement = tuple[Any, str, Callable[[Any], Any]]

__all__ = ["replaced_everywhere", "replaced_in_type"]


@contextmanager
def replaced_everywhere(
    replacements: Sequence[Replacement],
) -> Iterator[dict[int, Any]]:
    """Replace functions where they are at home and under every module-level name.

    Args:
        replacements: (module or class, name, makes the new one of the original).

    Yields the originals by their ids.
    """
    originals = {}
    new = {}
    changed: list[tuple[Any, str, Any, Any]] = []
    for owner, name, make in replacements:
        original = getattr(owner, name)
        originals[id(original)] = original
        new[id(original)] = make(original)
        if isinstance(owner, type):
            setattr(owner, name, new[id(original)])
            changed.append((owner, name, original, new[id(original)]))
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if type(names) is not dict:
            continue
        for name, value in list(names.items()):
            if id(value) in originals:
                names[name] = new[id(value)]
                changed.append((module, name, value, new[id(value)]))
    try:
        yield originals
    finally:
        for owner, name, original, replacement in reversed(changed):
            if getattr(owner, name, None) is replacement:
                setattr(owner, name, original)


@contextmanager
def replaced_in_type(
    kind: type, replacements: dict[str, Callable[[Any], Any]]
) -> Iterator[None]:
    """Replace methods of a type that is written in C.

    Args:
        kind: the type.
        replacements: name -> makes the new entry of the type's dictionary of the
            original one.
    """
    (names,) = (each for each in gc.get_referents(kind.__dict__) if type(each) is dict)
    originals = {name: names[name] for name in replacements}
    try:
        for name, make in replacements.items():
            names[name] = make(originals[name])
        _tell_changed(kind)
        yield
    finally:
        names.update(originals)
        _tell_changed(kind)


def _tell_changed(kind: type) -> None:
    """Let the interpreter forget what it has looked up in a type."""
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
