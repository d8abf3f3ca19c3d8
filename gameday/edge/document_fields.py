"""What is wrong with a JSON document that somebody gave to the edge?

Reads one object field by field, notes every problem instead of stopping at the
first, and names the nearest valid name for whatever is unknown. pydantic, which
reads the documents that people write to files, would double the time that the
edge takes to start.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar, overload

from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Fields"]

_T = TypeVar("_T")


class Fields:
    """One JSON object and the problems found in it.

    Objects inside share the list of problems, so `raise_if_wrong` on the outer
    one reports them all.
    """

    def __init__(
        self, document: Any, *, path: str = "", problems: list[str] | None = None
    ) -> None:
        self.problems: list[str] = [] if problems is None else problems
        self._path = path
        self._asked: set[str] = set()
        self._document: Mapping[str, Any] = {}
        if isinstance(document, dict):
            self._document = document
        else:
            self.problems.append(f"{path or 'the document'} is not an object")

    def __contains__(self, name: str) -> bool:
        return name in self._document

    def wrong(self, name: str, message: str) -> None:
        """Note a problem with one field."""
        self.problems.append(f"{self._at(name)}: {message}")

    def take(self, name: str) -> Any:
        """Return a field as it is, None when it is missing."""
        self._asked.add(name)
        return self._document.get(name)

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: _T) -> str | _T: ...
    def text(self, name: str, default: Any = ...) -> Any:
        """Return a text field; without a default it is required."""
        value = self._given(name, default)
        if isinstance(value, str) or (value is default and default is not ...):
            return value
        return self._of_wrong_kind(name, "a text", value, "")

    @overload
    def number(self, name: str, *, low: float = ..., high: float = ...) -> float: ...
    @overload
    def number(
        self, name: str, default: _T, *, low: float = ..., high: float = ...
    ) -> float | _T: ...
    def number(
        self,
        name: str,
        default: Any = ...,
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> Any:
        """Return a number between two bounds."""
        value = self._given(name, default)
        if value is default and default is not ...:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._of_wrong_kind(name, "a number", value, 0)
        return self._bounded(name, value, low, high)

    @overload
    def integer(self, name: str, *, low: int = ..., high: int = ...) -> int: ...
    @overload
    def integer(
        self, name: str, default: _T, *, low: int = ..., high: int = ...
    ) -> int | _T: ...
    def integer(
        self,
        name: str,
        default: Any = ...,
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> Any:
        """Return a whole number between two bounds."""
        value = self._given(name, default)
        if value is default and default is not ...:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            return self._of_wrong_kind(name, "a whole number", value, 0)
        return self._bounded(name, value, low, high)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a true or false field."""
        value = self._given(name, default)
        if isinstance(value, bool):
            return value
        return bool(self._of_wrong_kind(name, "true or false", value, default))

    def choice(self, name: str, choices: Iterable[str], default: Any = ...) -> Any:
        """Return a text that must be one of several."""
        value = self.text(name, default)
        if value is not default and value not in choices and name in self._document:
            if isinstance(self._document[name], str):
                self.wrong(name, unknown_name("value", value, choices))
            return next(iter(choices))
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return one text or a list of them as a tuple, empty when missing."""
        value = self.take(name)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(each, str) for each in values):
            if not all(values):
                self.wrong(name, "an empty text fits nothing")
            return tuple(values)
        self._of_wrong_kind(name, "a text or a list of texts", value, ())
        return ()

    def inner(self, name: str) -> Fields:
        """Return an object inside this one; missing is an empty object."""
        value = self.take(name)
        document = {} if value is None else value
        return Fields(document, path=self._at(name), problems=self.problems)

    def refuse_unknown(self, known: Iterable[str] = ()) -> None:
        """Note every key that nobody has asked for.

        Args:
            known: keys that are valid as well, besides those asked for.
        """
        valid = self._asked | set(known)
        for name in self._document:
            if name not in valid:
                where = f"{self._path}: " if self._path else ""
                self.problems.append(where + unknown_name("key", str(name), valid))

    def raise_if_wrong(self) -> None:
        """Raise InvalidInput with every problem noted, if there is any."""
        if self.problems:
            raise InvalidInput(*self.problems)

    def _given(self, name: str, default: Any) -> Any:
        self._asked.add(name)
        if name in self._document:
            value = self._document[name]
            return default if value is None and default is None else value
        if default is ...:
            # What is missing is named once; the value returned is never used.
            self.wrong(name, "this key is required")
            return ...
        return default

    def _of_wrong_kind(self, name: str, kind: str, value: Any, default: Any) -> Any:
        if value is not ...:
            self.wrong(name, f"should be {kind}, not {value!r}")
        return default

    def _bounded(self, name: str, value: float, low: float, high: float) -> float:
        if not low <= value <= high:
            bound = f"at least {low:g}" if value < low else f"at most {high:g}"
            self.wrong(name, f"should be {bound}, not {value!r}")
        return value

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
