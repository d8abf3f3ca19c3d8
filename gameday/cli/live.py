"""What does somebody see while an experiment is played?

The lines of the timeline as they happen and, on a terminal, a status line that
stands still below them. A thread follows the edge's history stream, so that
what is shown is what is recorded.

A view never gets in the way of a run: when the edge goes away, following ends.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from gameday.edge.control_client import ControlClient
from gameday.errors import EdgeUnreachable
from gameday.model.history import OpKind
from gameday.model.run_span import RUN_ENDED
from gameday.report.condition_lines import ConditionLines
from gameday.report.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.live import Live
    from rich.spinner import Spinner

    from gameday.chaos.running import Running
    from gameday.model.story_line import StoryLine
    from gameday.report.terminal import Terminal

__all__ = ["View"]

_CATCH_UP_S = 1.0
"""How long the last lines of a run may take to be shown."""

_REFRESH_PER_S = 8


class View:
    """Shows runs one after the other; without a terminal it shows nothing."""

    def __init__(self, terminal: Terminal | None) -> None:
        self._terminal = terminal
        self._live: Live | None = None
        self._follower: _Follower | None = None
        self._spinner: Spinner | None = None
        self._phase = ""
        self._began = time.monotonic()

    def heading(self, text: str) -> None:
        """Begin another run."""
        self.close()
        self._phase = ""
        self._began = time.monotonic()
        if self._terminal is None:
            return
        self._terminal.heading(text)
        if not self._terminal.plain:
            self._live = self._status_line(self._terminal)
            self._live.start()

    def phase(self, text: str) -> None:
        """Say what begins, or what is being waited for."""
        # What is waited for comes again and again with other numbers.
        said = "".join(c for c in self._phase if not c.isdigit())
        new = said != "".join(c for c in text if not c.isdigit())
        self._phase = text
        if self._terminal is not None and self._terminal.plain and new:
            self._terminal.note(text)

    def opened(self, stage: Running) -> None:
        """Follow the history of a stage that is up."""
        if self._terminal is not None:
            if note := stage.state.emulator.get("note"):
                self._terminal.note(f"warning: {note}")
            self._follower = _Follower(stage, self._terminal.line)

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

    def _status_line(self, terminal: Terminal) -> Live:
        from rich.live import Live

        return Live(
            get_renderable=self._status,
            console=terminal.console,
            refresh_per_second=_REFRESH_PER_S,
            transient=True,
        )

    def _status(self) -> Spinner:
        from rich.spinner import Spinner
        from rich.text import Text

        parts = [f"{time.monotonic() - self._began:5.1f} s", self._phase]
        if self._follower is not None:
            parts += _figures(self._follower.timeline)
        text = "  |  ".join(part for part in parts if part)
        line = Text(text, style="cyan", no_wrap=True, overflow="ellipsis")
        # One spinner for all: a new one would always be at its first frame.
        self._spinner = self._spinner or Spinner("dots")
        self._spinner.update(text=line)
        return self._spinner


class _Follower:
    """The thread that reads the history stream and shows its lines."""

    def __init__(self, stage: Running, show: Callable[[StoryLine], None]) -> None:
        graph = stage.state.region.service_graph()
        self.timeline = Timeline(stage.endpoints[0], conditions=ConditionLines(graph))
        self._client = ControlClient(stage.state.gateway_url)
        self._show = show
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._follow, name="timeline", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Let the thread catch up with the run, and end it."""
        self._thread.join(_CATCH_UP_S)
        self._stopping.set()

    def _follow(self) -> None:
        try:
            for op in self._client.follow():
                if self._stopping.is_set():
                    return
                for line in self.timeline.feed(op):
                    self._show(line)
                if op.kind is OpKind.MARK and op.operation == RUN_ENDED:
                    return
        except EdgeUnreachable:
            return


def _figures(timeline: Timeline) -> list[str]:
    figures = timeline.figures
    if figures.silent:
        answers = f"no answer in {', '.join(sorted(figures.silent))}"
    else:
        answers = "resolves" if figures.answering else ""
    return [
        figures.activity,
        f"plan {figures.newest}, live {figures.live}" if figures.newest else "",
        answers,
        "" if figures.leases is None else f"leases {figures.leases:.0%}",
        f"faults fired {figures.fired}" if figures.fired else "",
    ]
