"""How is what a search came to shown?"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from rows import MISSED

HEADINGS = ("Search", "Outcome", "Wall", "CPU", "Target")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """One line of the table.

    Attributes:
        what: which search of what.
        outcome: what it came to.
        wall_s: of the whole process, None where nothing ran.
        cpu_s: processor time of it.
        target: what it should be, "" for what is only told.
        met: whether it is so.
        facts: the numbers behind it.
        load: the machine's load average over a minute, afterwards.
    """

    what: str
    outcome: str
    wall_s: float | None = None
    cpu_s: float | None = None
    target: str = ""
    met: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def cells(self) -> tuple[str, ...]:
        target = self.target if self.met else f"{self.target} {MISSED}".strip()
        return (
            self.what,
            self.outcome,
            shown_s(self.wall_s),
            shown_s(self.cpu_s),
            target,
        )


def shown_s(seconds: float | None) -> str:
    """Return seconds as they are shown, "" for none."""
    return "" if seconds is None else f"{seconds:.1f} s"
