"""Which values are alike, to a program that goes on with them?

A value is written down as bytes: its type, its parts, and which of its parts are one
object. Two values with equal bytes cannot be told apart by any program that does not
ask where they are in memory. What cannot be looked into (an open file, a socket, an
extension's object that cannot be pickled) is `Unseen`, and then nothing is alike.

Known by name alone: classes, modules, loggers, and functions with what they close over;
clients are known by the order in which the program made them, and boto3 sessions are
all taken for the same. A module-level variable is not looked at; see `continuation`.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import threading
import types
import warnings
from enum import Enum
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

import boto3.session
import botocore.session

from gameday.explore.frame_contents import FrameContents, Unseen, contents_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Writer", "code_name", "state_digest"]

VALUES_MAX = 50_000
"""Values that one program may hold; one that holds more is not looked through."""
_DEPTH_MAX = 200
_KINDS_MAX = 10_000

_LOCK_TYPES = (type(threading.Lock()), type(threading.RLock()))
_BUILTIN_BASES = (dict, list, tuple, set, frozenset, str, bytes, int, float)
_NAMES: dict[types.CodeType, bytes] = {}


def state_digest(state: Any) -> bytes:
    """Return what stands for the state of a `Random`."""
    return hashlib.sha256(pickle.dumps(state)).digest()


def code_name(code: types.CodeType) -> bytes:
    """Return what stands for a piece of code, the same in every process."""
    found = _NAMES.get(code)
    if found is None:
        where = f"{code.co_qualname} {code.co_filename}:{code.co_firstlineno} "
        found = where.encode() + hashlib.sha256(code.co_code).digest()
        _NAMES[code] = found
    return found


class Writer:
    """Writes values down; a local builder of one digest."""

    def __init__(self, place_of: Callable[[Any], int | None]) -> None:
        """Begin.

        Args:
            place_of: the place of a client among those that the program made, None
                for anything else.
        """
        self._place_of = place_of
        self._parts: list[bytes] = []
        self._known: dict[int, int] = {}
        # What is made on the way must not be freed: its place would be used again.
        self._alive: list[Any] = []
        self._count = 0
        self._depth = 0

    def digest(self) -> bytes:
        """Return what stands for everything that was written."""
        return hashlib.blake2b(b"".join(self._parts), digest_size=16).digest()

    def text(self, tag: str, data: bytes) -> None:
        """Write a tag and bytes."""
        self._parts.append(b"%s%d:" % (tag.encode(), len(data)))
        self._parts.append(data)

    def frame(self, contents: FrameContents) -> None:
        """Write what a function holds."""
        self.text("frame", code_name(contents.code))
        self.text("at", contents.offset.to_bytes(4, "big"))
        for name, value in contents.variables:
            self.text("name", name.encode())
            self.value(value)
        self.values(contents.stack)

    def values(self, values: Any) -> None:
        """Write several values in order."""
        self.text("count", len(values).to_bytes(4, "big"))
        for each in values:
            self.value(each)

    def value(self, value: Any) -> None:
        """Write one value; raises Unseen for what cannot be looked into."""
        kind = type(value)
        atom = _ATOMS.get(kind)
        if atom is not None:
            self.text(kind.__name__, atom(value))
            return
        self._count += 1
        if self._count > VALUES_MAX or self._depth > _DEPTH_MAX:
            raise Unseen("it holds too many values")
        self._depth += 1
        try:
            self._compound(kind, value)
        finally:
            self._depth -= 1

    def _compound(self, kind: type, value: Any) -> None:
        if kind is tuple:
            # Not known by its place: which of two equal tuples it is shows nowhere.
            self.text("tuple", b"")
            self.values(value)
            return
        if isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
            self._named(value)
            return
        if isinstance(value, Enum):
            self.text("enum", f"{_name_of(kind)}.{value.name}".encode())
            return
        place = self._place_of(value)
        if place is not None:
            self.text("client", place.to_bytes(4, "big"))
            return
        known = self._known.get(id(value))
        if known is not None:
            self.text("again", known.to_bytes(4, "big"))
            return
        self._known[id(value)] = len(self._known)
        self._alive.append(value)
        self._object(kind, value)

    def _named(self, value: Any) -> None:
        if isinstance(value, types.BuiltinFunctionType):
            self.text("builtin", f"{value.__module__}.{value.__qualname__}".encode())
            owner = value.__self__
            if not isinstance(owner, types.ModuleType | type(None)):
                self.value(owner)
            return
        self.text("named", _name_of(value).encode())

    def _object(self, kind: type, value: Any) -> None:
        for known, write in _KNOWN_KINDS:
            if isinstance(value, known):
                write(self, value)
                return
        self.text("object", _name_of(kind).encode())
        if not _is_made_in_python(kind):
            if kind in _BUILTIN_BASES:
                self._builtin_part(value)
            else:
                self._reduced(value)
            return
        if isinstance(value, _BUILTIN_BASES):
            self._builtin_part(value)
        self._attributes(kind, value)

    def _builtin_part(self, value: Any) -> None:
        if isinstance(value, dict):
            self.text("dict", b"")
            self.values([part for pair in value.items() for part in pair])
        elif isinstance(value, str | bytes | int | float):
            self.text("atom", repr(value).encode())
        else:
            self.text("items", b"")
            self.values(list(value))

    def _attributes(self, kind: type, value: Any) -> None:
        attributes = getattr(value, "__dict__", {})
        self.values([part for pair in attributes.items() for part in pair])
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if slot in {"__dict__", "__weakref__"}:
                    continue
                name = _mangled(base, slot)
                self.text("slot", name.encode())
                self.value(getattr(value, name, None))

    def _reduced(self, value: Any) -> None:
        try:
            with warnings.catch_warnings():
                # Some iterators say that they will not be copied for ever.
                warnings.simplefilter("ignore")
                reduced = value.__reduce_ex__(4)
        except Exception as error:
            raise Unseen(f"{type(value).__name__}: {error}") from error
        if isinstance(reduced, str):
            self.text("global", reduced.encode())
            return
        self._alive.append(reduced)
        for part in reduced:
            if part is None or isinstance(part, list | tuple | dict):
                self.value(part)
            elif hasattr(part, "__next__") and part is not value:
                self.values(list(part))
            else:
                self.value(part)

    def _function(self, value: types.FunctionType) -> None:
        self.text("function", code_name(value.__code__))
        cells = value.__closure__ or ()
        self.values([_cell(each) for each in cells])
        self.value(value.__defaults__)
        self.value(value.__kwdefaults__)

    def _method(self, value: types.MethodType) -> None:
        self.text("method", b"")
        self.value(value.__func__)
        self.value(value.__self__)

    def _exception(self, value: BaseException) -> None:
        self.text("exception", _name_of(type(value)).encode())
        self.value(value.args)
        self.values([part for pair in value.__dict__.items() for part in pair])
        self.value(value.__cause__)
        self.value(value.__context__)

    def _generator(self, value: types.GeneratorType[Any, Any, Any]) -> None:
        self.text("generator", code_name(value.gi_code))
        if value.gi_running:
            # Its frame is among those of the program.
            self.text("running", b"")
        elif value.gi_frame is not None:
            self.frame(contents_of(value.gi_frame, None))

    def _random(self, value: Random) -> None:
        self.text("random", state_digest(value.getstate()))

    def _lock(self, value: Any) -> None:
        held = value.locked() if hasattr(value, "locked") else value._is_owned()  # noqa: SLF001 - the only way to ask before 3.14
        self.text("lock", b"held" if held else b"free")

    def _logger(self, value: logging.Logger) -> None:
        self.text("logger", value.name.encode())

    def _session(self, value: Any) -> None:  # noqa: ARG002 - see the module
        self.text("session", b"")

    def _thread_local(self, value: threading.local) -> None:
        self.text("thread-local", b"")
        self.value(value.__dict__)

    def _proxy(self, value: types.MappingProxyType[Any, Any]) -> None:
        self.text("proxy", b"")
        self.value(dict(value))

    def _unseen(self, value: Any) -> None:
        raise Unseen(f"a {type(value).__name__}")


_ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"",
    bool: lambda value: b"1" if value else b"0",
    int: lambda value: str(value).encode(),
    float: lambda value: repr(value).encode(),
    complex: lambda value: repr(value).encode(),
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: lambda value: value,
    type(Ellipsis): lambda _: b"",
    type(NotImplemented): lambda _: b"",
}

_KNOWN_KINDS: tuple[tuple[Any, Callable[[Writer, Any], None]], ...] = (
    (types.FunctionType, Writer._function),  # noqa: SLF001 - its own table
    (types.MethodType, Writer._method),  # noqa: SLF001
    (BaseException, Writer._exception),  # noqa: SLF001
    (types.GeneratorType, Writer._generator),  # noqa: SLF001
    (Random, Writer._random),  # noqa: SLF001
    (_LOCK_TYPES, Writer._lock),  # noqa: SLF001
    (logging.Logger, Writer._logger),  # noqa: SLF001
    ((boto3.session.Session, botocore.session.Session), Writer._session),  # noqa: SLF001
    (threading.local, Writer._thread_local),  # noqa: SLF001
    (types.MappingProxyType, Writer._proxy),  # noqa: SLF001
    ((types.FrameType, types.TracebackType, threading.Thread), Writer._unseen),  # noqa: SLF001
)


def _cell(cell: Any) -> Any:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def _name_of(named: Any) -> str:
    module = getattr(named, "__module__", "")
    return f"{module}.{getattr(named, '__qualname__', None) or named.__name__}"


@lru_cache(maxsize=_KINDS_MAX)
def _is_made_in_python(kind: type) -> bool:
    """Whether all that its instances hold stands in attributes and builtin parts."""
    return kind not in _BUILTIN_BASES and all(
        base is object or base in _BUILTIN_BASES or _is_class_statement(base)
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
