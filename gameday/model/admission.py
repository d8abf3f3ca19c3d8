"""Which attempts may start now, and who waits to be let in?

Admission stands in front of the work queue. A droplet that may not start waits in a
line, once, without an attempt and so without a deadline: it is let in when a token
is there, not promised a time ahead.

It knows two classes. To establish a lost lease is the work that floods the queue; to
renew a held one is the work that keeps leases from getting lost. A throttle that
does not tell them apart starves renewals: at `per_s` it keeps at most
per_s * lease / droplets of the fleet valid, for ever.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from gameday.model.breaker import Breaker, BreakerRule
from gameday.model.token_bucket import NEVER_MS, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALL_IN", "Admission", "AdmissionRule", "Throttle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """A rate at which attempts may start.

    Attributes:
        per_s: attempts a second.
        burst: attempts that may start at once after a pause.
        renewals_too: pace renewals by the same tokens, in order of arrival;
            else renewals pass, and only establishing is paced.
    """

    per_s: float
    burst: int = 1
    renewals_too: bool = False

    def __post_init__(self) -> None:
        """Refuse a throttle that lets nobody in."""
        if self.per_s <= 0 or self.burst < 1:
            raise ValueError(f"need per_s > 0 and burst >= 1, not {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRule:
    """What stands between a due droplet and the queue; nothing, as built."""

    throttle: Throttle | None = None
    breaker: BreakerRule | None = None


ALL_IN = AdmissionRule()


class Admission:
    """The line of droplets that wait to be let in.

    Droplets are numbers; `held_until_ms` gives each one's lease. A lease may run
    out while its droplet waits, so the class is judged again at release.

    Attributes:
        waiting: how many droplets wait.
        is_open: anybody may start at any time, and no outcome matters: nobody needs
            to ask.
    """

    __slots__ = (
        "_breaker",
        "_establish",
        "_goes_by_arrival",
        "_paces_renewals",
        "_renew",
        "_throttle",
        "_tickets",
        "is_open",
        "waiting",
    )

    def __init__(self, rule: AdmissionRule, *, now_ms: int) -> None:
        self.waiting = 0
        self._establish: deque[tuple[int, int]] = deque()
        self._renew: deque[tuple[int, int]] = deque()
        self._tickets = count()
        self.obey(rule, now_ms=now_ms)

    def obey(self, rule: AdmissionRule, *, now_ms: int) -> None:
        """Change the rule; those who wait are let in by the new one."""
        throttle = rule.throttle
        self._paces_renewals = throttle is not None and throttle.renewals_too
        self._goes_by_arrival = self._paces_renewals or (
            rule.breaker is not None and rule.breaker.slow_start_per_s is None
        )
        self._throttle = (
            TokenBucket(per_s=throttle.per_s, burst=throttle.burst, now_ms=now_ms)
            if throttle
            else None
        )
        self._breaker = Breaker(rule.breaker) if rule.breaker else None
        self._note_waiting(0)

    def admit(self, droplet: int, *, establishing: bool, now_ms: int) -> bool:
        """Answer whether the droplet may start now; if not, it waits in the line."""
        line = self._establish if establishing else self._renew
        before = self.waiting if self._goes_by_arrival else len(line)
        if (
            not before
            and self._ready_at_ms(establishing=establishing, now_ms=now_ms) <= now_ms
        ):
            self._let_in(establishing=establishing, now_ms=now_ms)
            return True
        line.append((next(self._tickets), droplet))
        self._note_waiting(1)
        return False

    def release(self, held_until_ms: Sequence[int], *, now_ms: int) -> int | None:
        """Return the next droplet that may start now, None when none may."""
        if not self._goes_by_arrival:
            while self._renew and held_until_ms[self._renew[0][1]] <= now_ms:
                self._establish.append(self._renew.popleft())
        for line in self._lines():
            establishing = line is self._establish
            if self._ready_at_ms(establishing=establishing, now_ms=now_ms) > now_ms:
                continue
            _, droplet = line.popleft()
            self._note_waiting(-1)
            self._let_in(establishing=establishing, now_ms=now_ms)
            return droplet
        return None

    def release_at_ms(self, now_ms: int) -> int:
        """Return when `release` may have somebody to let in, NEVER_MS if unknown.

        An outcome (`record`) or another rule may bring it forward.
        """
        return min(
            (
                self._ready_at_ms(establishing=line is self._establish, now_ms=now_ms)
                for line in self._lines()
            ),
            default=NEVER_MS,
        )

    def record(self, *, succeeded: bool, began_at_ms: int, now_ms: int) -> bool:
        """Tell the breaker how an attempt ended; return whether that opened it."""
        return self._breaker is not None and self._breaker.record(
            succeeded=succeeded, began_at_ms=began_at_ms, now_ms=now_ms
        )

    def _note_waiting(self, change: int) -> None:
        self.waiting += change
        self.is_open = not (self._throttle or self._breaker or self.waiting)

    def _lines(self) -> list[deque[tuple[int, int]]]:
        """Return the lines that have somebody, whose turn it is first.

        Renewals go first. What is blind to the class goes by arrival: a throttle on
        both, and a breaker that closes fully.
        """
        lines = [line for line in (self._renew, self._establish) if line]
        if self._goes_by_arrival:
            return sorted(lines, key=lambda line: line[0][0])[:1]
        return lines

    def _ready_at_ms(self, *, establishing: bool, now_ms: int) -> int:
        ready_ms = now_ms
        if self._throttle and (establishing or self._paces_renewals):
            ready_ms = self._throttle.ready_at_ms(now_ms)
        if self._breaker:
            breaker_ms = self._breaker.ready_at_ms(
                establishing=establishing, now_ms=now_ms
            )
            ready_ms = max(ready_ms, breaker_ms)
        return ready_ms

    def _let_in(self, *, establishing: bool, now_ms: int) -> None:
        if self._throttle and (establishing or self._paces_renewals):
            self._throttle.take(now_ms)
        if self._breaker:
            self._breaker.let_in(establishing=establishing, now_ms=now_ms)
            if not self._establish:
                self._breaker.nobody_waits(now_ms)
