"""The line that tells how far a search is."""

from __future__ import annotations

from collections.abc import Iterable

from gameday.cli.searching import _line, _Pace
from gameday.explore.search import SearchCounts
from gameday.explore.watching import Stage, Watch


def lines(frontiers: Iterable[int], *, executions: int = 0) -> list[str]:
    """Return what is told when each quarter of a second finds such a frontier."""
    seconds = [0.0]
    watch = Watch(budget_s=60, clock=lambda: seconds[0])
    watch._began_s = 0.0
    counts = SearchCounts()
    watch.stages.append(Stage(strategy="exhaustive", counts=counts, began_s=0.0))
    pace = _Pace()
    told = []
    for frontier in frontiers:
        counts.frontier = frontier
        told.append(_line("never-empty", watch, pace))
        seconds[0] += 0.25
        counts.states += 250
        counts.transitions += 1_000
        counts.executions += executions
    return told


def test_a_frontier_that_grows_has_no_known_end():
    told = lines(range(100, 3_100, 100))

    assert told[-1] == (
        "never-empty: exhaustive, 7,250 states, 4,000 steps/s, 3,000 on the frontier, "
        "end unknown, 53 s left"
    )


def test_a_frontier_that_shrinks_ends_at_its_pace():
    told = lines(range(3_000, 0, -100))

    # 400 a second less, and 100 are left.
    assert told[-1].endswith(
        "100 on the frontier, ends in some 0 s at this pace, 53 s left"
    )
    assert "1,100 on the frontier, ends in some 3 s at this pace" in told[19]
    assert all("end unknown" in each for each in told[:19])


def test_executions_are_told_where_there_are_some():
    assert "12 executions/s" in lines([0] * 30, executions=3)[-1]
    assert "frontier" not in lines([0] * 30)[-1]
