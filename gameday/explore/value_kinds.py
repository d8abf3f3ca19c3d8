"""What kind of value is this, for somebody who writes down what it holds?

Everything here is a function of a class or of one plain value, and is found out once.
"""

from __future__ import annotations

import dataclasses
import hashlib
import operator
import pickle
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Callable

__all__ = [
    "ATOMS",
    "BUILTIN_BASES",
    "KINDS_MAX",
    "code_name",
    "count_of",
    "fields_when_frozen",
    "is_made_in_python",
    "kind_of",
    "name_of",
    "object_head",
    "plainly",
    "slots_of",
    "state_digest",
]

KINDS_MAX = 10_000
STRINGS_MAX = 50_000
STATES_MAX = 256
"""States of a `Random` that are known; a program that draws nothing has one."""

BUILTIN_BASES = (dict, list, tuple, set, frozenset, str, bytes, int, float)
_RANGE_ITERATOR = type(iter(range(0)))
_NAMES: dict[types.CodeType, bytes] = {}


def code_name(code: types.CodeType) -> bytes:
    """Return what stands for a piece of code, the same in every process."""
    found = _NAMES.get(code)
    if found is None:
        where = f"{code.co_qualname} {code.co_filename}:{code.co_firstlineno} "
        found = where.encode() + hashlib.sha256(code.co_code).digest()
        _NAMES[code] = found
    return found


@lru_cache(maxsize=STRINGS_MAX)
def _string(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: lambda value: b"i%d;" % value,
    float: lambda value: b"f%b;" % repr(value).encode(),
    complex: lambda value: b"c%b;" % repr(value).encode(),
    str: _string,
    bytes: lambda value: b"b%d:%b" % (len(value), value),
    type(Ellipsis): lambda _: b"E",
    type(NotImplemented): lambda _: b"M",
}


def kind_of(value: Any) -> Any:
    """Return the class of a value, as something to look up by."""
    return type(value)


def plainly(value: str | bytes | float) -> bytes:
    """Return a value of a subclass as its base writes it."""
    for base in (str, bytes, int, float):
        if isinstance(value, base):
            return base.__repr__(value).encode("utf-8", "surrogatepass")
    return b""


def count_of(value: Any) -> int | None:
    """Return how far something has counted that may count rounds."""
    if type(value) is int:
        return value
    if type(value) is _RANGE_ITERATOR:
        return -operator.length_hint(value)
    return None


@lru_cache(maxsize=KINDS_MAX)
def fields_when_frozen(kind: type) -> tuple[str, ...]:
    """Return the fields of a frozen dataclass, nothing for any other class."""
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        return ()
    return tuple(each.name for each in dataclasses.fields(kind))


@lru_cache(maxsize=KINDS_MAX)
def slots_of(kind: type) -> tuple[str, ...]:
    """Return the attributes that an instance keeps in slots."""
    found: list[str] = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        named = (slots,) if isinstance(slots, str) else slots
        own = [each for each in named if each not in {"__dict__", "__weakref__"}]
        found.extend(_mangled(base, each) for each in own)
    return tuple(found)


@lru_cache(maxsize=STATES_MAX)
def state_digest(state: Any) -> bytes:
    """Return what stands for the state of a `Random`."""
    return hashlib.sha256(pickle.dumps(state)).digest()


@lru_cache(maxsize=KINDS_MAX)
def object_head(kind: type) -> bytes:
    """Return what an instance begins with when it is written down."""
    return b"o" + name_of(kind)


def name_of(named: Any, member: str = "") -> bytes:
    """Return what stands for a class, a module or one member of an enumeration."""
    module = getattr(named, "__module__", "")
    name = getattr(named, "__qualname__", None) or named.__name__
    return f"n{module}.{name}.{member};".encode()


@lru_cache(maxsize=KINDS_MAX)
def is_made_in_python(kind: type) -> bool:
    """Whether all that its instances hold stands in attributes and builtin parts."""
    return kind not in BUILTIN_BASES and all(
        base is object or base in BUILTIN_BASES or _is_class_statement(base)
        for base in kind.__mro__
    )


def _is_class_statement(base: type) -> bool:
    """Whether a class comes from Python code: C makes its own unchangeable."""
    heap, immutable = 1 << 9, 1 << 8
    return bool(base.__flags__ & heap) and not base.__flags__ & immutable


def _mangled(owner: type, name: str) -> str:
    if name.startswith("__") and not name.endswith("__"):
        return f"_{owner.__name__.lstrip('_')}{name}"
    return name
