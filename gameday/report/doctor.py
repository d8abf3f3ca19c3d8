"""How does the examination of an emulator read?

On a terminal a table for the width there is: where it is narrow, case and source
stand above AWS's behaviour in place of columns of their own. In a log one line a
case. What was seen instead stands below, so that the table stays one.

"GAP" is a gap that a verdict relies on, "gap" any other; colour only repeats it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from gameday.emulators.contract_case import Case
    from gameday.emulators.examination import CaseResult, Examination
    from gameday.report.terminal import Terminal

__all__ = ["SCHEMA", "examination_document", "show_examination"]

SCHEMA = "gameday/doctor/v1"
"""Changes when a reader of version 1 would misread it; new keys may come."""

WIDTH_WITH_SOURCES = 110
"""From this width on the sources have a column of their own."""

SEEN_LENGTH_MAX = 300

_STYLES = {"ok": "green", "GAP": "bold red", "gap": "yellow"}
_PLACES = ("bare", "edge")
_INDENT = 2


def show_examination(
    terminal: Terminal, found: Examination, *, verbose: bool = False
) -> None:
    """Show the table, what was seen instead, and what follows from it.

    Args:
        terminal: where to.
        found: what came of the suite.
        verbose: whether to tell also what the emulator did bare.
    """
    if terminal.plain:
        for line in (*_plain_table(found), *_seen(found, verbose), *_summary(found)):
            terminal.note(line)
        return
    for renderable in _tables(found, terminal.console.width):
        terminal.console.print(renderable)
    for line in _seen(found, verbose):
        terminal.console.print(Text(line))
    style = "bold green" if found.is_trustworthy else "bold red"
    *counts, conclusion = _summary(found)
    for line in counts:
        terminal.console.print(Text(line))
    terminal.console.print(Text(conclusion, style=style))


def examination_document(found: Examination) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
        "schema": SCHEMA,
        "emulator": found.emulator,
        "effort": found.effort.name,
        "trustworthy": found.is_trustworthy,
        "exit_code": 0 if found.is_trustworthy else 1,
        "duration_s": round(found.duration_s, 3),
        "counts": {
            "cases": len(found.results),
            "bare_gaps": len(found.bare_gaps),
            "edge_gaps": len(found.edge_gaps),
        },
        "cases": [
            {
                "name": each.case.name,
                "group": each.case.group,
                "aws": each.case.expected,
                "source": each.case.source,
                "relied_on": each.case.relied_on,
                **{
                    place: {"kept": not seen, "seen": seen}
                    for place, seen in zip(_PLACES, (each.bare, each.edge), strict=True)
                },
            }
            for each in found.results
        ],
    }


def _tables(found: Examination, width: int) -> Iterator[RenderableType]:
    wide = width >= WIDTH_WITH_SOURCES
    names = max((len(each.case.name) for each in found.results), default=0)
    yield _table(names, wide=wide, header=True)
    for group, results in groupby(found.results, key=lambda each: each.case.group):
        yield Text(f"\n{group}", style="bold")
        table = _table(names, wide=wide, header=False)
        for each in results:
            table.add_row(
                *(_wide_cells(each.case) if wide else (_narrow_cell(each.case),)),
                *(_marked(each.case, seen) for seen in (each.bare, each.edge)),
            )
        yield table


def _table(names: int, *, wide: bool, header: bool) -> Table:
    """Return a table without rows; all of them have the same columns."""
    table = Table(
        box=box.SIMPLE_HEAD,
        expand=True,
        padding=(0, 1, 0, 0),
        show_edge=False,
        show_header=header,
        pad_edge=False,
    )
    if wide:
        table.add_column("case", width=names)
        table.add_column("AWS", ratio=5)
        table.add_column("source", ratio=4, style="bright_black")
    else:
        table.add_column("case, source\n  AWS", ratio=1)
    for place in _PLACES:
        table.add_column(place, width=4)
    return table


def _wide_cells(case: Case) -> tuple[str, str, str]:
    return case.name, case.expected, case.source


def _narrow_cell(case: Case) -> Group:
    head = Text.assemble((case.name, "bold"), "  ", (case.source, "bright_black"))
    return Group(head, Padding(Text(case.expected), (0, 0, 0, _INDENT)))


def _marked(case: Case, seen: str) -> Text:
    word = _word(case, seen)
    return Text(word, style=_STYLES[word])


def _word(case: Case, seen: str) -> str:
    if not seen:
        return "ok"
    return "GAP" if case.relied_on else "gap"


def _plain_table(found: Examination) -> Iterator[str]:
    names = max((len(each.case.name) for each in found.results), default=0)
    yield f"{'case':<{names}}  bare  edge  AWS (source)"
    for group, results in groupby(found.results, key=lambda each: each.case.group):
        yield f"{group}:"
        for each in results:
            bare, edge = _word(each.case, each.bare), _word(each.case, each.edge)
            yield (
                f"{each.case.name:<{names}}  {bare:<4}  {edge:<4}  "
                f"{each.case.expected} ({each.case.source})"
            )


def _seen(found: Examination, verbose: bool) -> Iterator[str]:  # noqa: FBT001 - a flag
    yield from _seen_at("behind the edge", found.edge_gaps, "edge")
    if verbose:
        yield from _seen_at("bare", found.bare_gaps, "bare")


def _seen_at(where: str, gaps: tuple[CaseResult, ...], place: str) -> Iterator[str]:
    if gaps:
        yield ""
        yield f"Seen {where} instead:"
    for each in gaps:
        seen = str(getattr(each, place))
        yield f"  {_word(each.case, seen)} {each.case.name}: {seen[:SEEN_LENGTH_MAX]}"


def _summary(found: Examination) -> Iterator[str]:
    yield ""
    yield (
        f"{found.emulator}, {found.effort.name}: {len(found.results)} cases in "
        f"{found.duration_s:.1f} s; bare {_counted(found.bare_gaps)}; "
        f"behind the edge {_counted(found.edge_gaps)}"
    )
    if found.is_trustworthy:
        yield "Behind the edge everything holds that a verdict relies on."
    else:
        yield "Behind the edge a verdict would be worth nothing (exit 1)."


def _counted(gaps: tuple[CaseResult, ...]) -> str:
    relied_on = sum(each.case.relied_on for each in gaps)
    count = len(gaps)
    if not count:
        return "no gap"
    return f"{count} gap{'s' * (count > 1)}, {relied_on} of them relied on"
