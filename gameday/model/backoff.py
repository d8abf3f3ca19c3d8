"""How long does a loser wait before it tries again?

Full jitter over an exponentially growing window ("Exponential Backoff and
Jitter", AWS Architecture Blog, 2015). Jitter spreads the losers; it promises
no fairness, which is how one enactor can lose a lock many times running.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Backoff"]

_DOUBLINGS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A back-off window.

    Attributes:
        first_ms: the window after the first loss.
        last_ms: the window never grows beyond this.
    """

    first_ms: int
    last_ms: int

    def __post_init__(self) -> None:
        """Refuse a window that is empty or shrinks."""
        if not 0 < self.first_ms <= self.last_ms:
            raise ValueError(f"need 0 < first_ms <= last_ms, not {self}")

    def wait_ms(self, losses: int, *, draw: float) -> float:
        """Return the wait after `losses` losses in a row (at least 1).

        `draw` is uniform in [0, 1). Half of the window is fixed, so that a
        wait is never too short to matter.
        """
        doublings = min(max(losses, 1) - 1, _DOUBLINGS_MAX)
        window_ms = float(min(self.last_ms, self.first_ms << doublings))
        return window_ms / 2 + draw * window_ms / 2
