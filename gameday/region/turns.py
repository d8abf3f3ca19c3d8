"""How does a program of the region keep going?

A turn that fails because AWS failed is over, and the next one starts afresh
from what AWS says then. The program itself never ends because of it: an
enactor must work in any disaster. Nothing is tidied up on the way out of a
failed turn; locks expire by themselves.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.clock import Clock

__all__ = ["run_rounds", "run_side_by_side", "run_turns"]

_REST_MS_LEAST = 50

logger = logging.getLogger(__name__)


def run_turns(turn: Callable[[], bool], *, clock: Clock, rest_ms: float) -> None:
    """Take turns for ever; rest after one that had nothing to do or failed."""
    while True:
        if not _taken(turn):
            clock.sleep_ms(rest_ms)


def run_side_by_side(
    looks: Sequence[Callable[[], object]], *, clock: Clock, every_ms: float
) -> None:
    """Take every look again and again, each on a thread of its own.

    A look that is slow delays only itself. One that raises is a defect: the others
    end, and this raises what it did.
    """
    stopping = Event()

    def go_on(look: Callable[[], object]) -> None:
        while not stopping.is_set():
            began_ms = clock.now_ms()
            look()
            spent_ms = clock.now_ms() - began_ms
            clock.sleep_ms(max(every_ms - spent_ms, _REST_MS_LEAST))

    with ThreadPoolExecutor(max_workers=len(looks)) as threads:
        try:
            going = [threads.submit(go_on, look) for look in looks]
            ended, _ = wait(going, return_when=FIRST_EXCEPTION)
        finally:
            stopping.set()
    for each in ended:
        each.result()


def run_rounds(turn: Callable[[], bool], *, clock: Clock, every_ms: float) -> None:
    """Take a turn at each beat for ever; one that a long turn used up is lost."""
    next_ms = clock.monotonic_ns() / 1_000_000
    while True:
        _taken(turn)
        now_ms = clock.monotonic_ns() / 1_000_000
        next_ms = max(next_ms + every_ms, now_ms + _REST_MS_LEAST)
        clock.sleep_ms(next_ms - now_ms)


def _taken(turn: Callable[[], bool]) -> bool:
    try:
        return turn()
    except (BotoCoreError, ClientError, Indeterminate) as error:
        logger.warning("turn given up: %s", error)
        return False
