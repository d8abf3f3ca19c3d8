"""From when to when did a run last, and what did the wall clock say?

A history goes on while the region is taken down: actors stop renewing, zones
may be deleted. Nothing after the mark `run_ended` is evidence of anything, so
whoever judges a history first cuts it to its span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RUN_ENDED", "RUN_STARTED", "RunSpan", "marks", "run_span", "within_run"]

RUN_STARTED = "run_started"
"""Mark whose request holds `epoch_ms`, the wall clock at that moment."""

RUN_ENDED = "run_ended"
"""Mark set before the harness stops the first actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpan:
    """The part of a history that is evidence.

    Attributes:
        start_ns: when the run began, on the history's own scale.
        end_ns: when it ended, or the last op when no mark says so.
        epoch_ms: wall clock at `start_ns`, None when no mark says so.
    """

    start_ns: int
    end_ns: int
    epoch_ms: int | None

    def wall_ms(self, at_ns: int) -> int | None:
        """Return the wall clock at a moment of the run, epoch milliseconds."""
        if self.epoch_ms is None:
            return None
        return self.epoch_ms + (at_ns - self.start_ns) // 1_000_000


def marks(history: History, *operations: str) -> Iterator[Op]:
    """Yield the marks of these names, in order."""
    for op in history:
        if op.kind is OpKind.MARK and op.operation in operations:
            yield op


def run_span(history: History) -> RunSpan:
    """Return the span of a run; an empty history has the empty span."""
    started = next(marks(history, RUN_STARTED), None)
    ended = next(marks(history, RUN_ENDED), None)
    last_ns = max((op.end_ns for op in history), default=0)
    epoch_ms = started.request.get("epoch_ms") if started else None
    return RunSpan(
        start_ns=started.start_ns if started else 0,
        end_ns=ended.start_ns if ended else last_ns,
        epoch_ms=int(epoch_ms) if epoch_ms is not None else None,
    )


def within_run(history: History) -> History:
    """Return the history without what was recorded after the run ended."""
    ended = next(marks(history, RUN_ENDED), None)
    if ended is None:
        return history
    return History(tuple(op for op in history if op.index <= ended.index))
