"""Where does the history of a run come from, and who may read it meanwhile?

Every call, DNS answer and mark becomes one op here. The recorder gives it its
index, so the order of indexes is the order of completion at the edge; the op
is recorded *before* the reply leaves, hence a program that acts on a reply is
always behind that reply in the history.

Times are nanoseconds since the run began, which is when the recorder was made:
`now_ns()` is the only clock for `start_ns` and `end_ns`.

The file is written through a buffer that is flushed at most every
`FLUSH_INTERVAL_S` and at `close`. Memory keeps the newest `OPS_KEPT_MAX` ops;
older ones are read back from the file.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import deque
from typing import TYPE_CHECKING, Any

from gameday.model.history import Op, OpKind, Outcome, render_op

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["FLUSH_INTERVAL_S", "OPS_KEPT_MAX", "Recorder"]

FLUSH_INTERVAL_S = 0.2
OPS_KEPT_MAX = 5_000
LINES_READ_MAX = 1_000
"""Lines handed to one reader at a time."""


class Recorder:
    """Appends ops to the history and hands them to readers."""

    def __init__(self, path: Path | None = None) -> None:
        self._began_ns = time.monotonic_ns()
        self._lines: deque[str] = deque(maxlen=OPS_KEPT_MAX)
        self._count = 0
        self._offsets = array("Q")
        self._size = 0
        self._path = path
        self._file: BinaryIO | None = path.open("wb") if path else None
        self._flush_due: asyncio.TimerHandle | None = None
        self._grown = asyncio.Event()

    def __len__(self) -> int:
        """Return the number of ops recorded so far."""
        return self._count

    def now_ns(self) -> int:
        """Return nanoseconds since the run began."""
        return time.monotonic_ns() - self._began_ns

    def append(
        self,
        *,
        kind: OpKind,
        start_ns: int,
        end_ns: int,
        actor: str,
        service: str,
        operation: str,
        **rest: Any,
    ) -> Op:
        """Record one op and return it with its index.

        Args:
            kind: call, dns or mark.
            start_ns: when it began, from `now_ns()`.
            end_ns: when it ended, from `now_ns()`.
            actor: see `Op`.
            service: see `Op`.
            operation: see `Op`.
            **rest: every other field of `Op` except `index`.
        """
        op = Op(
            index=self._count,
            kind=kind,
            start_ns=start_ns,
            end_ns=end_ns,
            actor=actor,
            service=service,
            operation=operation,
            **rest,
        )
        self._count += 1
        self._write(render_op(op))
        self._grown.set()
        return op

    def mark(self, operation: str, request: Mapping[str, Any]) -> Op:
        """Record something that the harness did, now."""
        now_ns = self.now_ns()
        return self.append(
            kind=OpKind.MARK,
            start_ns=now_ns,
            end_ns=now_ns,
            actor="harness",
            service="gameday",
            operation=operation,
            outcome=Outcome.OK,
            request=request,
        )

    def lines_from(self, index: int) -> list[str]:
        """Return rendered ops from `index` on, at most `LINES_READ_MAX`."""
        first_kept = self._count - len(self._lines)
        if index >= first_kept:
            start = index - first_kept
            stop = min(len(self._lines), start + LINES_READ_MAX)
            return [self._lines[at] for at in range(start, stop)]
        return self._lines_from_file(index, min(first_kept, index + LINES_READ_MAX))

    async def wait_beyond(self, index: int) -> None:
        """Return once an op with that index has been recorded."""
        while self._count <= index:
            # Each round replaces the event, so all waiters of a round wake up.
            grown = self._grown
            if grown.is_set():
                grown = self._grown = asyncio.Event()
            await grown.wait()

    def flush(self) -> None:
        """Hand everything recorded so far to the operating system."""
        if self._flush_due is not None:
            self._flush_due.cancel()
            self._flush_due = None
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Flush and close the file; further ops stay in memory only."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        self._lines.append(line)
        if self._file is None:
            return
        data = line.encode() + b"\n"
        self._file.write(data)
        self._offsets.append(self._size)
        self._size += len(data)
        if self._flush_due is None:
            loop = asyncio.get_running_loop()
            self._flush_due = loop.call_later(FLUSH_INTERVAL_S, self._flush_is_due)

    def _flush_is_due(self) -> None:
        self._flush_due = None
        self.flush()

    def _lines_from_file(self, start: int, stop: int) -> list[str]:
        if self._path is None or start >= len(self._offsets):
            return []
        self.flush()
        with self._path.open("rb") as file:
            file.seek(self._offsets[start])
            end = self._offsets[stop] if stop < len(self._offsets) else self._size
            data = file.read(end - self._offsets[start])
        return data.decode().split("\n")[:-1]
