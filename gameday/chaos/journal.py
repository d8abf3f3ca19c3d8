"""How is a Chaos Toolkit journal kept as valid JSON?

Chaos Toolkit hands on whatever an activity returned. A NaN makes its journal
invalid JSON, a set or a dataclass cuts the file short, and the experiment in
the journal is the very object that the run keeps changing. `plain_journal`
takes a deep copy with JSON values only; what JSON cannot say becomes text.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["plain", "write_json"]

_DEPTH_MAX = 60
_SURROGATES = "backslashreplace"


def plain(value: Any, *, depth: int = 0) -> Any:
    """Return a deep copy of `value` made of JSON values only.

    NaN and infinities become the texts "NaN", "Infinity" and "-Infinity"; sets
    become sorted lists; bytes, dates and everything else become text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", _SURROGATES).decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else json.dumps(value)
    if depth >= _DEPTH_MAX:
        return str(value)[:200]
    return _plain_container(value, depth + 1)


def write_json(file: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    text = json.dumps(plain(value), indent=2, allow_nan=False, ensure_ascii=False)
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(file)


def _plain_container(value: Any, depth: int) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name), depth=depth) for name in names}
    if isinstance(value, Mapping):
        return {
            str(plain(key, depth=depth)): plain(item, depth=depth)
            for key, item in list(value.items())
        }
    if isinstance(value, list | tuple):
        return [plain(item, depth=depth) for item in list(value)]
    if isinstance(value, set | frozenset):
        return sorted((plain(item, depth=depth) for item in value), key=repr)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", _SURROGATES)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
