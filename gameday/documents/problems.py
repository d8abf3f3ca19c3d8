"""What does a pydantic error mean to the person who wrote the document?

Each error becomes one sentence at one path of the document: locations lose the
steps that only name a branch of a union, and an unknown key or choice comes with
the nearest one that the model would have accepted there.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["explain"]

_Path = tuple[str | int, ...]


def explain(
    details: list[ErrorDetails], model: type[BaseModel], value: Any
) -> list[tuple[_Path, str]]:
    """Return (path in the document, sentence) for each pydantic error, once each."""
    explained: dict[tuple[_Path, str], None] = {}
    for detail in details:
        if _is_consequence(detail):
            continue
        loc = detail["loc"]
        missing = detail["type"] in {"missing", "extra_forbidden"}
        path = _document_path(loc[:-1] if missing else loc, value)
        if missing:
            path = (*path, loc[-1])
        explained.setdefault((path, _message(detail, model)), None)
    return list(explained)


def _is_consequence(detail: ErrorDetails) -> bool:
    """Answer whether a list only counts as too short because its items are wrong."""
    short = detail["type"] == "too_short" and isinstance(detail["input"], list)
    return short and len(detail["input"]) >= detail["ctx"]["min_length"]


def _document_path(loc: _Path, value: Any) -> _Path:
    """Drop the steps of a pydantic location that name a union's branch."""
    path: list[str | int] = []
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def _message(detail: ErrorDetails, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            loc = detail["loc"]
            return unknown_name("key", str(loc[-1]), _keys_at(model, loc[:-1]))
        case "missing":
            return "this key is required"
        case "too_short":
            return f"should have at least {detail['ctx']['min_length']} of them"
        case "literal_error" | "enum":
            known = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
            return unknown_name("value", str(detail["input"]), known)
        case "value_error" | "assertion_error":
            return detail["msg"].removeprefix("Value error, ")
        case _:
            return _wrong_form(detail["msg"], detail["input"])


def _wrong_form(text: str, given: Any) -> str:
    text = text.replace("Input should be", "should be")
    if isinstance(given, str | int | float | None):
        return f"{text}, not {json.dumps(given)}"
    what = "a mapping" if isinstance(given, dict) else "a list"
    return f"{text}, not {what}"


def _keys_at(kind: Any, loc: _Path) -> tuple[str, ...]:
    """Return the keys that the models reached by `loc` accept."""
    reached = [kind]
    for step in loc:
        reached = [below for each in reached for below in _below(each, step)] or reached
    return tuple(
        field.alias or name
        for each in reached
        for member in _members(each)
        if isinstance(member, type) and issubclass(member, BaseModel)
        for name, field in member.model_fields.items()
    )


def _below(kind: Any, step: str | int) -> list[Any]:
    found: list[Any] = []
    for member in _members(kind):
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            found += [
                field.annotation
                for name, field in member.model_fields.items()
                if step in {name, field.alias}
            ]
        elif origin in {dict, Mapping} and len(arguments) == 2:
            found.append(arguments[1])
        elif origin in {list, tuple, set, frozenset} and isinstance(step, int):
            index = step if len(arguments) > step and Ellipsis not in arguments else 0
            found += arguments[index : index + 1]
    return found


def _members(kind: Any) -> tuple[Any, ...]:
    """Return the branches of a union, without Annotated wrappers."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in {typing.Union, types.UnionType}:
        return tuple(
            member for each in typing.get_args(kind) for member in _members(each)
        )
    return (kind,)
