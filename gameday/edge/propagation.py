"""When does each DNS edge get a change, and is the change everywhere yet?

Every edge has a queue of its own and a worker that takes one version at a time:
first in, first out, each due a random delay after it was committed. Changes of
one instant therefore never overtake each other, which a timer a change would
allow.

GetChange is counted, not clocked: a change is INSYNC when the last edge has
really put it in force, however long that took. A worker that is paused, or an
edge that could not apply a version, keeps the change PENDING. An edge that is
paused goes on answering from the version it has. With all of them paused, Route
53's control plane is down and its data plane is up; with some, a change has
reached one part of the world and not the other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Sequence

    from gameday.edge.zones import ZoneVersion

__all__ = ["CHANGES_REMEMBERED_MAX", "WAITING_MAX", "Propagation"]

CHANGES_REMEMBERED_MAX = 100_000
"""Change ids that GetChange knows; the oldest are forgotten first."""

WAITING_MAX = 10_000
"""Versions that wait for one edge. Beyond it, a new version of a zone takes the
place of the one before, and then counts for both: a version is the whole zone."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiting:
    version: ZoneVersion
    change_ids: tuple[str, ...]
    due_ns: int


class Propagation:
    """Carries zone versions to DNS edges."""

    def __init__(
        self,
        edges: Sequence[Callable[[ZoneVersion], None]],
        *,
        delay_ms: tuple[int, int],
        chance: random.Random,
        now_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Make the queues; nothing moves before `start`.

        Args:
            edges: what puts a version in force, one function an edge.
            delay_ms: shortest and longest delay, drawn for each edge and change.
            chance: draws the delays.
            now_ns: a monotonic clock, nanoseconds.
            sleep: waits for a number of seconds.
        """
        self._delay_ms = delay_ms
        self._chance = chance
        self._now_ns = now_ns
        self._left: OrderedDict[str, int] = OrderedDict()
        self._queues = [
            _EdgeQueue(apply, self._delivered, now_ns, sleep) for apply in edges
        ]
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start one worker an edge."""
        self._workers = [asyncio.create_task(queue.work()) for queue in self._queues]

    async def stop(self) -> None:
        """Stop the workers; what still waits is never delivered."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def publish(self, version: ZoneVersion) -> None:
        """Send `version` on its way to every edge."""
        self._remember(version.change_id, len(self._queues))
        now_ns = self._now_ns()
        for queue in self._queues:
            delay_ns = int(self._chance.uniform(*self._delay_ms) * 1_000_000)
            queue.put(
                _Waiting(
                    version=version,
                    change_ids=(version.change_id,),
                    due_ns=now_ns + delay_ns,
                )
            )

    def publish_at_once(self, version: ZoneVersion) -> None:
        """Put `version` in force on every edge now: zones from before the start."""
        for queue in self._queues:
            queue.apply(version)
        self._remember(version.change_id, 0)

    def status(self, change_id: str) -> Literal["PENDING", "INSYNC"] | None:
        """Return what GetChange says of a change, None for an unknown id."""
        left = self._left.get(change_id)
        if left is None:
            return None
        return "PENDING" if left else "INSYNC"

    def set_state(
        self, state: Literal["paused", "running"], edge: int | None = None
    ) -> None:
        """Hold an edge at the versions it has, or let changes go on.

        Args:
            state: which of the two.
            edge: the number of the edge, None for every one.
        """
        for queue in self._queues if edge is None else [self._queues[edge]]:
            if state == "paused":
                queue.running.clear()
            else:
                queue.running.set()

    @property
    def states(self) -> tuple[Literal["paused", "running"], ...]:
        """Whether changes move towards each edge."""
        return tuple(
            "running" if queue.running.is_set() else "paused" for queue in self._queues
        )

    def _remember(self, change_id: str, left: int) -> None:
        self._left[change_id] = left
        while len(self._left) > CHANGES_REMEMBERED_MAX:
            self._left.popitem(last=False)

    def _delivered(self, change_ids: tuple[str, ...]) -> None:
        for change_id in change_ids:
            if change_id in self._left:
                self._left[change_id] -= 1


class _EdgeQueue:
    """What still has to reach one edge, in order."""

    def __init__(
        self,
        apply: Callable[[ZoneVersion], None],
        delivered: Callable[[tuple[str, ...]], None],
        now_ns: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.apply = apply
        self._delivered = delivered
        self.running = asyncio.Event()
        self.running.set()
        self._now_ns = now_ns
        self._sleep = sleep
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()

    def put(self, item: _Waiting) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self._take_over(item)
        self._waiting.append(item)
        self._arrived.set()

    async def work(self) -> None:
        while True:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            item = self._waiting.popleft()
            wait_ns = item.due_ns - self._now_ns()
            if wait_ns > 0:
                await self._sleep(wait_ns / 1e9)
            await self.running.wait()
            self._put_in_force(item)

    def _take_over(self, item: _Waiting) -> None:
        for older in reversed(self._waiting):
            if older.version.zone_id == item.version.zone_id:
                item.change_ids = older.change_ids + item.change_ids
                self._waiting.remove(older)
                return

    def _put_in_force(self, item: _Waiting) -> None:
        try:
            self.apply(item.version)
        except Exception:  # noqa: BLE001 - a dead worker would freeze every zone
            # The change stays PENDING, which is the truth.
            _log.exception("a DNS edge cannot serve zone %s", item.version.zone_id)
            return
        self._delivered(item.change_ids)
