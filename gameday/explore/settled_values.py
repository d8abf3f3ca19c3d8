"""How is a value that cannot change any more written down only once?

A frozen dataclass whose fields are plain values, or such dataclasses again, is the same
for ever: what stands for it is kept beside it. Nothing tells apart which of two equal
ones a program holds.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from gameday.explore.value_kinds import (
    ATOMS,
    fields_when_frozen,
    kind_of,
    name_of,
    object_head,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Settled"]

VALUES_MAX = 50_000


class Settled:
    """Values that cannot change any more, as they were written down once.

    They are kept, so that no other value comes to stand at their place in memory.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, bytes]] = {}

    def get(self, value: Any) -> bytes | None:
        """Return what stands for a value, None for one that may change."""
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        written = self._written(value)
        if written is not None and len(self._known) < VALUES_MAX:
            self._known[id(value)] = (value, written)
        return written

    def _written(self, value: Any) -> bytes | None:
        kind: Any = type(value)
        fields = (getattr(value, name) for name in fields_when_frozen(kind))
        parts = self._parts(fields)
        return None if parts is None else object_head(kind) + b"".join(parts) + b"."

    def _parts(self, values: Iterable[Any]) -> list[bytes] | None:
        """Return what stands for each value, None if one of them may change."""
        parts = []
        for each in values:
            atom = ATOMS.get(type(each))
            part = atom(each) if atom is not None else self._compound(each)
            if part is None:
                return None
            parts.append(part)
        return parts

    def _compound(self, value: Any) -> bytes | None:
        if type(value) is tuple:
            parts = self._parts(value)
            return None if parts is None else b"(%d:" % len(parts) + b"".join(parts)
        if isinstance(value, Enum):
            return name_of(type(value), value.name)
        return self.get(value) if fields_when_frozen(kind_of(value)) else None
