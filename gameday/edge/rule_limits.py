"""Does a rule strike at what it has just seen?

What rules of every kind have in common: the globs that names must fit, the time
window in which they see anything, and the nth, the count and the dice that decide
whether they strike. All of it is a function of the rule and its counters, so the
same events in the same order meet the same fate.
"""

from __future__ import annotations

import random
from fnmatch import fnmatchcase
from typing import Protocol

__all__ = ["Limits", "any_fits", "chance", "in_window", "strikes"]


class Limits(Protocol):
    """How often and when a rule strikes; see `rules.Rule` for each of them."""

    @property
    def nth(self) -> int | None: ...  # noqa: D102
    @property
    def count(self) -> int | None: ...  # noqa: D102
    @property
    def probability(self) -> float: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def after_ms(self) -> float: ...  # noqa: D102
    @property
    def until_ms(self) -> float | None: ...  # noqa: D102


def any_fits(patterns: tuple[str, ...], text: str) -> bool:
    """Whether a text fits one of the globs; where there are none, every text does."""
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def in_window(limits: Limits, elapsed_ms: float) -> bool:
    """Whether a rule that was set so long ago, milliseconds, sees anything."""
    return limits.after_ms <= elapsed_ms and (
        limits.until_ms is None or elapsed_ms < limits.until_ms
    )


def strikes(limits: Limits, *, seen: int, fired: int) -> bool:
    """Whether a rule strikes.

    Args:
        limits: the rule.
        seen: what it has seen, the event in question included.
        fired: how often it has struck before.
    """
    return (
        (limits.nth is None or limits.nth == seen)
        and (limits.count is None or fired < limits.count)
        and (
            limits.probability >= 1
            or chance(limits, "strike", seen).random() < limits.probability
        )
    )


def chance(limits: Limits, purpose: str, seen: int) -> random.Random:
    """Return the dice of one purpose for the event that was seen last."""
    return random.Random(f"{limits.seed} {purpose} {seen}")
