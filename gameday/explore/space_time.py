"""How does an execution look with time going down and one column an actor?

Plain text of a given width. Each step stands in its actor's column; a line that
leads to another column shows where somebody was interrupted. The last line says what
is broken. Columns share the width evenly, and what does not fit is folded, never cut.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gameday.explore.meaning import narrated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.execution import Executed, Execution

__all__ = ["COLUMN_WIDTH_MIN", "draw"]

COLUMN_WIDTH_MIN = 12
"""Narrower columns cannot be read; more actors make the drawing wider."""

_NUMBER_WIDTH = 4
_GAP = 1


def draw(execution: Execution, *, width: int, broken: str = "") -> list[str]:
    """Return the lines of a drawing.

    Args:
        execution: what to draw.
        width: of the lines, in characters.
        broken: what is broken at the end.
    """
    actors = list(dict.fromkeys(d.step.actor for d in execution.steps if d.step.actor))
    count = max(len(actors), 1)
    column = max(COLUMN_WIDTH_MIN, (width - _NUMBER_WIDTH) // count - _GAP)
    drawing = _Drawing(actors, column)
    said = narrated(execution)
    for number, done in enumerate(execution.steps, start=1):
        drawing.step(number, done, said[number - 1])
    if broken:
        lines = textwrap.wrap(broken, max(20, width - _NUMBER_WIDTH - 1))
        drawing.lines += [f"{'!':>{_NUMBER_WIDTH - 1}} {line}" for line in lines]
    return drawing.lines


class _Drawing:
    """The lines so far; a local builder."""

    def __init__(self, actors: Sequence[str], column: int) -> None:
        self._actors = {name: place for place, name in enumerate(actors)}
        self._column = column
        self._last: int | None = None
        self.lines = [
            self._row("", [name[:column] for name in actors]),
            self._row("", ["-" * column for _ in actors]),
        ]

    def step(self, number: int, done: Executed, text: str) -> None:
        """Draw one step."""
        if not done.step.actor:
            self.lines.append(f"{number:>{_NUMBER_WIDTH - 1}} ~ {text} ~")
            return
        place = self._actors[done.step.actor]
        if self._last is not None and self._last != place:
            self.lines.append(self._switch(self._last, place))
        self._last = place
        folded = textwrap.wrap(text, self._column - 2) or [""]
        for line, part in enumerate(folded):
            cells = ["|"] * len(self._actors)
            cells[place] = f"{'*' if line == 0 else '|'} {part}"
            self.lines.append(self._row(str(number) if line == 0 else "", cells))

    def _switch(self, before: int, after: int) -> str:
        """Return the line that leads from one column to another."""
        stride = self._column + _GAP
        cells = [" "] * (stride * len(self._actors))
        for place in range(len(self._actors)):
            cells[place * stride] = "|"
        low, high = sorted((before * stride, after * stride))
        for at in range(low + 1, high):
            cells[at] = "-"
        cells[before * stride] = "+"
        cells[after * stride] = "v"
        return (" " * _NUMBER_WIDTH + "".join(cells)).rstrip()

    def _row(self, number: str, cells: Sequence[str]) -> str:
        text = (" " * _GAP).join(cell.ljust(self._column) for cell in cells)
        return f"{number:>{_NUMBER_WIDTH - 1}} {text}".rstrip()
