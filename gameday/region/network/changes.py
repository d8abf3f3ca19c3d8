"""How does EC2's launch path tell the network manager, and may it launch more?

Every launch and every termination is one message, in the order in which they happened.
A change that could not be sent stays here and goes first the next time; its key makes
one message of it however often it is sent.

As built the queue takes whatever comes. With a bound no instance is launched while more
changes wait: that is the safeguard which AWS promised, admission by the size of the
waiting queue. A region is built with it, or operators set it and let it go again. A
termination is never refused; it frees what somebody is done with.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, LaunchRefused
from gameday.model.launch import Refusal
from gameday.model.propagation import has_room

if TYPE_CHECKING:
    from gameday.aws.queues import MessageQueue
    from gameday.model.network_change import NetworkChange

__all__ = ["NetworkChanges"]

_GROUP = "network"

logger = logging.getLogger(__name__)


class NetworkChanges:
    """The way to the network manager.

    Args:
        queue: that it takes changes from.
        backlog_max: no launch while so many wait, where operators have set no other
            bound; None bounds nothing.
    """

    def __init__(self, queue: MessageQueue, *, backlog_max: int | None) -> None:
        self._queue = queue
        self._backlog_max = backlog_max
        self._unsent: deque[NetworkChange] = deque()

    def put(self, change: NetworkChange) -> bool:
        """Send a change after all that came before it; return whether it was sent."""
        if change not in self._unsent:
            self._unsent.append(change)
        return self.flush()

    def flush(self) -> bool:
        """Send what could not be sent before; return whether nothing is left."""
        while self._unsent:
            change = self._unsent[0]
            try:
                self._queue.send(change.render(), group=_GROUP, key=change.key)
            except (BotoCoreError, ClientError, Indeterminate) as error:
                logger.warning("%s is sent again: %s", change.key, error)
                return False
            self._unsent.popleft()
        return True

    def raise_if_full(self, *, operators_max: int | None) -> None:
        """Raise LaunchRefused while the queue is as long as it may get.

        The operators' bound wins over the one that was built in.

        Raises the last botocore error when its length cannot be told: then a launch
        is refused as well, because nobody knows that there is room.
        """
        backlog_max = operators_max or self._backlog_max
        if backlog_max is None:
            return
        backlog = self._queue.depth() + len(self._unsent)
        if not has_room(backlog, backlog_max=backlog_max):
            raise LaunchRefused(
                Refusal.REQUEST_LIMIT,
                f"{backlog} network changes wait, {backlog_max} may",
            )
