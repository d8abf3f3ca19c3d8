"""What did the person mean who wrote a name that does not exist?"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["unknown_name"]

KNOWN_SHOWN_MAX = 20
"""Names that a message lists when none of them is near."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Return "unknown <what> '<name>'" with the nearest of the `known` names."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"unknown {what} {name!r}; did you mean {near[0]!r}?"
    listed = ", ".join(names[:KNOWN_SHOWN_MAX]) or "none"
    more = ", ..." if len(names) > KNOWN_SHOWN_MAX else ""
    return f"unknown {what} {name!r}; known: {listed}{more}"
