"""What can an operator or a developer change about the programs of a region?

`Levers()` is everything as it was built. The droplet workflow manager: first in first
out, without a bound, every failure tried again at once, nothing dropped, nothing paced.
The launch path: however many network changes wait, one more may. Load balancing: zones
leave DNS by themselves, as fast as the checks say. Services reach DynamoDB by its name.
Invocations: a shortage spares nobody, and a poller takes one batch at a time. A lever
may be pulled and let go while programs run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.admission import ALL_IN, AdmissionRule
from gameday.model.backoff import AT_ONCE, RetryQuotaRule, Wait
from gameday.model.shortage import Protects
from gameday.model.work_queue import PLAIN_FIFO, QueueRule
from gameday.model.zonal_failover import Failover

if TYPE_CHECKING:
    from gameday.model.velocity import Velocity

__all__ = ["AS_BUILT", "InvocationLevers", "Levers"]

_BATCHES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationLevers:
    """What operators can do about invocations of functions.

    Attributes:
        protects: whom a shortage spares.
        poller_batches: how many batches a poller takes in a turn; more than one
            drains a backlog.
    """

    protects: Protects = Protects.NOBODY
    poller_batches: int = 1

    def __post_init__(self) -> None:
        """Refuse pollers that poll nothing, or without end."""
        if not 1 <= self.poller_batches <= _BATCHES_MAX:
            raise ValueError(
                f"poller_batches is {self.poller_batches}, and should be from 1 to "
                f"{_BATCHES_MAX}"
            )


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
        network_backlog_max: no instance is launched while so many network changes wait;
            None bounds nothing, or leaves the bound that the region was built with.
        internal_path_for: the programs that operators have pinned to the path to
            DynamoDB that needs no public name.
        failover: whether unhealthy zones of a load balancer leave DNS by themselves.
        velocity: how much of it may leave, and how fast; None sets no limit, or
            leaves the one that the region was built with.
        invocations: of functions.
    """

    queue: QueueRule = PLAIN_FIFO
    admission: AdmissionRule = ALL_IN
    wait: Wait = AT_ONCE
    quota: RetryQuotaRule | None = None
    keep_on_unavailable: bool = False
    network_backlog_max: int | None = None
    internal_path_for: tuple[str, ...] = ()
    failover: Failover = Failover.ON
    velocity: Velocity | None = None
    invocations: InvocationLevers = InvocationLevers()

    def __post_init__(self) -> None:
        """Refuse a bound under which nothing would ever be launched."""
        if self.network_backlog_max is not None and self.network_backlog_max < 1:
            raise ValueError(
                f"need network_backlog_max >= 1, not {self.network_backlog_max}: every "
                "launch is refused"
            )


AS_BUILT = Levers()
"""The region of October 2025."""
