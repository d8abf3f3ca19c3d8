"""How long does a loser wait before it tries again, and may it try at all?

`Backoff` and `FullJitter` wait in an exponentially growing window ("Exponential
Backoff and Jitter", AWS Architecture Blog, 2015: equal jitter, full jitter).
Jitter spreads the losers; it promises no fairness, which is how one enactor can
lose a lock many times running.

`RetryQuota` is a token bucket (Brooker, "Fixing retries with token buckets and
circuit breakers", 2022; botocore's standard mode has 500 tokens, 14 a retry, 1 back
a success). It caps what retries add to a load. It does not cure a fleet of leases:
the next renewal is a first try, which no quota counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "AT_ONCE",
    "Backoff",
    "FixedWait",
    "FullJitter",
    "RetryQuota",
    "RetryQuotaRule",
    "Wait",
]

_DOUBLINGS_MAX = 30


class Wait(Protocol):
    """How long to wait after a number of losses in a row."""

    @property
    def settled_mean_ms(self) -> float:
        """The mean wait once it no longer grows."""
        ...

    def wait_ms(self, losses: int, *, draw: float) -> float:
        """Return the wait after `losses` losses (at least 1); `draw` in [0, 1)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A back-off window of which half is fixed, so that no wait is too short.

    Attributes:
        first_ms: the window after the first loss.
        last_ms: the window never grows beyond this.
    """

    first_ms: int
    last_ms: int

    def __post_init__(self) -> None:
        """Refuse a window that is empty or shrinks."""
        _raise_unless_a_window(self.first_ms, self.last_ms)

    @property
    def settled_mean_ms(self) -> float:
        """The mean wait once the window no longer grows."""
        return self.last_ms * 3 / 4

    def wait_ms(self, losses: int, *, draw: float) -> float:
        """Return the wait after `losses` losses in a row (at least 1).

        `draw` is uniform in [0, 1).
        """
        window_ms = _window_ms(self.first_ms, self.last_ms, losses)
        return window_ms / 2 + draw * window_ms / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FullJitter:
    """A back-off window of which every part is as likely.

    Attributes:
        first_ms: the window after the first loss.
        last_ms: the window never grows beyond this.
    """

    first_ms: int
    last_ms: int

    def __post_init__(self) -> None:
        """Refuse a window that is empty or shrinks."""
        _raise_unless_a_window(self.first_ms, self.last_ms)

    @property
    def settled_mean_ms(self) -> float:
        """The mean wait once the window no longer grows."""
        return self.last_ms / 2

    def wait_ms(self, losses: int, *, draw: float) -> float:
        """Return the wait after `losses` losses in a row (at least 1).

        `draw` is uniform in [0, 1).
        """
        return draw * _window_ms(self.first_ms, self.last_ms, losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWait:
    """The same wait after every loss."""

    period_ms: int

    def __post_init__(self) -> None:
        """Refuse a wait that ends before it begins."""
        if self.period_ms < 0:
            raise ValueError(f"need period_ms >= 0, not {self.period_ms}")

    @property
    def settled_mean_ms(self) -> float:
        """The period."""
        return float(self.period_ms)

    def wait_ms(self, losses: int, *, draw: float) -> float:  # noqa: ARG002
        """Return the period."""
        return float(self.period_ms)


AT_ONCE = FixedWait(period_ms=0)
"""No wait at all: how the droplet workflow manager was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryQuotaRule:
    """What retries may take; the defaults are those of botocore's standard mode.

    Attributes:
        tokens_max: what the bucket holds, and holds at the start.
        retry_cost: what one retry takes.
        success_refund: what one success gives back.
    """

    tokens_max: int = 500
    retry_cost: int = 14
    success_refund: int = 1

    def __post_init__(self) -> None:
        """Refuse a quota that never allows a retry or never refuses one."""
        if not 0 < self.retry_cost <= self.tokens_max or self.success_refund < 0:
            raise ValueError(
                f"need 0 < retry_cost <= tokens_max and success_refund >= 0, not {self}"
            )


class RetryQuota:
    """The tokens that are left for retries."""

    __slots__ = ("_rule", "_tokens")

    def __init__(self, rule: RetryQuotaRule) -> None:
        self._rule = rule
        self._tokens = rule.tokens_max

    def take(self) -> bool:
        """Take what one retry costs; return whether it was there."""
        if self._tokens < self._rule.retry_cost:
            return False
        self._tokens -= self._rule.retry_cost
        return True

    def refund(self) -> None:
        """Give back what one success earns."""
        self._tokens = min(
            self._rule.tokens_max, self._tokens + self._rule.success_refund
        )


def _raise_unless_a_window(first_ms: int, last_ms: int) -> None:
    if not 0 < first_ms <= last_ms:
        raise ValueError(
            f"need 0 < first_ms <= last_ms, not first_ms={first_ms}, last_ms={last_ms}"
        )


def _window_ms(first_ms: int, last_ms: int, losses: int) -> float:
    doublings = min(max(losses, 1) - 1, _DOUBLINGS_MAX)
    return float(min(last_ms, first_ms << doublings))
