"""By which way does a service reach DynamoDB now?

By its public name, like every customer, as it was built. Operators can pin one program
to the internal path, which needs no name: that is how some of AWS's own services were
back an hour before the public name was. It is a lever, set program by program; nothing
changes by itself, and a program that cannot read the levers stays where it is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from gameday.aws.lever_store import LeverStore
    from gameday.clock import Clock

__all__ = ["DynamoDbPath"]

logger = logging.getLogger(__name__)


class DynamoDbPath:
    """Chooses between two clients of DynamoDB by the operators' lever.

    Args:
        program: the name by which operators pin it.
        public: by the managed endpoint.
        internal: by the gateway.
        levers: the operators'.
        clock: of the program.
        poll_ms: the shortest time between two looks at the levers.
    """

    def __init__(
        self,
        *,
        program: str,
        public: Any,
        internal: Any,
        levers: LeverStore,
        clock: Clock,
        poll_ms: int,
    ) -> None:
        self._program = program
        self._public = public
        self._internal = internal
        self._levers = levers
        self._clock = clock
        self._poll_ms = poll_ms
        self._look_at_ms: int | None = None
        self._is_pinned = False

    def client(self) -> Any:
        """Return the client to use for the next call."""
        now_ms = self._clock.monotonic_ns() // 1_000_000
        if self._look_at_ms is None or now_ms >= self._look_at_ms:
            self._look_at_ms = now_ms + self._poll_ms
            self._look()
        return self._internal if self._is_pinned else self._public

    def _look(self) -> None:
        try:
            self._is_pinned = self._program in self._levers.read().internal_path_for
        except (BotoCoreError, ClientError, ValueError) as error:
            logger.warning("the way to DynamoDB stays as it is: %s", error)
