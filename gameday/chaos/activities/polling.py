"""How does an activity wait for something that it can only ask about?

It asks until the answer is there or its deadline has passed, at least once and
at most every 100 ms. The one home of that loop for every activity that waits, and
of the one for those that watch: they look every half second and keep what they saw.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from chaoslib.exceptions import ActivityFailed

__all__ = ["wait_until", "watch_until"]

_POLL_S = 0.1
_LOOK_S = 0.5

_Found = TypeVar("_Found")


def wait_until(
    ask: Callable[[], _Found | None], timeout_s: float, explain: Callable[[], str]
) -> tuple[_Found, float]:
    """Ask until there is an answer.

    Args:
        ask: returns the answer, None for not yet.
        timeout_s: give up after this many seconds.
        explain: says what was waited for and what there was instead.

    Returns:
        The answer, and the seconds waited for it.

    Raises:
        ActivityFailed: with what `explain` says, when the time has passed.
    """
    began = time.monotonic()
    while True:
        found = ask()
        waited_s = time.monotonic() - began
        if found is not None:
            return found, round(waited_s, 3)
        if waited_s >= timeout_s:
            raise ActivityFailed(f"{explain()} ({timeout_s} s passed)")
        time.sleep(min(_POLL_S, timeout_s - waited_s))


def watch_until(
    look: Callable[[], _Found], at_most_s: float, is_enough: Callable[[_Found], bool]
) -> tuple[list[_Found], float]:
    """Look every half second, at least once.

    Args:
        look: returns what there is to see.
        at_most_s: seconds to watch.
        is_enough: answers whether what was seen last ends it early.

    Returns:
        What was seen, and the seconds watched.
    """
    began = time.monotonic()
    seen: list[_Found] = []
    while True:
        seen.append(look())
        watched_s = time.monotonic() - began
        if is_enough(seen[-1]) or watched_s >= at_most_s:
            return seen, round(watched_s, 3)
        time.sleep(min(_LOOK_S, at_most_s - watched_s))
