"""What do the pollers of event sources do when what they need is gone, and after?

A poller takes what customers put into a source and passes it on as invocations. It
needs the record of its mapping, by the endpoint that the enactors maintain. Whether an
error ends it and who starts it again is its design (`model.poller`): the one of SQS
crashes, and as built nobody but operators starts it again; the one of Kinesis polls on
and is behind.

A crash here is the end of the polling, not of the process around it, which is where a
supervisor lives. Operators start the process anew.

The dangerous order: a message is passed on before it is taken off its source, and a
record before the place in the stream is noted. A crash in between delivers twice and
loses nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from gameday.aws.metrics import datum, tell_metrics
from gameday.aws.queues import BATCH_MAX
from gameday.aws.requests import parse_request
from gameday.clock import monotonic_ms
from gameday.errors import Indeterminate
from gameday.model.invocations_seen import (
    POLLER_DIMENSION,
    POLLERS_NAMESPACE,
    POLLS_METRIC,
)
from gameday.model.poller import Poller, after_poll, is_restart_due, restart
from gameday.region.services.invocations import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.event_stream import EventStream
    from gameday.aws.functions import FunctionTable
    from gameday.aws.requests import RequestQueue
    from gameday.clock import Clock
    from gameday.model.poller import PollerDesign

__all__ = [
    "CLICKS_STREAM",
    "ORDERS_QUEUE",
    "QueueSource",
    "Source",
    "SourcePoller",
    "StreamSource",
]

ORDERS_QUEUE = "gameday-orders"
CLICKS_STREAM = "gameday-clicks"

logger = logging.getLogger(__name__)


class Source(Protocol):
    """What a poller polls."""

    def prepare(self) -> None:
        """Make what must be there before the first poll."""
        ...

    def poll(self) -> int:
        """Pass on one batch; return how many were in it.

        Raises an error of AWS or Indeterminate when something was out of reach.
        """
        ...


class QueueSource:
    """A customer's SQS queue."""

    def __init__(
        self, *, source: RequestQueue, target: RequestQueue, mappings: FunctionTable
    ) -> None:
        self._source = source
        self._target = target
        self._mappings = mappings

    def prepare(self) -> None:
        """Make both queues."""
        self._source.prepare()
        self._target.prepare()

    def poll(self) -> int:
        """Pass on one batch."""
        if not self._mappings.is_active(FUNCTION):
            return 0
        taken = self._source.keep(BATCH_MAX)
        self._target.pass_on(taken)
        self._source.done(taken)
        return len(taken)


class StreamSource:
    """A customer's Kinesis stream of one shard."""

    def __init__(self, *, source: EventStream, target: RequestQueue) -> None:
        self._source = source
        self._target = target

    def prepare(self) -> None:
        """Make the stream and the queue."""
        self._source.prepare()
        self._target.prepare()

    def poll(self) -> int:
        """Pass on one batch, from the place that was noted last."""
        records = self._source.next(BATCH_MAX)
        self._target.pass_on([parse_request(record.data) for record in records])
        if records:
            self._source.note(records[-1])
        return len(records)


class SourcePoller:
    """Polls one source, as its design says.

    Args:
        name: of the poller.
        source: what it polls.
        design: what an error does, and who starts it again.
        batches: returns how many batches a turn may take now.
        cloudwatch: where each poll is told.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        name: str,
        source: Source,
        design: PollerDesign,
        batches: Callable[[], int],
        cloudwatch: Any,
        clock: Clock,
    ) -> None:
        self._name = name
        self._source = source
        self._design = design
        self._batches = batches
        self._cloudwatch = cloudwatch
        self._clock = clock
        self.poller = Poller()

    def turn(self) -> bool:
        """Poll if it runs; never busy, the next poll comes when its time has come."""
        if not self.poller.is_running:
            if not is_restart_due(
                self.poller, design=self._design, now_ms=monotonic_ms(self._clock)
            ):
                return False
            logger.info("%s is started again by its supervisor", self._name)
            self.poller = restart(self.poller)
        reached = self._poll()
        self._tell(reached=reached)
        self.poller = after_poll(
            self.poller,
            reached=reached,
            design=self._design,
            now_ms=monotonic_ms(self._clock),
        )
        return False

    def _poll(self) -> bool:
        """Take as many batches as a turn may; return whether all was reached."""
        try:
            for _ in range(self._batches()):
                if not self._source.poll():
                    break
        except (BotoCoreError, ClientError, Indeterminate) as error:
            logger.warning("%s did not reach what it needs: %s", self._name, error)
            return False
        return True

    def _tell(self, *, reached: bool) -> None:
        dimensions = {POLLER_DIMENSION: self._name}
        tell_metrics(
            self._cloudwatch,
            POLLERS_NAMESPACE,
            [datum(POLLS_METRIC, float(reached), **dimensions)],
            what=f"a poll of {self._name}",
        )
