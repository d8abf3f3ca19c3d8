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
import threading
import types
import warnings
from enum import Enum
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from gameday.aws.sessions import SESSION_TYPES
from gameday.explore.frame_contents import FrameContents, Unseen, contents_of
from gameday.explore.settled_values import Settled
from gameday.explore.value_kinds import (
    ATOMS,
    BUILTIN_BASES,
    KINDS_MAX,
    code_name,
    count_of,
    fields_when_frozen,
    is_made_in_python,
    kind_of,
    name_of,
    object_head,
    plainly,
    slots_of,
    state_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Writer"]

VALUES_MAX = 50_000
"""Values that one program may hold; one that holds more is not looked through."""
_DEPTH_MAX = 200

_LOCK_TYPES = (type(threading.Lock()), type(threading.RLock()))


class Writer:
    """Writes values down; a local builder of one digest."""

    def __init__(
        self, place_of: Callable[[Any], int | None], settled: Settled | None = None
    ) -> None:
        """Begin.

        Args:
            place_of: the place of a client among those that the program made, None
                for anything else.
            settled: what is known from writing before.
        """
        self._place_of = place_of
        self._settled = settled or Settled()
        self._parts: list[bytes] = []
        self._known: dict[int, int] = {}
        # What is made on the way must not be freed: its place would be used again.
        self._alive: list[Any] = []
        self._depth = 0
        self.counts: list[int] = []

    def digest(self) -> bytes:
        """Return what stands for everything that was written."""
        return hashlib.blake2b(b"".join(self._parts), digest_size=16).digest()

    def text(self, tag: bytes, data: bytes = b"") -> None:
        """Write a tag and bytes."""
        self._parts.append(b"%b%d:%b" % (tag, len(data), data))

    def frame(self, contents: FrameContents) -> None:
        """Write what a function holds."""
        self.text(b"frame", code_name(contents.code))
        self._parts.append(b"%d@" % contents.offset)
        for name, value in contents.variables:
            self.text(b"name", name.encode())
            self._counted(value)
        self._parts.append(b"[%d:" % len(contents.stack))
        for value in contents.stack:
            self._counted(value)

    def _counted(self, value: Any) -> None:
        count = count_of(value)
        if count is None:
            self.value(value)
            return
        self._parts.append(b"count;")
        self.counts.append(count)

    def values(self, values: Sequence[Any]) -> None:
        """Write several values in order."""
        self._parts.append(b"[%d:" % len(values))
        self._each(values)

    def pairs(self, pairs: Mapping[Any, Any]) -> None:
        """Write a mapping in its order: keys, then values."""
        self._parts.append(b"{%d:" % len(pairs))
        self._each(pairs)
        self._each(pairs.values())

    def _each(self, values: Iterable[Any]) -> None:
        parts = self._parts
        for each in values:
            atom = ATOMS.get(type(each))
            if atom is None:
                self.value(each)
            else:
                parts.append(atom(each))

    def value(self, value: Any) -> None:
        """Write one value; raises Unseen for what cannot be looked into."""
        kind: Any = type(value)
        atom = ATOMS.get(kind)
        if atom is not None:
            self._parts.append(atom(value))
            return
        if kind is tuple:
            # Not known by its place: which of two equal tuples it is shows nowhere.
            self.values(value)
            return
        if fields_when_frozen(kind):
            written = self._settled.get(value)
            if written is not None:
                self._parts.append(written)
                return
        known = self._known.get(id(value))
        if known is not None:
            self._parts.append(b"=%d;" % known)
            return
        if len(self._known) > VALUES_MAX or self._depth > _DEPTH_MAX:
            raise Unseen("it holds too many values")
        self._known[id(value)] = len(self._known)
        self._alive.append(value)
        self._depth += 1
        try:
            self._object(kind, value)
        finally:
            self._depth -= 1

    def _object(self, kind: Any, value: Any) -> None:
        if kind is dict:
            self.pairs(value)
            return
        if kind is list:
            self.values(value)
            return
        place = self._place_of(value)
        if place is not None:
            self._parts.append(b"client%d;" % place)
            return
        write = _way_of(kind)
        if write is not None:
            write(self, value)
            return
        self._parts.append(object_head(kind))
        if not is_made_in_python(kind):
            if kind in BUILTIN_BASES:
                self._builtin_part(value)
            else:
                self._reduced(value)
            return
        if isinstance(value, BUILTIN_BASES):
            self._builtin_part(value)
        self._attributes(kind, value)

    def _by_name(self, value: Any) -> None:
        self._parts.append(name_of(value))

    def _enum(self, value: Enum) -> None:
        self._parts.append(name_of(type(value), value.name))

    def _builtin(self, value: types.BuiltinFunctionType) -> None:
        self.text(b"builtin", f"{value.__module__}.{value.__qualname__}".encode())
        owner = value.__self__
        if not isinstance(owner, types.ModuleType | type(None)):
            self.value(owner)

    def _builtin_part(self, value: Any) -> None:
        if isinstance(value, dict):
            self.pairs(value)
        elif isinstance(value, str | bytes | int | float):
            self.text(b"atom", plainly(value))
        else:
            self.values(list(value))

    def _attributes(self, kind: Any, value: Any) -> None:
        attributes = getattr(value, "__dict__", None)
        if attributes:
            self.pairs(attributes)
        for name in slots_of(kind):
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
            self.text(b"global", reduced.encode())
            return
        self._alive.append(reduced)
        for part in reduced[:3]:
            self.value(part)
        # Items and pairs come as iterators.
        for part in reduced[3:5]:
            self.value(None if part is None else list(part))

    def _function(self, value: types.FunctionType) -> None:
        self.text(b"function", code_name(value.__code__))
        held = (value.__closure__, value.__defaults__, value.__kwdefaults__)
        if held == (None, None, None):
            self._parts.append(b"alone;")
            return
        cells = value.__closure__ or ()
        self.values([_cell(each) for each in cells])
        self.value(value.__defaults__)
        self.value(value.__kwdefaults__)

    def _method(self, value: types.MethodType) -> None:
        self._parts.append(b"method;")
        self.value(value.__func__)
        self.value(value.__self__)

    def _exception(self, value: BaseException) -> None:
        self._parts.append(object_head(kind_of(value)))
        self.value(value.args)
        self.pairs(value.__dict__)
        self.value(value.__cause__)
        self.value(value.__context__)

    def _generator(self, value: types.GeneratorType[Any, Any, Any]) -> None:
        self.text(b"generator", code_name(value.gi_code))
        if value.gi_running:
            # Its frame is among those of the program.
            self._parts.append(b"running;")
        elif value.gi_frame is not None:
            self.frame(contents_of(value.gi_frame, None))

    def _random(self, value: Random) -> None:
        self.text(b"random", state_digest(value.getstate()))

    def _lock(self, value: Any) -> None:
        held = value.locked() if hasattr(value, "locked") else value._is_owned()  # noqa: SLF001 - the only way to ask before 3.14
        self.text(b"lock", b"held" if held else b"free")

    def _logger(self, value: logging.Logger) -> None:
        self.text(b"logger", value.name.encode())

    def _session(self, value: Any) -> None:  # noqa: ARG002 - see the module
        self._parts.append(b"session;")

    def _thread_local(self, value: threading.local) -> None:
        self._parts.append(b"thread-local;")
        self.value(value.__dict__)

    def _proxy(self, value: types.MappingProxyType[Any, Any]) -> None:
        self._parts.append(b"proxy;")
        self.pairs(value)

    def _unseen(self, value: Any) -> None:
        raise Unseen(f"a {type(value).__name__}")


_KNOWN_KINDS: tuple[tuple[Any, Callable[[Writer, Any], None]], ...] = (
    (type, Writer._by_name),  # noqa: SLF001 - its own table
    (types.ModuleType, Writer._by_name),  # noqa: SLF001
    (types.BuiltinFunctionType, Writer._builtin),  # noqa: SLF001
    (Enum, Writer._enum),  # noqa: SLF001
    (types.FunctionType, Writer._function),  # noqa: SLF001
    (types.MethodType, Writer._method),  # noqa: SLF001
    (BaseException, Writer._exception),  # noqa: SLF001
    (types.GeneratorType, Writer._generator),  # noqa: SLF001
    (Random, Writer._random),  # noqa: SLF001
    (_LOCK_TYPES, Writer._lock),  # noqa: SLF001
    (logging.Logger, Writer._logger),  # noqa: SLF001
    (SESSION_TYPES, Writer._session),  # noqa: SLF001
    (threading.local, Writer._thread_local),  # noqa: SLF001
    (types.MappingProxyType, Writer._proxy),  # noqa: SLF001
    ((types.FrameType, types.TracebackType, threading.Thread), Writer._unseen),  # noqa: SLF001
)


def _cell(cell: Any) -> Any:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


@lru_cache(maxsize=KINDS_MAX)
def _way_of(kind: type) -> Callable[[Writer, Any], None] | None:
    """Return how values of a kind are written that are not plain objects."""
    for known, write in _KNOWN_KINDS:
        if issubclass(kind, known):
            return write
    return None
