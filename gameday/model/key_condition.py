"""Which keys does a DynamoDB KeyConditionExpression ask for?

The whole grammar that DynamoDB documents for Query: the partition key equals a
value, and the sort key may be compared, lie between two values, or begin with one.
Names may stand for themselves or be `#placeholders`; values are `:placeholders`;
either order and any parentheses are read. Whatever else is written is refused, so
that nobody takes a condition for narrower or wider than it is.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KeyCondition", "UnreadCondition", "parse_key_condition", "sort_value"]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),]|[#:]?[A-Za-z0-9_.-]+)")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class UnreadCondition(ValueError):
    """A condition that is not of the documented form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCondition:
    """A conjunction of tests of key attributes."""

    tests: tuple[tuple[str, Callable[[Any], bool]], ...]

    def fits(self, key: Mapping[str, Any]) -> bool:
        """Whether a key, every value with its type, is asked for."""
        return all(name in key and test(key[name]) for name, test in self.tests)


def parse_key_condition(
    text: str, names: Mapping[str, Any], values: Mapping[str, Any]
) -> KeyCondition:
    """Return what a condition says.

    Args:
        text: the KeyConditionExpression.
        names: ExpressionAttributeNames.
        values: ExpressionAttributeValues, each with its type.

    Raises:
        UnreadCondition: it is not of the documented form.
    """
    reader = _Reader(_tokens(text), names, values)
    tests = reader.conjunction()
    reader.end()
    return KeyCondition(tests=tuple(tests))


def sort_value(value: Any) -> Any:
    """Return what DynamoDB orders a key attribute by.

    Texts are ordered by their UTF-8 bytes, numbers by their value, binary values
    byte by byte.

    Raises:
        UnreadCondition: it is no text, number or binary value.
    """
    match value:
        case {"S": str(text)}:
            return text.encode()
        case {"N": str(text)}:
            try:
                return Decimal(text)
            except InvalidOperation as error:
                raise UnreadCondition(f"{text!r} is not a number") from error
        case {"B": str(text)}:
            try:
                return base64.b64decode(text)
            except binascii.Error as error:
                raise UnreadCondition(f"{text!r} is not base64") from error
    raise UnreadCondition(f"{value!r} is no value of a key")


class _Reader:
    """Reads tokens from the left."""

    def __init__(
        self, tokens: list[str], names: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        self._tokens = tokens
        self._names = names
        self._values = values

    def conjunction(self) -> list[tuple[str, Callable[[Any], bool]]]:
        tests = self._term()
        while self._peek().upper() == "AND":
            self._take()
            tests += self._term()
        return tests

    def end(self) -> None:
        if self._tokens:
            raise UnreadCondition(f"{self._tokens[0]!r} is not read in a key condition")

    def _term(self) -> list[tuple[str, Callable[[Any], bool]]]:
        if self._peek() == "(":
            self._take()
            tests = self.conjunction()
            self._expect(")")
            return tests
        if self._peek() == "begins_with":
            return [self._beginning()]
        name = self._name()
        if self._peek().upper() == "BETWEEN":
            self._take()
            low = self._value()
            self._expect("AND")
            high = self._value()
            return [(name, lambda value: low <= sort_value(value) <= high)]
        compare = _COMPARISONS.get(self._peek())
        if compare is None:
            raise UnreadCondition(f"{self._peek()!r} is not read in a key condition")
        self._take()
        wanted = self._value()
        return [(name, lambda value: compare(sort_value(value), wanted))]

    def _beginning(self) -> tuple[str, Callable[[Any], bool]]:
        self._take()
        self._expect("(")
        name = self._name()
        self._expect(",")
        prefix = self._value()
        self._expect(")")
        if not isinstance(prefix, bytes):
            raise UnreadCondition("begins_with is not read for numbers")
        return name, lambda value: sort_value(value).startswith(prefix)

    def _name(self) -> str:
        token = self._take()
        name = self._names.get(token) if token.startswith("#") else token
        if not isinstance(name, str) or not name or token.startswith(":"):
            raise UnreadCondition(f"{token!r} is not the name of an attribute")
        return name

    def _value(self) -> Any:
        token = self._take()
        if token not in self._values:
            raise UnreadCondition(f"{token!r} has no value")
        return sort_value(self._values[token])

    def _expect(self, wanted: str) -> None:
        token = self._take()
        if token.upper() != wanted:
            raise UnreadCondition(f"{token!r} stands where {wanted!r} should")

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self) -> str:
        if not self._tokens:
            raise UnreadCondition("the key condition ends too early")
        return self._tokens.pop(0)


def _tokens(text: str) -> list[str]:
    tokens = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnreadCondition(f"{text[at:].strip()!r} is not read")
        tokens.append(found.group(1))
        at = found.end()
    return tokens
