"""What is a setting: one number, or a span of numbers, that a program reads?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Number", "Setting", "Span"]

Number = int | float
"""One number of a setting."""

Span = tuple[Number, Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number, or span [lowest, highest], that a program of the region reads."""

    default: Number | Span
    meaning: str
