"""Who may touch which DynamoDB items at the same time?

A transaction has its tables for itself; a plain write has its items for itself and
shares the table with writes to others; a read shares the table. Emulators that
check and write in separate steps are right behind such locks, and one that is right
by itself loses little: calls for different items still go side by side.

Deadlocks cannot be: every call takes its tables before its items, each in the order
of their names, and takes nothing twice. Who waits is served in the order of asking,
so nobody waits for ever. Nothing is kept for what nobody holds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

__all__ = ["TableLocks"]


class _SharedLock:
    """One holder alone, or any number that share it."""

    def __init__(self) -> None:
        self._sharing = 0
        self._alone = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nobody holds it and nobody waits."""
        return not (self._sharing or self._alone or self._waiting)

    async def acquire(self, *, alone: bool) -> None:
        """Wait for one's turn."""
        if not self._waiting and self._is_free(alone=alone):
            self._take(alone=alone)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, alone))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove((turn, alone))
                self._serve()
            else:
                self.release(alone=alone)
            raise

    def release(self, *, alone: bool) -> None:
        """Give it back."""
        if alone:
            self._alone = False
        else:
            self._sharing -= 1
        self._serve()

    def _serve(self) -> None:
        while self._waiting:
            turn, alone = self._waiting[0]
            if turn.cancelled():
                # Its owner takes itself out of the queue, and serves the rest.
                return
            if not self._is_free(alone=alone):
                return
            self._waiting.popleft()
            self._take(alone=alone)
            turn.set_result(None)

    def _is_free(self, *, alone: bool) -> bool:
        return not self._alone and not (alone and self._sharing)

    def _take(self, *, alone: bool) -> None:
        if alone:
            self._alone = True
        else:
            self._sharing += 1


class TableLocks:
    """The locks of every table and item that is in use."""

    def __init__(self) -> None:
        self._locks: dict[str, _SharedLock] = {}

    @property
    def in_use(self) -> int:
        """How many tables and items are held or waited for."""
        return len(self._locks)

    @asynccontextmanager
    async def hold(
        self, *, tables: Iterable[str], items: Iterable[str] = (), alone: bool = False
    ) -> AsyncIterator[None]:
        """Hold tables, and items alone.

        Args:
            tables: their names, with whatever they are scoped by.
            items: likewise; no table has the name of an item.
            alone: whether nobody else may touch the tables meanwhile.
        """
        wanted = [(name, alone) for name in sorted(set(tables))]
        wanted += [(name, True) for name in sorted(set(items))]
        held: list[tuple[str, bool]] = []
        try:
            for name, by_itself in wanted:
                lock = self._locks.setdefault(name, _SharedLock())
                await lock.acquire(alone=by_itself)
                held.append((name, by_itself))
            yield
        finally:
            for name, by_itself in reversed(held):
                self._locks[name].release(alone=by_itself)
            for name, _ in wanted:
                if name in self._locks and self._locks[name].is_idle:
                    del self._locks[name]
