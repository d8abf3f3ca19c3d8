"""How is a run shown beside the public record, event by event?

One line an event: its minute in the record, its minute in the run, what happened, and
who says so. "-" stands for what the run did not show. An event that is inferred, and
not stated by its source, says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from gameday.model.public_record import Sign
from gameday.model.service_graph import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.beside_the_record import EventBeside

__all__ = ["beside_table", "plain_beside", "render_beside"]

_CLOSE_MIN = 15
"""Minutes of the story; within these, record and run are shown as agreeing."""


def plain_beside(rows: Sequence[EventBeside], *, scale: float) -> list[str]:
    """Return the rows as lines of a log, under a title."""
    return [
        _title(rows, scale),
        f"{'record':>8} {'run':>8}  event",
        *(
            f"{_record(row):>8} {_run(row):>8}  {row.event.what} ({_source(row)})"
            for row in rows
        ),
    ]


def beside_table(rows: Sequence[EventBeside], *, scale: float) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table(
        title=_title(rows, scale),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("record", justify="right", no_wrap=True)
    table.add_column("run", justify="right", no_wrap=True)
    table.add_column("event", ratio=1, overflow="fold")
    table.add_column("source", overflow="fold", max_width=16)
    for row in rows:
        table.add_row(
            _record(row),
            Text(_run(row), style=_style(row)),
            row.event.what,
            Text(_source(row), style="bright_black"),
        )
    return table


def render_beside(rows: Sequence[EventBeside]) -> list[dict[str, Any]]:
    """Return the rows as JSON values."""
    return [
        {
            "event": row.event.name,
            "record_min": row.event.minute,
            "run_min": None if row.run_minute is None else round(row.run_minute, 1),
            "what": row.event.what,
            "sign": row.event.sign.value,
            "of": row.event.of,
            "source": row.event.source,
            "evidence": row.event.evidence.value,
        }
        for row in rows
    ]


def _title(rows: Sequence[EventBeside], scale: float) -> str:
    looked_for = [row for row in rows if row.event.sign is not Sign.NOTHING]
    seen = sum(row.run_minute is not None for row in looked_for)
    return (
        f"The record beside this run, in minutes from the loss of the endpoint "
        f"(time {scale:g}-fold; {seen} of {len(looked_for)} events seen)"
    )


def _record(row: EventBeside) -> str:
    return f"{row.event.minute:g}"


def _run(row: EventBeside) -> str:
    return "-" if row.run_minute is None else f"{row.run_minute:.0f}"


def _source(row: EventBeside) -> str:
    event = row.event
    mark = "" if event.evidence is Evidence.STATED else f", {event.evidence.value}"
    return f"{event.source}{mark}"


def _style(row: EventBeside) -> str:
    if row.event.sign is Sign.NOTHING:
        return "bright_black"
    if row.run_minute is None:
        return "yellow"
    return "green" if abs(row.run_minute - row.event.minute) <= _CLOSE_MIN else ""
