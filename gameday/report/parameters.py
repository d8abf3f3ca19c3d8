"""Which numbers of what was played does the public record fix, and which are ours?

A few lines at the end, because a curve that fits the record invites the belief that its
numbers are known. What the record says of each, and what was chosen, is in
`verdict.json` under "parameters".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.free_parameters import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.report.summary import RunSummary

__all__ = ["parameter_lines"]

_SAID = {
    Origin.RECORD: "from the public record",
    Origin.BOUNDED: "ours, inside what the record allows",
    Origin.FREE: "ours, the record says nothing",
}


def parameter_lines(runs: Sequence[RunSummary]) -> Iterator[str]:
    """Yield the numbers of all runs by program and origin; nothing for no numbers."""
    parameters = dict.fromkeys(each for run in runs for each in run.parameters)
    if not parameters:
        return
    yield 'Numbers of the model (why: "parameters" in verdict.json)'
    for program in sorted({each.program for each in parameters}):
        for origin, said in _SAID.items():
            names = [
                each.name
                for each in parameters
                if each.program == program and each.origin is origin
            ]
            if names:
                yield f"  {program.replace('_', ' ')}, {said}: {', '.join(names)}"
