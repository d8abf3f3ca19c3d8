"""Chaos Toolkit activities whose results a test writes down beforehand."""

from __future__ import annotations

from typing import Any

__all__ = ["answer", "script", "succeed"]

_answers: dict[str, list[Any]] = {}


def script(**answers: list[Any]) -> None:
    """Set what `answer` returns, one call after another; the last one stays.

    An exception in a list is raised in its turn.
    """
    _answers.clear()
    _answers.update({name: list(values) for name, values in answers.items()})


def answer(of: str = "") -> Any:
    """Return, or raise, the next scripted answer."""
    values = _answers[of]
    value = values.pop(0) if len(values) > 1 else values[0]
    if isinstance(value, Exception):
        raise value
    return value


def succeed(within_s: float = 0) -> bool:
    """Do nothing for a while."""
    import time

    time.sleep(within_s)
    return True
