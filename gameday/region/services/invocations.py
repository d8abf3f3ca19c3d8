"""Which invocations of functions are carried out now, and which fail?

Lambda's invocation path. It needs the function's configuration, by the endpoint that
the enactors maintain, and room on the instances that it has; an instance carries out so
many a second. When there is not enough for all, `share_out` decides; operators may
decide otherwise while it runs.

A synchronous invocation that gets no room is refused at once, because somebody waits.
The others stay in their queues and lose nothing by it, also while the configuration is
out of reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.aws.metrics import tell_metrics
from gameday.aws.queues import BATCH_MAX
from gameday.model.invocations_seen import (
    INVOCATIONS_NAMESPACE,
    Became,
    invocation_data,
)
from gameday.model.shortage import Invocations, Protects, share_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.functions import FunctionTable
    from gameday.aws.requests import Request, RequestQueue
    from gameday.clock import Clock

__all__ = [
    "ASYNC_QUEUE",
    "EVENTS_QUEUE",
    "FUNCTION",
    "FUNCTION_FLEET",
    "SYNC_QUEUE",
    "InvocationQueues",
    "InvocationService",
    "Room",
]

FUNCTION = "orders"
"""The function that customers of the region have."""

FUNCTION_FLEET = "functions"
"""The instances that carry out invocations."""

SYNC_QUEUE = "gameday-invocations"
ASYNC_QUEUE = "gameday-invocations-async"
EVENTS_QUEUE = "gameday-invocations-events"

_SECOND_NS = 1_000_000_000
_IDLE_NS_MAX = 4 * _SECOND_NS

_WAITING_MAX = 1_000
"""More than these are not told apart when capacity is shared out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationQueues:
    """Where invocations arrive, by kind."""

    sync: RequestQueue
    asynchronous: RequestQueue
    event_source: RequestQueue

    def prepare(self) -> None:
        """Make all of them."""
        for queue in (self.sync, self.asynchronous, self.event_source):
            queue.prepare()


class Room:
    """How much work a number of instances has time for.

    Time that they were idle is gone, but for the last seconds: a slow round is followed
    by as much work as it took, and a quiet hour by none.

    Args:
        per_s: what one instance carries out in a second.
        clock: of the host.
    """

    def __init__(self, *, per_s: float, clock: Clock) -> None:
        self._per_s = per_s
        self._clock = clock
        self._left = 0.0
        self._since_ns: int | None = None

    def left(self, *, instances: int) -> int:
        """Return how many invocations they have time for now."""
        now_ns = self._clock.monotonic_ns()
        since_ns = now_ns - _IDLE_NS_MAX if self._since_ns is None else self._since_ns
        self._since_ns = now_ns
        rate = self._per_s * instances
        grown = self._left + rate * (now_ns - since_ns) / _SECOND_NS
        self._left = min(grown, rate * _IDLE_NS_MAX / _SECOND_NS)
        return int(self._left)

    def take(self, invocations: int) -> None:
        """Use so much of it."""
        self._left -= invocations


class InvocationService:
    """Carries out invocations, a round at a time.

    Args:
        queues: where they arrive.
        functions: the configurations, by the managed endpoint.
        room: what the instances can carry out.
        instances: returns how many can carry out invocations now.
        protects: returns whom a shortage spares now.
        cloudwatch: where the outcomes are told.
    """

    def __init__(
        self,
        *,
        queues: InvocationQueues,
        functions: FunctionTable,
        room: Room,
        instances: Callable[[], int],
        protects: Callable[[], Protects],
        cloudwatch: Any,
    ) -> None:
        self._queues = queues
        self._functions = functions
        self._room = room
        self._instances = instances
        self._protects = protects
        self._cloudwatch = cloudwatch

    def turn(self) -> bool:
        """Carry out one round; never busy, a round takes as long as its work."""
        callers = self._queues.sync.take(BATCH_MAX)
        asked = Invocations(
            sync=len(callers),
            asynchronous=min(self._queues.asynchronous.waiting(), _WAITING_MAX),
            event_source=min(self._queues.event_source.waiting(), _WAITING_MAX),
        )
        if not asked.total:
            return False
        capacity = self._room.left(instances=self._instances())
        served = share_out(asked, capacity=capacity, protects=self._protects())
        why = self._why_not()
        if why:
            self._refuse(callers, why)
            self._tell({Became.FAILED: Invocations(sync=asked.sync)})
            return False
        self._answer(callers[: served.sync])
        self._refuse(callers[served.sync :], "TooManyRequestsException: no capacity")
        carried_out = Invocations(
            sync=served.sync,
            asynchronous=self._carry_out(
                self._queues.asynchronous, served.asynchronous
            ),
            event_source=self._carry_out(
                self._queues.event_source, served.event_source
            ),
        )
        self._room.take(served.total)
        self._tell(
            {
                Became.SERVED: carried_out,
                Became.REFUSED: Invocations(sync=asked.sync - served.sync),
                Became.WAITS: Invocations(
                    asynchronous=asked.asynchronous - served.asynchronous,
                    event_source=asked.event_source - served.event_source,
                ),
            }
        )
        return False

    def _why_not(self) -> str:
        """Return why the function cannot be invoked, "" when it can."""
        try:
            if self._functions.is_active(FUNCTION):
                return ""
        except (BotoCoreError, ClientError) as error:
            return f"ServiceException: {error}"
        return "ResourceNotFoundException: there is no such function"

    def _carry_out(self, queue: RequestQueue, count: int) -> int:
        taken = queue.keep(count) if count else ()
        for request in taken:
            queue.answer(request)
        queue.done(taken)
        return len(taken)

    def _answer(self, callers: tuple[Request, ...]) -> None:
        for caller in callers:
            self._queues.sync.answer(caller)

    def _refuse(self, callers: tuple[Request, ...], why: str) -> None:
        for caller in callers:
            self._queues.sync.answer(caller, refusal=why)

    def _tell(self, became: dict[Became, Invocations]) -> None:
        data = invocation_data(became)
        if data:
            tell_metrics(
                self._cloudwatch,
                INVOCATIONS_NAMESPACE,
                data,
                what="what became of invocations",
            )
