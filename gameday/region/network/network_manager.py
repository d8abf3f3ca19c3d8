"""How does the network manager make launches and terminations known to the network?

One change after the other, in the order of its queue. A change takes its time, the
network is told, the network confirms, and only then is the change's version
acknowledged and its message deleted (`model/network_change.py`). It decides as
`model/propagation.py`: what waits behind a long queue waits for all of it.

It keeps nothing that matters. One that is killed leaves its change in flight; the
message comes again after the visibility timeout, and the instance's row says how far
the change had got. Two at a time do each other no harm: only one of them moves the
number, the other looks again.

The dangerous ordering: acknowledge, then lose the network's change. The network is
another program, which may be down; without its confirmation the queue stands still.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.network_change import ChangeKind, NetworkChange, parse_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.network_table import NetworkTable
    from gameday.aws.queues import Message, MessageQueue
    from gameday.clock import Clock

__all__ = ["NetworkManager"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _InHand:
    """The change that is being propagated."""

    message: Message
    change: NetworkChange
    version: int


class NetworkManager:
    """Propagates one change at a time.

    Args:
        changes: the queue of what happened to instances.
        table: where the network is told, and confirms.
        change_ms: how long a change of a version takes to propagate.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        changes: MessageQueue,
        table: NetworkTable,
        change_ms: Callable[[int], float],
        clock: Clock,
    ) -> None:
        self._changes = changes
        self._table = table
        self._change_ms = change_ms
        self._clock = clock
        self._in_hand: _InHand | None = None

    def turn(self) -> bool:
        """Take the next change, or see whether the one in hand is confirmed.

        Return whether it came any further.
        """
        if self._in_hand is None:
            return self._take()
        return self._finish(self._in_hand)

    def _take(self) -> bool:
        messages = self._changes.receive(at_most=1)
        if not messages:
            return False
        (message,) = messages
        try:
            change = parse_change(message.body)
        except ValueError as error:
            logger.warning("dropped: %s", error)
            self._changes.delete(messages)
            return True
        self._begin(message, change)
        return True

    def _begin(self, message: Message, change: NetworkChange) -> None:
        """Propagate a change, unless an earlier life of this manager has."""
        propagated = self._table.propagated()
        row = self._table.instance(change.instance)
        version = propagated + 1
        if not change.is_new_after(row):
            if row is None or row.kind is not change.kind or row.version <= propagated:
                self._close(message, change)
                return
            version = row.version
        self._clock.sleep_ms(self._change_ms(version))
        self._table.tell(change, version=version)
        self._in_hand = _InHand(message=message, change=change, version=version)

    def _finish(self, in_hand: _InHand) -> bool:
        row = self._table.instance(in_hand.change.instance)
        if row is None or row.version != in_hand.version:
            # Another manager was faster; the message comes again and says so.
            self._in_hand = None
            return True
        if not row.is_confirmed:
            return False
        acknowledged = self._table.acknowledge(in_hand.version)
        self._in_hand = None
        if acknowledged or self._table.propagated() >= in_hand.version:
            self._close(in_hand.message, in_hand.change)
        return True

    def _close(self, message: Message, change: NetworkChange) -> None:
        if change.kind is ChangeKind.TERMINATED:
            self._table.forget(change.instance)
        self._changes.delete((message,))
        logger.info("%s is propagated", change.key)
