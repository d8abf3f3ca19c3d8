"""How is a run shown to somebody at a terminal, or in a log?

One `Terminal` shows five things: lines as they happen, the story, the public record
beside the run, the verdict, and the comparison of the runs of a pair. On a terminal
they are laid out with rich for the width there is. Without one, or with NO_COLOR,
every fact is one plain line without colour, frame or wrapping, so that a CI log can
be searched.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gameday.model.verdict import Validity, Verdict
from gameday.report.appearance import (
    LINE_STYLES,
    VERDICT_STYLES,
    answer_of,
    mark_of,
)
from gameday.report.beside import beside_table, plain_beside
from gameday.report.comparison import comparison_rows
from gameday.report.plain import (
    plain_comparison,
    plain_line,
    plain_story,
    plain_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gameday.model.beside_the_record import EventBeside
    from gameday.model.story_line import StoryLine
    from gameday.model.verdict import Judgement
    from gameday.report.summary import RunSummary

__all__ = ["Terminal", "open_terminal"]

WIDTH_MAX = 120
"""Wider lines are hard to read; a wider terminal leaves the rest empty."""

REASONS_SHOWN_MAX = 5

ACTOR_WIDTH = 13
"""Fits "lease-manager"; a longer name is folded."""

TIME_WIDTH = 8


def open_terminal(
    stream: IO[str] | None = None, *, width: int | None = None
) -> Terminal:
    """Return a terminal on `stream`, standard output unless given.

    It is plain unless the stream is a terminal and NO_COLOR is not set to
    anything (https://no-color.org); TERM=dumb is plain too.
    """
    out = sys.stdout if stream is None else stream
    plain = (
        not out.isatty()
        or bool(os.environ.get("NO_COLOR"))
        or os.environ.get("TERM") == "dumb"
    )
    return Terminal(out, plain=plain, width=width)


class Terminal:
    """Shows a run on one stream."""

    def __init__(
        self, stream: IO[str], *, plain: bool, width: int | None = None
    ) -> None:
        self.plain = plain
        self._stream = stream
        self._console = Console(
            file=stream,
            width=width,
            force_terminal=not plain,
            highlight=False,
            soft_wrap=plain,
            no_color=plain,
        )
        self._console.width = min(self._console.width, WIDTH_MAX)

    @property
    def console(self) -> Console:
        """The rich console, for a live display around these lines."""
        return self._console

    def heading(self, text: str) -> None:
        """Show that something new begins."""
        if self.plain:
            self._write([f"== {text}"])
        else:
            self._console.print(Rule(Text(text, style="bold"), align="left"))

    def note(self, text: str) -> None:
        """Show one sentence of progress."""
        if self.plain:
            self._write([text])
        else:
            self._console.print(Text(text, style="bright_black"))

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something goes on; yields how to say what it is by now."""
        if self.plain:
            self.note(text)
            yield self.note
            return
        with self._console.status(Text(text)) as status:
            yield lambda now: status.update(Text(now))

    def line(self, line: StoryLine) -> None:
        """Show one thing as it happens."""
        if self.plain:
            self._write([plain_line(line)])
        else:
            self._console.print(_laid_out([line]))

    def story(
        self, lines: Sequence[StoryLine], *, title: str = "What happened"
    ) -> None:
        """Show the story of a run."""
        if self.plain:
            self._write(plain_story(lines, title=title))
        else:
            self._console.print(Text(f"\n{title}", style="bold"))
            self._console.print(_laid_out(lines))

    def record(self, rows: Sequence[EventBeside], *, scale: float) -> None:
        """Show the public record beside the run; a region without one has no rows."""
        if not rows:
            return
        if self.plain:
            self._write(plain_beside(rows, scale=scale))
        else:
            self._console.print(beside_table(rows, scale=scale))

    def verdict(
        self,
        judgement: Judgement,
        *,
        title: str,
        declared: tuple[str, ...] = (),
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Show the verdict with every reason, the hazards and some facts.

        Args:
            judgement: verdict, reasons and findings.
            title: of the experiment.
            declared: hazards that were declared to show.
            facts: small print by name, e.g. {"seed": "7", "folder": "runs/1"}.
        """
        if self.plain:
            self._write(
                plain_verdict(
                    judgement, title=title, declared=declared, facts=facts or {}
                )
            )
            return
        parts: list[RenderableType] = [Text(title, style="bold"), _reasons(judgement)]
        if judgement.findings:
            parts += [Text(), _hazards(judgement, declared)]
        if facts:
            parts += [Text(), _facts(facts)]
        style = VERDICT_STYLES[judgement.verdict]
        self._console.print(
            Panel(
                Group(*parts),
                title=_verdict_title(judgement, declared),
                subtitle=Text(f"exit {judgement.verdict.exit_code}", style=style),
                title_align="left",
                subtitle_align="right",
                border_style=style,
                padding=(0, 1),
            )
        )

    def comparison(self, runs: Sequence[RunSummary]) -> None:
        """Show runs side by side; fewer than two have nothing to compare."""
        if len(runs) < 2:
            return
        if self.plain:
            self._write(plain_comparison(runs))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
        table.add_column("")
        for run in runs:
            table.add_column(run.design, style="default", overflow="fold")
        for row in comparison_rows(runs):
            cells = [Text(text, style=style) for text, style in row.cells]
            table.add_row(Text(row.name, style="bright_black"), *cells)
        self._console.print(table)

    def _write(self, lines: Sequence[str]) -> None:
        for text in lines:
            self._stream.write(f"{text}\n")
        self._stream.flush()


def _laid_out(lines: Sequence[StoryLine]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", width=TIME_WIDTH, no_wrap=True)
    grid.add_column(width=1)
    grid.add_column(width=ACTOR_WIDTH, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for line in lines:
        style = LINE_STYLES[line.kind]
        grid.add_row(
            Text(f"{line.at_ns / 1e9:.1f} s", style="bright_black"),
            Text(mark_of(line.kind), style=style),
            Text(line.actor, style="bold"),
            Text(line.text, style=style),
        )
    return grid


def _verdict_title(judgement: Judgement, declared: tuple[str, ...]) -> Text:
    verdict = judgement.verdict
    style = VERDICT_STYLES[verdict]
    title = Text(f" {verdict.value.upper()} ", style=f"bold reverse {style}")
    if declared and verdict is Verdict.PASSED:
        title.append(" deviated as declared", style=f"not reverse {style}")
    return title


def _reasons(judgement: Judgement) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(ratio=1, overflow="fold")
    style = VERDICT_STYLES[judgement.verdict]
    shown = judgement.reasons[:REASONS_SHOWN_MAX]
    for place, reason in enumerate(shown):
        grid.add_row(
            Text("-", style=style), Text(reason, style=style if place == 0 else "")
        )
    hidden = len(judgement.reasons) - len(shown)
    if hidden:
        grid.add_row("", Text(f"and {hidden} more in verdict.json", "bright_black"))
    return grid


def _hazards(judgement: Judgement, declared: tuple[str, ...]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for finding in judgement.findings:
        words, style = answer_of(finding, declared)
        remark = f"at {finding.at_ns / 1e9:.1f} s" if finding.at_ns is not None else ""
        if finding.validity is Validity.UNKNOWN:
            remark = finding.summary
        grid.add_row(
            Text(finding.hazard),
            Text(words, style=style),
            Text(remark, style="bright_black"),
        )
    return grid


def _facts(facts: Mapping[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for name, value in facts.items():
        grid.add_row(
            Text(name, style="bright_black"), Text(value, style="bright_black")
        )
    return grid
