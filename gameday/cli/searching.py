"""What does somebody see while interleavings are searched, and how do they stop it?

On a terminal one line that stands still: what goes on, how fast, how many states wait
on the frontier, and the time left of the budget. In a log one line for each strategy as
it begins. The first Ctrl-C ends the search in good order, so that what was covered is
still told; the second one ends the program.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gameday.report.terminal import open_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameday.explore.search import SearchCounts
    from gameday.explore.watching import Watch

__all__ = ["searching"]

_REFRESH_S = 0.25
_PACE_TICKS = 20
"""Of the refreshes, that a pace is taken over: five seconds."""


@contextmanager
def searching() -> Iterator[Callable[[str, Watch], None]]:
    """Show a search on standard error; yields how to say what is watched now."""
    terminal = open_terminal(sys.stderr)
    # The programs under search are made to fail thousands of times.
    silence = logging.NullHandler()
    logging.getLogger("gameday").addHandler(silence)
    ticker = _Ticker()
    before = signal.signal(signal.SIGINT, lambda *_: ticker.interrupt())
    try:
        with terminal.working("setting up") as say:
            ticker.start(say, plain=terminal.plain)
            try:
                yield ticker.watch
            finally:
                ticker.close()
    finally:
        signal.signal(signal.SIGINT, before)
        logging.getLogger("gameday").removeHandler(silence)


class _Ticker:
    """The thread that says how far a search is."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._title = ""
        self._interrupts = 0
        self._told = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, say: Callable[[str], None], *, plain: bool) -> None:
        """Begin to tell."""
        self._thread = threading.Thread(
            target=self._tell, args=(say, plain), name="searching", daemon=True
        )
        self._thread.start()

    def watch(self, title: str, watch: Watch) -> None:
        """Tell of this search from now on."""
        self._title, self._watch, self._told = title, watch, 0
        if self._interrupts:
            watch.stop()

    def interrupt(self) -> None:
        """End the search in good order; the second time, at once."""
        self._interrupts += 1
        if self._interrupts > 1 or self._watch is None:
            raise KeyboardInterrupt
        self._watch.stop()

    def close(self) -> None:
        """Stop telling."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _tell(self, say: Callable[[str], None], plain: bool) -> None:  # noqa: FBT001 - a thread's argument
        ended, pace = False, _Pace()
        while not ended:
            ended = self._ended.wait(_REFRESH_S)
            watch = self._watch
            if watch is None or not watch.stages:
                continue
            if not plain:
                say(_line(self._title, watch, pace))
                continue
            for stage in watch.stages[self._told :]:
                self._told += 1
                say(f"{self._title}: {stage.strategy}")


class _Pace:
    """How fast a search was in the last seconds, and when it will have seen all.

    The frontier grows and shrinks as the search goes; only while it shrinks is there
    a time at which it will be empty. Anything else is not known.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int, int]] = deque(maxlen=_PACE_TICKS)
        self._counts: SearchCounts | None = None

    def of(self, counts: SearchCounts, now_s: float) -> tuple[float, float, str]:
        """Return steps a second, executions a second, and when it will have ended."""
        if counts is not self._counts:
            self._counts = counts
            self._seen.clear()
        self._seen.append(
            (now_s, counts.transitions, counts.executions, counts.frontier)
        )
        then_s, steps, executions, frontier = self._seen[0]
        seconds = max(now_s - then_s, 0.001)
        shrinks = (frontier - counts.frontier) / seconds
        ends = "end unknown"
        if shrinks > 0 and len(self._seen) == _PACE_TICKS:
            ends = f"ends in some {counts.frontier / shrinks:,.0f} s at this pace"
        return (
            (counts.transitions - steps) / seconds,
            (counts.executions - executions) / seconds,
            ends,
        )


def _line(title: str, watch: Watch, pace: _Pace) -> str:
    stage = watch.stages[-1]
    counts = stage.counts
    if watch.stopped:
        doing = "stopping"
    elif stage.ended_s is not None:
        doing = "concluding"
    else:
        doing = stage.strategy
        if counts.preemptions is not None:
            doing += f" > {counts.preemptions} preemptions"
    steps, executions, ends = pace.of(counts, watch.elapsed_s)
    told = [f"{title}: {doing}", f"{counts.states:,} states", f"{steps:,.0f} steps/s"]
    if executions >= 1:
        told.append(f"{executions:,.0f} executions/s")
    if counts.frontier:
        told += [f"{counts.frontier:,} on the frontier", ends]
    return ", ".join([*told, f"{watch.left_s:.0f} s left"])
