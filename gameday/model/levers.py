"""What can an operator or a developer change about the programs of a region?

`Levers()` is the droplet workflow manager as it was built: first in first out, without
a bound, every failure tried again at once, nothing dropped, nothing paced; and services
that reach DynamoDB by its public name. A lever may be pulled and let go while programs
run.
"""

from __future__ import annotations

from dataclasses import dataclass

from gameday.model.admission import ALL_IN, AdmissionRule
from gameday.model.backoff import AT_ONCE, RetryQuotaRule, Wait
from gameday.model.work_queue import PLAIN_FIFO, QueueRule

__all__ = ["AS_BUILT", "Levers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """The switches of one region.

    Attributes:
        queue: order, bound, deadline drop, one place a droplet.
        admission: throttle and breaker.
        wait: what a droplet waits after an attempt that failed or timed out.
        quota: caps the retries of the whole host; a droplet that is denied one
            is due again after the renewal interval, as a first try. None: no cap.
        keep_on_unavailable: an answer of 503 keeps a held lease.
        internal_path_for: the programs that operators have pinned to the path to
            DynamoDB that needs no public name.
    """

    queue: QueueRule = PLAIN_FIFO
    admission: AdmissionRule = ALL_IN
    wait: Wait = AT_ONCE
    quota: RetryQuotaRule | None = None
    keep_on_unavailable: bool = False
    internal_path_for: tuple[str, ...] = ()


AS_BUILT = Levers()
"""The region of October 2025."""
