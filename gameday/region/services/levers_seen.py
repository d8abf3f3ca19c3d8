"""What have operators set, as a program of the region last read it?

Read again after a while, and kept when it cannot be read: an operator's lever must not
fall back because of the outage that it was pulled in.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.clock import monotonic_ms
from gameday.model.levers import AS_BUILT, Levers

if TYPE_CHECKING:
    from gameday.aws.lever_store import LeverStore
    from gameday.clock import Clock

__all__ = ["LeversSeen"]

logger = logging.getLogger(__name__)


class LeversSeen:
    """The operators' levers, at most `poll_ms` old where they can be read."""

    def __init__(self, store: LeverStore, *, clock: Clock, poll_ms: float) -> None:
        self._store = store
        self._clock = clock
        self._poll_ms = poll_ms
        self._seen = AS_BUILT
        self._look_ms: float | None = None

    def now(self) -> Levers:
        """Return what holds, as far as is known."""
        now_ms = monotonic_ms(self._clock)
        if self._look_ms is None or now_ms >= self._look_ms:
            self._look_ms = now_ms + self._poll_ms
            try:
                self._seen = self._store.read()
            except (BotoCoreError, ClientError, ValueError) as error:
                logger.warning("the levers stay as they are: %s", error)
        return self._seen
