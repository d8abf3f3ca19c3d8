"""Is a document what its model says it must be?

Strict: unknown keys, wrong types and unknown choices are all errors, reported
together, each with its line and the nearest valid name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gameday.documents.problems import explain
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.documents.parsing import Document

__all__ = ["STRICT", "validate"]

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
"""The configuration of every model of a document that people write."""

_Model = TypeVar("_Model", bound=BaseModel)


def validate(
    document: Document, model: type[_Model], *, at: Sequence[str | int] = ()
) -> _Model:
    """Return the part of `document` at the path `at` as a value of `model`.

    Raises InvalidInput with every problem that pydantic finds; an unknown key or
    choice comes with the nearest valid one.
    """
    root = tuple(at)
    value = document.value
    for step in root:
        value = value[step]
    try:
        # JSON mode is as strict as Python mode, and still reads a list as a tuple
        # and text as an enum, which is what a document can say.
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        details = error.errors(include_url=False)
    reasons = [
        document.reason((*root, *path), message)
        for path, message in explain(details, model, value)
    ]
    raise InvalidInput(*sorted(reasons, key=lambda reason: reason.line or 0))
