"""A frontier that a Dask cluster shares; slow to start, so one cluster for all."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field

import pytest
from counter_programs import counters, counts_to, increase_safely, setup

from gameday.errors import InvalidInput
from gameday.explore import Exploration, cluster, explore
from gameday.explore.cluster import LOCAL, DaskCluster
from gameday.explore.expanding import Expanded
from gameday.explore.frontier import Batch
from gameday.explore.places import Places
from gameday.explore.strategies.shared_frontier import SharedFrontier
from gameday.model.verdict import Validity

distributed = pytest.importorskip("distributed")


def searched(strategy: SharedFrontier) -> Exploration:
    return explore(
        setup=setup,
        actors=counters(increase_safely, 4),
        eventually=[counts_to(4)],
        strategies=lambda _space, _dependence: [strategy],
    )


@dataclass
class Faltering:
    """A cluster of which a worker is killed after each of these batches was given."""

    kills_after: tuple[int, ...] = ()
    crew: DaskCluster = field(default_factory=lambda: DaskCluster(LOCAL, workers=2))
    killed: list[int] = field(default_factory=list)
    given: int = 0

    name = "faltering"

    def open(self, places: Places) -> None:
        self.crew.open(places)

    def submit(self, batch: Batch) -> None:
        self.crew.submit(batch)
        self.given += 1
        if self.given in self.kills_after:
            workers = self.crew._cluster.workers.values()
            self.killed.append(next(each.pid for each in workers if each.pid))
            os.kill(self.killed[-1], signal.SIGKILL)

    def next(self) -> Expanded:
        return self.crew.next()

    def close(self) -> None:
        self.crew.close()


@pytest.fixture
def whole() -> Exploration:
    return searched(SharedFrontier())


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(whole: Exploration):
    crew = Faltering(kills_after=(4, 12))

    found = searched(SharedFrontier(crew=lambda: crew, handover_s=0.0))

    assert whole.validity is Validity.VALID
    assert len(crew.killed) == 2
    assert found == whole
    # It was the cluster that did it, and not this process in its place.
    assert crew.crew.done_here == 0


def test_what_a_cluster_does_not_answer_is_done_here(
    whole: Exploration, monkeypatch: pytest.MonkeyPatch
):
    crew = DaskCluster(LOCAL, workers=1)
    monkeypatch.setattr(cluster, "ANSWER_S", 0.0)

    found = searched(SharedFrontier(crew=lambda: crew, handover_s=0.0))

    assert found == whole
    assert crew.done_here > 3


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)

    with pytest.raises(InvalidInput, match=r"no Dask scheduler answers at tcp://127"):
        DaskCluster("tcp://127.0.0.1:1", workers=2)
