"""What does somebody see while an experiment is played?

On a terminal: the lines of the timeline as they happen, and below them a status
line that stands still. Elsewhere, and with NO_COLOR: plain lines. A thread
follows the edge's history stream, so that what is shown is what is recorded.

A view never gets in the way: when the edge goes away, following just ends.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from gameday.edge.control_client import ControlClient
from gameday.errors import EdgeUnreachable
from gameday.model.history import OpKind
from gameday.model.run_span import RUN_ENDED
from gameday.model.story_line import StoryKind, StoryLine
from gameday.report.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.live import Live

    from gameday.chaos.running import Running

__all__ = ["LiveView", "PlainView", "view_for"]

STYLES = {
    StoryKind.STALE: "bold red",
    StoryKind.LOSS: "bold red",
    StoryKind.EMPTY: "bold red",
    StoryKind.REFUSED: "red",
    StoryKind.WEDGE: "red",
    StoryKind.FAULT: "magenta",
    StoryKind.LOCK: "yellow",
    StoryKind.LEASES: "yellow",
    StoryKind.DETECTION: "cyan",
    StoryKind.RECOVERY: "green",
    StoryKind.REPAIR: "green",
    StoryKind.FLIP: "default",
    StoryKind.PLAN: "dim",
    StoryKind.NOTE: "bold",
}

_JOIN_S = 1.0
_REFRESH_PER_S = 8


class PlainView:
    """Plain lines, one below the other."""

    def __init__(self, write: Callable[[str], object] = click.echo) -> None:
        self._write = write
        self._said = ""
        self._follower: _Follower | None = None

    def heading(self, text: str) -> None:
        """Begin another run."""
        self._write(text)

    def phase(self, text: str) -> None:
        """Say what begins, or what is being waited for."""
        # Waiting repeats itself with other numbers; once is enough here.
        said = "".join(c for c in text if not c.isdigit())
        if said != self._said:
            self._said = said
            self._write(f"  {text}")

    def opened(self, stage: Running) -> None:
        """Follow the stage's history."""
        self._follower = _Follower(stage, self._show)

    def ended(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.stop()
            self._follower = None

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.ended()

    def _show(self, line: StoryLine, _: Timeline) -> None:
        self._write(_plain(line))


class LiveView:
    """A timeline above a status line, on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._follower: _Follower | None = None
        self._phase = ""
        self._began = time.monotonic()
        self._timeline: Timeline | None = None

    def heading(self, text: str) -> None:
        """Begin another run."""
        from rich.live import Live

        self.close()
        self._console.print(f"\n[bold]{text}[/bold]", highlight=False)
        self._phase, self._timeline = "", None
        self._began = time.monotonic()
        self._live = Live(
            get_renderable=self._status,
            console=self._console,
            refresh_per_second=_REFRESH_PER_S,
            transient=True,
        )
        self._live.start()

    def phase(self, text: str) -> None:
        """Show in the status line what goes on."""
        self._phase = text

    def opened(self, stage: Running) -> None:
        """Follow the stage's history."""
        self._follower = _Follower(stage, self._show)
        self._timeline = self._follower.timeline

    def ended(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.stop()
            self._follower = None

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.ended()
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, line: StoryLine, _: Timeline) -> None:
        from rich.text import Text

        style = STYLES.get(line.kind, "default")
        self._console.print(Text(_plain(line), style=style))

    def _status(self) -> Any:
        from rich.spinner import Spinner
        from rich.text import Text

        elapsed = time.monotonic() - self._began
        parts = [f"{elapsed:5.1f} s", self._phase]
        if self._timeline is not None:
            parts += _figures(self._timeline)
        text = "  |  ".join(part for part in parts if part)
        room = max(self._console.width - 4, 20)
        return Spinner("dots", Text(text[:room], style="bold cyan", no_wrap=True))


class _Follower:
    """The thread that reads the history stream and shows its lines."""

    def __init__(
        self, stage: Running, show: Callable[[StoryLine, Timeline], None]
    ) -> None:
        self.timeline = Timeline(stage.endpoints[0])
        self._client = ControlClient(stage.state.gateway_url)
        self._show = show
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._follow, name="timeline", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread, at the next op at the latest."""
        self._thread.join(_JOIN_S)
        self._stopping.set()

    def _follow(self) -> None:
        try:
            for op in self._client.follow():
                if self._stopping.is_set():
                    return
                for line in self.timeline.feed(op):
                    self._show(line, self.timeline)
                if op.kind is OpKind.MARK and op.operation == RUN_ENDED:
                    return
        except EdgeUnreachable:
            return


def view_for(*, quiet: bool) -> PlainView | LiveView:
    """Return the view that fits standard output.

    Args:
        quiet: show nothing, because standard output is for a program.
    """
    if quiet:
        return PlainView(lambda _: None)
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return PlainView()
    from rich.console import Console

    return LiveView(Console())


def _plain(line: StoryLine) -> str:
    return f"{line.at_ns / 1e9:7.1f} s  {line.actor:<14} {line.text}"


def _figures(timeline: Timeline) -> list[str]:
    figures = timeline.figures
    if figures.silent:
        answers = f"no answer in {', '.join(sorted(figures.silent))}"
    elif figures.answering:
        answers = "resolves"
    else:
        answers = ""
    leases = "" if figures.leases is None else f"leases {figures.leases:.0%}"
    return [
        figures.activity,
        f"plan {figures.newest}, live {figures.live}" if figures.newest else "",
        answers,
        leases,
        f"faults fired {figures.fired}" if figures.fired else "",
    ]
