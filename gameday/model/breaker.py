"""When does a client stop calling what fails, and how does it start again?

Closed, every attempt may start. When the share of failures is too high the breaker
opens, and for a while none may. Then a few probes are let in, and the first outcome
decides. Two ways back:

* `slow_start_per_s` is None: a probe that succeeds closes the breaker fully. All who
  waited start at once, and the herd brings the collapse back.
* a rate: the breaker lets leases be established again at that rate, renewals
  freely, and closes once nobody waits any more.

An attempt that began before the present state says nothing about it: the time-outs
of a herd arrive long after the breaker opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gameday.model.token_bucket import NEVER_MS, TokenBucket

__all__ = ["Breaker", "BreakerRule", "BreakerState"]


class BreakerState(StrEnum):
    """What the breaker lets in."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    SLOW_START = "slow-start"
    """Half open to the class that did the harm: leases to establish are paced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRule:
    """When a breaker opens, for how long, and how it closes.

    Attributes:
        window_ms: outcomes are counted over windows of this length.
        outcomes_min: fewer outcomes than these in a window decide nothing.
        failure_share: this share of failures or more opens the breaker.
        open_ms: how long nothing is let in.
        probes: attempts let in while it is half open.
        slow_start_per_s: leases that may be established a second while it
            closes; None closes it fully at the first success.
    """

    window_ms: int
    open_ms: int
    outcomes_min: int = 20
    failure_share: float = 0.5
    probes: int = 1
    slow_start_per_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse a breaker that cannot open or never lets a probe in."""
        if min(self.window_ms, self.open_ms, self.outcomes_min, self.probes) < 1:
            raise ValueError(f"window, open time, outcomes, probes: >= 1, not {self}")
        if not 0 < self.failure_share <= 1:
            raise ValueError(f"need 0 < failure_share <= 1, not {self.failure_share}")


class Breaker:
    """The state of one breaker.

    Attributes:
        state: what it lets in now; `ready_at_ms` says when that may change.
    """

    __slots__ = (
        "_failures",
        "_open_until_ms",
        "_outcomes",
        "_probes_left",
        "_rule",
        "_since_ms",
        "_starts",
        "_window_ends_ms",
        "state",
    )

    def __init__(self, rule: BreakerRule) -> None:
        self._rule = rule
        self.state = BreakerState.CLOSED
        self._since_ms = -NEVER_MS
        self._open_until_ms = 0
        self._probes_left = 0
        self._starts: TokenBucket | None = None
        self._window_ends_ms = 0
        self._outcomes = self._failures = 0

    def ready_at_ms(self, *, establishing: bool, now_ms: int) -> int:
        """Return when an attempt of this class may start, NEVER_MS while it may not.

        NEVER_MS is answered while the probes are out: their outcome decides.
        """
        match self.state:
            case BreakerState.CLOSED:
                return now_ms
            case BreakerState.OPEN:
                return max(now_ms, self._open_until_ms)
            case BreakerState.HALF_OPEN:
                return now_ms if self._probes_left else NEVER_MS
            case BreakerState.SLOW_START:
                if not establishing or self._starts is None:
                    return now_ms
                return self._starts.ready_at_ms(now_ms)

    def let_in(self, *, establishing: bool, now_ms: int) -> None:
        """Count an attempt that starts now; `ready_at_ms` must have said so."""
        if self.state is BreakerState.OPEN:
            self._enter(BreakerState.HALF_OPEN, now_ms)
            self._probes_left = self._rule.probes
        if self.state is BreakerState.HALF_OPEN:
            self._probes_left -= 1
        elif self._starts is not None and establishing:
            self._starts.take(now_ms)

    def record(self, *, succeeded: bool, began_at_ms: int, now_ms: int) -> bool:
        """Take in how an attempt ended; return whether that opened the breaker."""
        if began_at_ms < self._since_ms or self.state is BreakerState.OPEN:
            return False
        if self.state is BreakerState.HALF_OPEN:
            if succeeded:
                self._start_to_close(now_ms)
            else:
                self._open(now_ms)
            return not succeeded
        if now_ms >= self._window_ends_ms:
            self._window_ends_ms = now_ms + self._rule.window_ms
            self._outcomes = self._failures = 0
        self._outcomes += 1
        self._failures += not succeeded
        failed_too_often = (
            self._outcomes >= self._rule.outcomes_min
            and self._failures >= self._rule.failure_share * self._outcomes
        )
        if failed_too_often:
            self._open(now_ms)
        return failed_too_often

    def nobody_waits(self, now_ms: int) -> None:
        """End a slow start: everybody who waited has been let in."""
        if self.state is BreakerState.SLOW_START:
            self._starts = None
            self._enter(BreakerState.CLOSED, now_ms)

    def _start_to_close(self, now_ms: int) -> None:
        if self._rule.slow_start_per_s is None:
            self._enter(BreakerState.CLOSED, now_ms)
        else:
            self._starts = TokenBucket(per_s=self._rule.slow_start_per_s, now_ms=now_ms)
            self._enter(BreakerState.SLOW_START, now_ms)

    def _open(self, now_ms: int) -> None:
        self._starts = None
        self._open_until_ms = now_ms + self._rule.open_ms
        self._enter(BreakerState.OPEN, now_ms)

    def _enter(self, state: BreakerState, now_ms: int) -> None:
        self.state = state
        self._since_ms = now_ms
        self._window_ends_ms = 0
