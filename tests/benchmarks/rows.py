"""How is what was measured shown, kept and judged?"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

WIDTH_MAX = 80
HEADINGS = ("What", "Direct", "Edge", "Difference", "Target")
MISSED = "MISSED"


class Shown(Protocol):
    """One line of any table: cells, what was measured, the load, and if it is met."""

    @property
    def what(self) -> str: ...

    @property
    def met(self) -> bool: ...

    @property
    def cells(self) -> tuple[str, ...]: ...

    @property
    def load(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        edge: what the edge reached, with its unit.
        direct: the same without the edge, "" where there is no such thing.
        difference: what the edge adds or takes, "" where nothing compares.
        target: what it should be, "" for what is only told.
        met: whether it is so.
        facts: the numbers behind it.
        load: the machine's load average over a minute, afterwards.
    """

    what: str
    edge: str
    direct: str = ""
    difference: str = ""
    target: str = ""
    met: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def cells(self) -> tuple[str, ...]:
        target = self.target if self.met else f"{self.target} {MISSED}"
        return (self.what, self.direct, self.edge, self.difference, target)


def table(rows: Sequence[Shown], headings: tuple[str, ...] = HEADINGS) -> str:
    """Return the rows as a Markdown table, at most `WIDTH_MAX` wide if none missed."""
    lines = [headings, *(row.cells for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines
    )


def tell(row: Shown, seconds: float) -> None:
    """Say at once what was found, so that a long run can be watched."""
    cells = "  ".join(cell for cell in row.cells if cell)
    sys.stderr.write(f"{seconds:5.0f} s  load {row.load:4.1f}  {cells}\n")
    sys.stderr.flush()


def measured_on(rows: Sequence[Shown], seconds: float) -> str:
    """Return how much was measured, in what time and on what."""
    loads = [row.load for row in rows]
    return (
        f"{len(rows)} rows in {seconds:.0f} s on {os.cpu_count()} cores, load "
        f"{min(loads):.1f} to {max(loads):.1f}"
    )


def document(
    rows: Sequence[Any],
    seconds: float,
    *,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return everything as JSON.

    Args:
        rows: what was measured.
        seconds: how long that took.
        left_out: why, by name, what could not be measured.
    """
    return json.dumps(
        {
            "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(seconds, 1),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "missed": [row.what for row in rows if not row.met],
            "not_measured": dict(left_out),
            "rows": [asdict(row) for row in rows],
        },
        indent=1,
    )


def write(
    file: Path,
    rows: Sequence[Any],
    seconds: float,
    *,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the JSON document; see `document`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document(rows, seconds, left_out=left_out) + "\n")
