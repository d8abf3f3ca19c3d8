"""How do processes on this machine look beyond the states of a frontier?

Each of them knows the moves and is sent batches. One that ends, or is killed, leaves
batches unanswered: they are given to the others, and another process takes its place,
until too many have ended; then this process does what is left.

The dangerous ordering: a send that waits for a process which itself waits for its
answer to be read would wait for ever. A process is sent a batch only while it has none,
or a second one that fits into the socket's buffer.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Pipe, wait
from typing import TYPE_CHECKING

from gameday.explore import expanding
from gameday.explore.expanding import Expanded
from gameday.stage.process_end import collect

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from gameday.explore.frontier import Batch
    from gameday.explore.places import Places

__all__ = ["WorkerProcesses"]

AHEAD_BYTES = 64 * 1024
"""A second message of this size fits into the buffer of a socket."""
LOST_MAX = 3
"""Processes that may be lost for each one that there is to be."""
_END_S = 5.0


@dataclass(slots=True, eq=False)
class _Worker:
    """One process.

    Attributes:
        process: it.
        connection: to it.
        told: places that it was told.
        doing: numbers of the batches that it was sent and has not answered.
    """

    process: subprocess.Popen[bytes]
    connection: Connection
    told: int = 0
    doing: deque[int] = field(default_factory=deque)


class WorkerProcesses:
    """A crew of processes on this machine."""

    def __init__(self, count: int) -> None:
        """Want so many; they are started by `open`."""
        self._count = count
        self._left_to_lose = LOST_MAX * count
        self._places: Places | None = None
        self._workers: list[_Worker] = []
        self._given = 0
        self._returned = 0
        self._batches: dict[int, Batch] = {}
        self._waiting: deque[int] = deque()
        self._answers: dict[int, Expanded] = {}

    @property
    def name(self) -> str:
        """How reports call it."""
        return f"{self._count} processes"

    @property
    def process_ids(self) -> list[int]:
        """Return who is at work."""
        return [each.process.pid for each in self._workers]

    def open(self, places: Places) -> None:
        """Start the processes."""
        self._places = places
        for _ in range(self._count):
            self._start()

    def submit(self, batch: Batch) -> None:
        """Give a batch to whoever is free next."""
        self._batches[self._given] = batch
        self._waiting.append(self._given)
        self._given += 1
        self._send_out()

    def next(self) -> Expanded:
        """Return what follows from the oldest batch."""
        number = self._returned
        while number not in self._answers:
            if not self._workers:
                self._do_here()
                continue
            ready = wait([each.connection for each in self._workers])
            for worker in [each for each in self._workers if each.connection in ready]:
                self._hear(worker)
            self._send_out()
        self._returned += 1
        del self._batches[number]
        return self._answers.pop(number)

    def close(self) -> None:
        """End every process."""
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            collect(worker.process, within_s=_END_S)
        self._workers.clear()

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, our own file
                [sys.executable, "-I", "-S", expanding.__file__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        worker = _Worker(process=process, connection=ours)
        self._workers.append(worker)
        width = self._known_places().atlas.width
        actors = self._known_places().actors
        self._send(worker, pickle.dumps((actors, width)))

    def _send_out(self) -> None:
        for worker in sorted(self._workers, key=lambda each: len(each.doing)):
            while self._waiting and len(worker.doing) < 2:
                if not self._give(worker, self._waiting[0]):
                    break
                self._waiting.popleft()

    def _give(self, worker: _Worker, number: int) -> bool:
        """Send a batch; answers whether there was room for it."""
        places, batch = self._known_places(), self._batches[number]
        # Plain: the other process knows no class of this package.
        entries = [(place, tuple(moves)) for place, moves in places.log[worker.told :]]
        message = pickle.dumps(
            (entries, batch.version, batch.states), pickle.HIGHEST_PROTOCOL
        )
        if worker.doing and len(message) > AHEAD_BYTES:
            return False
        worker.told = places.version
        worker.doing.append(number)
        self._send(worker, message)
        return True

    def _send(self, worker: _Worker, message: bytes) -> None:
        try:
            worker.connection.send_bytes(message)
        except OSError:
            # It is gone; hearing from it will say so.
            return

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.connection.recv_bytes()
        except (EOFError, OSError):
            self._lose(worker)
            return
        answer: tuple[list[bytes], list[bytes], list[bytes], int]
        answer = pickle.loads(message)  # noqa: S301 - from our own process
        self._answers[worker.doing.popleft()] = Expanded(*answer)

    def _lose(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.kill()
        worker.process.wait()
        self._waiting.extendleft(reversed(worker.doing))
        if self._left_to_lose:
            self._left_to_lose -= 1
            self._start()

    def _do_here(self) -> None:
        number = self._waiting.popleft()
        batch = self._batches[number]
        atlas = self._known_places().atlas
        self._answers[number] = atlas.expand(batch.states, batch.version)

    def _known_places(self) -> Places:
        assert self._places is not None  # noqa: S101 - opened first
        return self._places
