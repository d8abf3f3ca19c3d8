"""When may the next one go, at a given rate?

Tokens are taken at the moment of release and never booked ahead: a slot that was
promised to a droplet outlives the droplet's lease, and slots promised in an outage
hold everybody back after it.
"""

from __future__ import annotations

import math

__all__ = ["NEVER_MS", "TokenBucket"]

NEVER_MS = 1 << 62
"""Later than any time of a run."""


class TokenBucket:
    """A bucket that fills at a rate and is full at the start."""

    __slots__ = ("_burst", "_filled_at_ms", "_per_ms", "_tokens")

    def __init__(self, *, per_s: float, now_ms: int, burst: int = 1) -> None:
        if per_s <= 0 or burst < 1:
            raise ValueError(f"need per_s > 0 and burst >= 1, not {per_s}, {burst}")
        self._per_ms = per_s / 1000
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at_ms = now_ms

    def ready_at_ms(self, now_ms: int) -> int:
        """Return when a token is there: `now_ms` if one is there now."""
        self._fill(now_ms)
        missing = 1 - self._tokens
        return now_ms if missing <= 0 else now_ms + math.ceil(missing / self._per_ms)

    def take(self, now_ms: int) -> None:
        """Take a token that `ready_at_ms` said is there."""
        self._fill(now_ms)
        self._tokens -= 1

    def _fill(self, now_ms: int) -> None:
        gained = (now_ms - self._filled_at_ms) * self._per_ms
        self._tokens = min(self._burst, self._tokens + gained)
        self._filled_at_ms = now_ms
