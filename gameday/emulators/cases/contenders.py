"""How do several clients try the same thing at the same moment?

One thread and one connection a client. In each round all of them wait for each
other before they call, so that their calls are under way together.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainCalls

__all__ = ["Contenders"]

START_MAX_S = 30.0

Result = TypeVar("Result")


class Contenders:
    """The clients of one case; a context manager."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._stack = ExitStack()
        self._calls: list[PlainCalls] = []

    def __enter__(self) -> Self:
        """Connect."""
        count = self._ground.effort.clients
        self._calls = [
            self._stack.enter_context(self._ground.calls.another())
            for _ in range(count)
        ]
        self._pool = self._stack.enter_context(ThreadPoolExecutor(count))
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._stack.close()

    def all_at_once(self, act: Callable[[PlainCalls, int], Result]) -> list[Result]:
        """Let every client do `act(calls, its number)`; returns what each returned.

        Raises EmulatorUnavailable when a client gets no reply.
        """
        start = threading.Barrier(len(self._calls))

        def do(number: int) -> Result:
            start.wait(START_MAX_S)
            return act(self._calls[number], number)

        return list(self._pool.map(do, range(len(self._calls))))
