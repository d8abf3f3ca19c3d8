"""What time is it, and how does one wait?

The one home of wall-clock time. Programs take a `Clock`; only `SystemClock`
reads the machine. Waiting is a call on the clock, so that another driver can
make it a step of virtual time.

Times are integer milliseconds since the Unix epoch unless a name says `_ns`.
"""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]


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
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

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
