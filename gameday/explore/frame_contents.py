"""What does a function hold that waits for a call of its own to come back?

Its live local variables and the entries of its value stack that outlive the call
(`code_facts`). Python shows the variables; the value stack is read from the frame's
memory, whose layout is known for CPython 3.11 to 3.13 and is tried out at import: where
the trial fails, `READABLE` is False and nobody is to ask.

C code between two Python functions may hold something that nobody can see: `max` with a
key function keeps the best so far. Such a place is `Unseen`. The ways through C that
keep nothing are let through: a partial, a class being called, a `with`, a property.

The dangerous part is an entry that was freed already. Only entries that the bytecode
says are live are read, and the callable of a call only while C code is still in it.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import sys
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.explore.code_facts import facts_of

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from gameday.explore.code_facts import CodeFacts, Place

__all__ = ["READABLE", "FrameContents", "Unseen", "contents_of"]

_POINTER_BYTES = ctypes.sizeof(ctypes.c_void_p)
_FRAME_OBJECT_POINTERS = 3
"""Before the pointer to the frame proper: reference count, type, the frame before."""
_FRAME_POINTERS = 8
"""Of the frame proper; then its flags, then variables and value stack."""
_FLAGS_BYTES = 8
_IS_ENTRY_3_11 = _FRAME_POINTERS * _POINTER_BYTES + 4
_OWNER_3_12 = _FRAME_POINTERS * _POINTER_BYTES + 6
_OWNED_BY_C = 3

_KEEPS_NOTHING = (
    types.FunctionType,
    types.MethodType,
    type,
    functools.partial,
)
_CALLS = frozenset({"CALL", "CALL_FUNCTION_EX", "CALL_KW"})
_STEPS = frozenset({"FOR_ITER", "SEND"})
_PLAIN_WAYS = frozenset(
    {"BEFORE_WITH", "LOAD_ATTR", "LOAD_METHOD", "WITH_EXCEPT_START"}
)


class Unseen(Exception):
    """Something that the program holds cannot be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameContents:
    """What one function holds.

    Attributes:
        code: of the function.
        offset: of the instruction that it waits in.
        variables: live variables with their values, in the order of their names.
        stack: the entries of the value stack that outlive the call.
    """

    code: CodeType
    offset: int
    variables: tuple[tuple[str, Any], ...]
    stack: tuple[Any, ...]


def contents_of(frame: FrameType, callee: FrameType | None) -> FrameContents:
    """Return what a function holds.

    Args:
        frame: of the function.
        callee: of the Python function that it waits for; None for a generator that
            waits to be resumed.

    Raises Unseen where that cannot be told.
    """
    facts = facts_of(frame.f_code)
    place = facts.at(frame.f_lasti)
    if place is None:
        raise Unseen(f"{frame.f_code.co_qualname} cannot be followed")
    stack = _stack_of(frame, facts)
    if callee is not None and _came_from_c(callee):
        _ensure_nothing_kept(frame, place, stack)
    values = frame.f_locals
    names = place.live
    if not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        # A module's code: whatever is called may look at any of its variables.
        names = tuple(sorted(name for name in values if not name.startswith("__")))
    return FrameContents(
        code=frame.f_code,
        offset=place.offset,
        variables=tuple((name, values[name]) for name in names if name in values),
        stack=_entries(stack, place.outlive),
    )


def _ensure_nothing_kept(frame: FrameType, place: Place, stack: int) -> None:
    """Raise Unseen when the C code that a function is in may keep something."""
    if place.opcode in _PLAIN_WAYS:
        return
    if place.opcode in _STEPS:
        called = _entry(stack, place.outlive - 1)
        if isinstance(called, types.GeneratorType) or _is_python_class(type(called)):
            return
    elif place.opcode in _CALLS:
        called = _entry(stack, place.outlive)
        if called is None:
            called = _entry(stack, place.outlive + 1)
        if isinstance(called, _KEEPS_NOTHING) or called is next:
            return
        if _is_python_class(type(called)):
            return
    else:
        called = place.opcode
    raise Unseen(f"{frame.f_code.co_qualname} waits inside {called!r}")


def _is_python_class(kind: type) -> bool:
    """Whether calls of its instances lead to a Python function at once."""
    return isinstance(
        getattr(kind, "__call__", None),  # noqa: B004 - is it written in Python?
        types.FunctionType,
    ) or (isinstance(getattr(kind, "__next__", None), types.FunctionType))


def _memory_of(frame: FrameType) -> int:
    place = id(frame) + _FRAME_OBJECT_POINTERS * _POINTER_BYTES
    found = ctypes.c_void_p.from_address(place).value
    assert found is not None  # noqa: S101 - every frame object has its frame
    return found


def _stack_of(frame: FrameType, facts: CodeFacts) -> int:
    """Return where in memory the value stack of a frame begins."""
    variables = _memory_of(frame) + _FRAME_POINTERS * _POINTER_BYTES + _FLAGS_BYTES
    return variables + facts.slots * _POINTER_BYTES


def _came_from_c(callee: FrameType) -> bool:
    """Whether C code stands between a function and the one that called it."""
    memory = _memory_of(callee)
    if sys.version_info < (3, 12):
        return bool(ctypes.c_byte.from_address(memory + _IS_ENTRY_3_11).value)
    previous = ctypes.c_void_p.from_address(memory + _POINTER_BYTES).value
    if previous is None:
        return True
    return ctypes.c_byte.from_address(previous + _OWNER_3_12).value == _OWNED_BY_C


def _entry(stack: int, number: int) -> Any:
    """Return an entry of a value stack, None for an empty one."""
    place = stack + number * _POINTER_BYTES
    if ctypes.c_void_p.from_address(place).value is None:
        return None
    return ctypes.py_object.from_address(place).value


def _entries(stack: int, count: int) -> tuple[Any, ...]:
    return tuple(_entry(stack, number) for number in range(count))


def _try_out() -> bool:
    """Whether frames of this interpreter look as they are taken to look."""
    if sys.implementation.name != "cpython" or not (
        (3, 11) <= sys.version_info[:2] <= (3, 13)
    ):
        return False
    seen: list[tuple[tuple[Any, ...], bool]] = []
    held = object()

    def look() -> None:
        me = sys._getframe()  # noqa: SLF001 - what is tried out
        caller = me.f_back
        assert caller is not None  # noqa: S101 - somebody called
        facts = facts_of(caller.f_code)
        place = facts.at(caller.f_lasti)
        if place is not None:
            stack = _entries(_stack_of(caller, facts), place.outlive)
            seen.append((stack, _came_from_c(me)))

    def inside(key: Any) -> None:
        look()
        for _ in key:
            functools.partial(look)()

    items = iter((held,))
    inside(items)
    if len(seen) != 2:
        return False
    (plain, from_python), (looping, from_c) = seen
    return (
        plain == ()
        and not from_python
        and from_c
        and len(looping) == 1
        and looping[0] is items
    )


READABLE = _try_out()
"""Whether frames can be looked into here."""
