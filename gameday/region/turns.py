"""How does a program of the region keep going?

A turn that fails because AWS failed is over, and the next one starts afresh
from what AWS says then. The program itself never ends because of it: an
enactor must work in any disaster. Nothing is tidied up on the way out of a
failed turn; locks expire by themselves.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.clock import Clock

__all__ = ["run_turns"]

logger = logging.getLogger(__name__)


def run_turns(turn: Callable[[], bool], *, clock: Clock, rest_ms: float) -> None:
    """Take turns for ever; rest after one that had nothing to do or failed."""
    while True:
        try:
            busy = turn()
        except (BotoCoreError, ClientError, Indeterminate) as error:
            logger.warning("turn given up: %s", error)
            busy = False
        if not busy:
            clock.sleep_ms(rest_ms)
