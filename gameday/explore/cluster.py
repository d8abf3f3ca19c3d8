"""How do the workers of a Dask cluster look beyond the states of a frontier?

A batch is a task that any worker can do, as often as it likes: what comes back depends
on the batch alone. Dask gives the batches of a worker that is lost to another one; what
it gives up, and what does not come back in time, is done in this process.

A worker keeps the moves that it was told, and a task brings those that were found out
since; nobody knows beforehand which worker it meets, so one that lacks earlier moves
says so, and the batch is sent again with all of them.
"""

from __future__ import annotations

import os
import pickle
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gameday import __version__
from gameday.errors import InvalidInput
from gameday.explore.expanding import Atlas, Expanded

if TYPE_CHECKING:
    from gameday.explore.frontier import Batch
    from gameday.explore.places import Places

__all__ = ["LOCAL", "DaskCluster"]

LOCAL = "local"
"""The address of a cluster that is started here."""
ANSWER_S = 60.0
"""A batch takes milliseconds; who has not answered by then will not."""
CONNECT_S = 20.0
UNANSWERED_MAX = 3
"""Batches that may be late before nobody is asked any more."""
HEARD_BATCHES = 256
"""A worker that answered none of so many is taken to be gone."""
ATLASES_MAX = 4
"""Searches whose moves a worker keeps."""


class _Told(NamedTuple):
    """What a worker says: who it is, how many moves it has, and what follows.

    `expanded` is None when it lacks moves that were found out before.
    """

    worker: str
    known: int
    expanded: Expanded | None


@dataclass(slots=True)
class _Task:
    """A batch that was given."""

    batch: Batch
    future: Any


class DaskCluster:
    """A crew of the workers of a cluster."""

    def __init__(self, address: str, *, workers: int) -> None:
        """Connect.

        Args:
            address: of a scheduler, or LOCAL to start a cluster of processes here.
            workers: processes of a cluster that is started here.

        Raises InvalidInput when there is no cluster, or its workers have no gameday of
        this version.
        """
        self._cluster: Any = None
        self._client: Any = self._connected(address, workers)
        self._search = uuid.uuid4().hex
        self._places: Places | None = None
        self._tasks: deque[_Task] = deque()
        self._unanswered = 0
        self._heard: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._answers = 0
        self.done_here = 0

    @property
    def name(self) -> str:
        """How reports call it."""
        return "a Dask cluster"

    def open(self, places: Places) -> None:
        """Make ready to go by these places."""
        self._places = places

    def submit(self, batch: Batch) -> None:
        """Give a batch to the cluster."""
        future = self._sent(batch, since=self._known_everywhere())
        self._tasks.append(_Task(batch=batch, future=future))

    def next(self) -> Expanded:
        """Return what follows from the oldest batch."""
        task = self._tasks.popleft()
        told = self._told(task)
        if told is not None and told.expanded is None:
            task.future = self._sent(task.batch, since=0)
            told = self._told(task)
        if told is None or told.expanded is None:
            self.done_here += 1
            places = self._known_places()
            return places.atlas.expand(task.batch.states, task.batch.version)
        return told.expanded

    def close(self) -> None:
        """Let the cluster go."""
        self._tasks.clear()
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()
        self._client = self._cluster = None

    def _connected(self, address: str, workers: int) -> Any:
        try:
            import distributed
        except ModuleNotFoundError as error:
            raise InvalidInput(
                "--cluster needs Dask; install it by: pip install 'gameday[dask]'"
            ) from error
        if address == LOCAL:
            self._cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs="CRITICAL",
            )
            client = distributed.Client(self._cluster)
        else:
            try:
                client = distributed.Client(address, timeout=CONNECT_S)
            except (OSError, ValueError) as error:
                raise InvalidInput(
                    f"no Dask scheduler answers at {address}: {error}"
                ) from error
        try:
            there = client.submit(_gameday_there, pure=False).result(timeout=CONNECT_S)
        except Exception as error:
            client.close()
            raise InvalidInput(
                f"the workers at {address} cannot import gameday, or there is none: "
                f"{error}; install gameday {__version__} there"
            ) from error
        if there != __version__:
            client.close()
            raise InvalidInput(
                f"the workers at {address} have gameday {there}; install {__version__}"
            )
        return client

    def _sent(self, batch: Batch, *, since: int) -> Any:
        if self._client is None:
            return None
        places = self._known_places()
        # Bytes: Dask would look through a list for futures of its own.
        entries = pickle.dumps(
            [(place, tuple(moves)) for place, moves in places.log[since:]],
            pickle.HIGHEST_PROTOCOL,
        )
        return self._client.submit(
            _expand_there,
            search=self._search,
            shape=(places.actors, places.atlas.width),
            since=since,
            entries=entries,
            version=batch.version,
            states=batch.states,
            pure=False,
        )

    def _told(self, task: _Task) -> _Told | None:
        """Return what a worker says of a batch, None when nobody does."""
        if task.future is None:
            return None
        try:
            told: _Told = task.future.result(timeout=ANSWER_S)
        except Exception:  # noqa: BLE001 - whatever became of it, it is done here
            self._unanswered += 1
            if self._unanswered >= UNANSWERED_MAX:
                self._give_up()
            return None
        self._answers += 1
        self._heard[told.worker] = (told.known, self._answers)
        self._heard.move_to_end(told.worker)
        return told

    def _give_up(self) -> None:
        """Ask nobody any more."""
        for task in self._tasks:
            task.future = None
        if self._client is not None:
            self._client.close()
        self._client = None

    def _known_everywhere(self) -> int:
        """Return how many moves every worker has that was heard of lately."""
        while self._heard:
            _, (_, when) = next(iter(self._heard.items()))
            if self._answers - when < HEARD_BATCHES:
                break
            self._heard.popitem(last=False)
        return min((known for known, _ in self._heard.values()), default=0)

    def _known_places(self) -> Places:
        assert self._places is not None  # noqa: S101 - opened first
        return self._places


_ATLASES: OrderedDict[str, tuple[Atlas, int]] = OrderedDict()
"""On a worker: the moves of each search, and how many were learnt in order."""


def _gameday_there() -> str:
    return __version__


def _expand_there(
    *,
    search: str,
    shape: tuple[int, int],
    since: int,
    entries: bytes,
    version: int,
    states: bytes,
) -> _Told:
    """Expand a batch on a worker; see `_Told`."""
    actors, width = shape
    atlas, known = _ATLASES.get(search) or (Atlas(actors=actors, width=width), 0)
    worker = f"{os.uname().nodename}/{os.getpid()}"
    if known < since:
        return _Told(worker=worker, known=known, expanded=None)
    learnt = pickle.loads(entries)  # noqa: S301 - from whoever leads the search
    atlas.learn(learnt)
    known = max(known, since + len(learnt))
    _ATLASES[search] = (atlas, known)
    _ATLASES.move_to_end(search)
    while len(_ATLASES) > ATLASES_MAX:
        _ATLASES.popitem(last=False)
    return _Told(worker=worker, known=known, expanded=atlas.expand(states, version))
