"""What do customers put in, without waiting for it?

So many asynchronous invocations, messages and records a second, as long as their own
way there works. Nobody waits for a reply; what cannot be put in now is not put in
later, except by what the queues themselves hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gameday.aws.requests import Request
from gameday.clock import monotonic_ms

if TYPE_CHECKING:
    from gameday.clock import Clock

__all__ = ["Traffic"]

_PER_TURN_MAX = 100

Put = Callable[[list[Request]], None]


class Traffic:
    """Customers of event sources and of asynchronous invocations.

    Args:
        per_s: how much of each kind a second.
        put: puts requests of each kind in.
        clock: of the host.
    """

    def __init__(
        self, *, per_s: Mapping[str, float], put: Mapping[str, Put], clock: Clock
    ) -> None:
        self._per_s = per_s
        self._put = put
        self._clock = clock
        self._put_ms = dict.fromkeys(per_s, float(monotonic_ms(clock)))

    def turn(self) -> bool:
        """Put in what is due since the last turn; never busy."""
        now_ms = monotonic_ms(self._clock)
        for kind, per_s in self._per_s.items():
            due = int((now_ms - self._put_ms[kind]) * per_s / 1000)
            if due:
                self._put_ms[kind] += due * 1000 / per_s
                self._put[kind](
                    [Request(id="", reply_to="", body={})] * min(due, _PER_TURN_MAX)
                )
        return False
