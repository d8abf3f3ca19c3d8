"""What time is it, and how does one wait?

The one home of wall-clock time. Programs take a `Clock`; only `SystemClock`
reads the machine. Waiting is a call on the clock, so that another driver can
make it a step of virtual time.

A host's clock may be wrong. The program of a host whose clock a game day may set is
started with `OFFSET_VARIABLE`: the file of its offset, which `SystemClock` maps and
adds to every wall-clock time. The monotonic clock never changes, as no correction
of a host's time changes it. Eight aligned bytes are written and read as one word,
so a reader sees the old offset or the new one.

Times are integer milliseconds since the Unix epoch unless a name says `_ns`.
"""

from __future__ import annotations

import functools
import mmap
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

__all__ = [
    "OFFSET_VARIABLE",
    "Clock",
    "ManualClock",
    "SystemClock",
    "map_offset",
    "monotonic_ms",
    "utc_now",
]

OFFSET_VARIABLE = "GAMEDAY_CLOCK_OFFSET"
"""Names the file by which this process's wall clock is set; none: it is right."""

_OFFSET_BYTES = 8


class Clock(Protocol):
    """A source of time and the only way to let it pass."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds from an arbitrary origin; never goes back."""
        ...

    def sleep_ms(self, duration_ms: float) -> None:
        """Let `duration_ms` milliseconds pass."""
        ...


class SystemClock:
    """The machine's clock, wrong by as much as `OFFSET_VARIABLE` says."""

    def __init__(self) -> None:
        file = os.environ.get(OFFSET_VARIABLE)
        self._offset = _mapped_once(file) if file else None

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000 + self.offset_ms()

    def offset_ms(self) -> int:
        """Return by how much the wall clock is ahead of the machine's."""
        return 0 if self._offset is None else self._offset[0]

    def monotonic_ns(self) -> int:
        """Return nanoseconds from an arbitrary origin; never goes back."""
        return time.monotonic_ns()

    def sleep_ms(self, duration_ms: float) -> None:
        """Block the calling thread for `duration_ms` milliseconds."""
        if duration_ms > 0:
            time.sleep(duration_ms / 1000)


class ManualClock:
    """A clock that moves only when it is told to: for tests and simulation."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return self._now_ms

    def monotonic_ns(self) -> int:
        """Return nanoseconds from an arbitrary origin; never goes back."""
        return self._now_ms * 1_000_000

    def sleep_ms(self, duration_ms: float) -> None:
        """Advance this clock by `duration_ms` milliseconds at once."""
        self._now_ms += round(duration_ms)


def monotonic_ms(clock: Clock) -> int:
    """Return milliseconds from an arbitrary origin; never goes back."""
    return clock.monotonic_ns() // 1_000_000


def utc_now(clock: Clock | None = None) -> datetime:
    """Return a wall clock's time in UTC, to the millisecond: for dates on a wire.

    Args:
        clock: whose; None for the machine's.
    """
    return datetime.fromtimestamp((clock or SystemClock()).now_ms() / 1000, UTC)


def map_offset(file: Path, *, writable: bool = False) -> memoryview:
    """Return the offset in `file` as a view of one integer, milliseconds.

    Args:
        file: eight bytes; an empty or missing one is made so when `writable`.
        writable: whether the view can be written to; other processes read what
            is written at once.

    Raises:
        OSError: there is no such file.
        ValueError: it is not one of offsets.
    """
    with file.open("a+b" if writable else "rb") as stream:
        if writable and stream.seek(0, os.SEEK_END) < _OFFSET_BYTES:
            stream.truncate(_OFFSET_BYTES)
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        mapped = mmap.mmap(stream.fileno(), _OFFSET_BYTES, access=access)
    return memoryview(mapped).cast("q")


@functools.cache
def _mapped_once(file: str) -> memoryview:
    return map_offset(Path(file))
