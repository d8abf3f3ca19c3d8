"""Is this document what LocalStack's Chaos API takes, and what is wrong with it?

The schemas are LocalStack's own, from its OpenAPI document (`FaultRule` and
`NetworkEffectsConfig` in
https://github.com/localstack/openapi/blob/main/openapi/emulators/localstack-spec-latest.yml),
and so is the program that judges by them, jsonschema, hence the wording.

What differs
    * The keys of our own rules are valid in a fault rule as well; their values
      are for `rule_document` to judge.
    * LocalStack's pattern refuses digits in operations. One that AWS has, such as
      ListObjectsV2, is taken.
    * A list has at most `RULES_MAX` rules, a latency at most `LATENCY_MS_MAX`
      milliseconds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from gameday.edge.rule_book import RULES_MAX
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jsonschema.exceptions import ValidationError

__all__ = [
    "MATCH_EXTRAS",
    "RULE_EXTRAS",
    "ChaosRefusal",
    "decode",
    "ensure_effects",
    "ensure_faults",
    "invalid",
]

LATENCY_MS_MAX = 600_000
PROBLEM_CHARACTERS_MAX = 500
PROBLEMS_MAX = 100

MATCH_EXTRAS = ("actor", "resource", "via", "parameters")
"""Keys of ours that narrow down which calls a fault rule is about."""

RULE_EXTRAS = ("nth", "count", "seed", "after_ms", "until_ms")
"""Keys of ours that say when a fault rule strikes."""

_ERROR: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "statusCode": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "pattern": "^[a-zA-Z0-9]+$"},
        "message": {"type": "string"},
    },
}
_FAULT_RULE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "region": {"type": "string", "pattern": "^[a-zA-Z0-9-]+$"},
        "service": {"type": "string", "pattern": "^[a-zA-Z0-9-_]+$"},
        "operation": {"type": "string", "pattern": "^[a-zA-Z]+$"},
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
        "description": {"type": "string", "maxLength": 8192},
        "error": _ERROR,
        "fault": {},
        **{name: {} for name in (*MATCH_EXTRAS, *RULE_EXTRAS)},
    },
}
_FAULTS: dict[str, Any] = {"type": "array", "uniqueItems": True, "items": _FAULT_RULE}
_EFFECTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["latency"],
    "properties": {
        "latency": {"type": "integer", "minimum": 0, "maximum": LATENCY_MS_MAX}
    },
}


class ChaosRefusal(InvalidInput):
    """A request is refused; `message` is the sentence that LocalStack would say."""

    def __init__(self, message: str, *reasons: str) -> None:
        super().__init__(*(reasons or (message,)))
        self.message = message


def decode(body: bytes) -> Any:
    """Return the JSON of a body.

    Raises:
        ChaosRefusal: it is not JSON.
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ChaosRefusal(f"Error decoding JSON: {error}") from error


def ensure_faults(
    document: Any, *, is_operation: Callable[[str | None, str], bool]
) -> list[dict[str, Any]]:
    """Return a list of fault rules, as it came. Imports jsonschema.

    Args:
        document: the JSON of a request.
        is_operation: whether a service, None for any, has an operation.

    Raises:
        ChaosRefusal: with every problem.
    """
    if isinstance(document, list) and len(document) > RULES_MAX:
        raise invalid((f"{len(document)} rules are more than {RULES_MAX}",))
    _refuse(
        [
            error
            for error in _errors(document, _FAULTS)
            if not _is_known_operation(error, document, is_operation)
        ]
    )
    return list(document)


def ensure_effects(document: Any) -> int:
    """Return the latency of network effects, milliseconds. Imports jsonschema.

    Raises:
        ChaosRefusal: with every problem.
    """
    _refuse(_errors(document, _EFFECTS))
    # JSON knows one kind of number: 1000.0 is an integer to the schema.
    return int(document["latency"])


def invalid(reasons: Iterable[str]) -> ChaosRefusal:
    """Return the refusal of fault rules whose extra keys are wrong."""
    found = [_cut(reason) for reason in reasons][:PROBLEMS_MAX]
    return ChaosRefusal(f"Error validating JSON schema: {found[0]}", *found)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _errors(document: Any, schema: Mapping[str, Any]) -> list[ValidationError]:
    # Only the few who ask for chaos wait for this import.
    from jsonschema import Draft202012Validator

    return list(Draft202012Validator(schema).iter_errors(document))


def _refuse(errors: list[ValidationError]) -> None:
    """Raise ChaosRefusal with every error, the one LocalStack would name first."""
    from jsonschema.exceptions import best_match

    best = best_match(errors)
    if best is None:
        return
    reasons = [reason for error in errors for reason in _reasons(error)]
    raise ChaosRefusal(
        f"Error validating JSON schema: {_cut(best.message)}", *reasons[:PROBLEMS_MAX]
    )


def _reasons(error: ValidationError) -> tuple[str, ...]:
    where = error.json_path.removeprefix("$").removeprefix(".")
    prefix = f"{where}: " if where else ""
    if error.validator != "additionalProperties":
        also = ", and AWS has no such operation" if _is_operation(error) else ""
        return (_cut(prefix + error.message + also),)
    known, document = _known_keys(error), cast("dict[str, Any]", error.instance)
    unknown = [name for name in document if name not in known]
    return tuple(_cut(prefix + unknown_name("key", name, known)) for name in unknown)


def _known_keys(error: ValidationError) -> Mapping[str, Any]:
    schema = cast("Mapping[str, Any]", error.schema)
    return cast("Mapping[str, Any]", schema["properties"])


def _is_operation(error: ValidationError) -> bool:
    """Whether an error is about the pattern of an operation with a digit in it."""
    return (
        error.validator == "pattern"
        and list(error.absolute_path)[-1:] == ["operation"]
        and cast("str", error.instance).isalnum()
    )


def _is_known_operation(
    error: ValidationError,
    document: Any,
    is_operation: Callable[[str | None, str], bool],
) -> bool:
    if not _is_operation(error):
        return False
    service = document[error.absolute_path[0]].get("service")
    named = service if isinstance(service, str) else None
    return is_operation(named, cast("str", error.instance))


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= PROBLEM_CHARACTERS_MAX
        else (f"{text[:PROBLEM_CHARACTERS_MAX]}...")
    )
