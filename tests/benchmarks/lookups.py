"""How many transitions a second, once a region has been found out? Run as a process.

The fenced region is exhausted twice in one process. The first time, whatever the
programs do and AWS answers is found out by running it; the second time, everything is
looked up. Prints one JSON document with both.
"""

from __future__ import annotations

import json
import sys
import time

from gameday.explore import Limits, explore
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.explore.search import Ending, Search
from gameday.explore.strategies.exhaustive import Exhaustive

SECONDS_MAX = 300.0


class Twice:
    """Exhausts a space, and exhausts it again."""

    name = "twice"

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.cpu_s = 0.0
        self.transitions = 0

    def explore(self, search: Search) -> Ending:
        again = Search(search.space, search.judge, limits=search.limits)
        for each in (search, again):
            began_s, cpu_began_s = time.perf_counter(), time.process_time()
            ending = Exhaustive().explore(each)
            self.seconds.append(time.perf_counter() - began_s)
            self.cpu_s = time.process_time() - cpu_began_s
            self.transitions = each.counts.transitions
        return ending


def main(enactors: int, plans: int) -> None:
    """Search and print."""
    target = RegionTarget(design="fenced", enactors=enactors, plans=plans)
    problem = region_problem(target)
    twice = Twice()
    found = explore(
        setup=problem.setup,
        actors=problem.actors,
        always=problem.always,
        sometimes=problem.sometimes,
        faults=problem.faults,
        strategies=lambda _space, _dependence: [twice],
        limits=Limits(seconds=SECONDS_MAX),
    )
    told = {
        "validity": found.validity.value,
        "states": found.coverage.states,
        "transitions": twice.transitions,
        "first_s": twice.seconds[0],
        "again_s": twice.seconds[1],
        "again_cpu_s": twice.cpu_s,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
