"""How fast is `gameday explore` on the reference region, from a cold start?

Every search is a process of its own, as a person would start it, so that imports, the
confirmation on the faithful path and the shrinking are in its time. Where a search is
short it is repeated, and the median counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cold_process import Cost, cost_of
from explore_rows import SearchRow

HERE = Path(__file__).parent
GAMEDAY = str(Path(sys.executable).with_name("gameday"))
REPEATS = 3
LIMIT_FACTOR = 5
"""A search is ended at so many times its target."""
MEMORY_MIB_MAX = 4096
LOOK_UPS_PER_S_MIN = 150_000
LOOK_UPS_LIMIT_S = 600.0
BROKEN, HOLDS, UNKNOWN = 1, 0, 3
PROVES_LEAST = "least-preemptions"
"""The strategy whose first counterexample is the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One search.

    Attributes:
        what: how the table calls it.
        options: of `gameday explore`.
        status: the exit status that it is to end with.
        target_s: how long it may take.
        proven: whether its counterexample is to be the least.
        exhausted: whether it is to exhaust what its bound allows.
        repeats: how often it is played.
    """

    what: str
    options: tuple[str, ...]
    status: int
    target_s: float
    proven: bool = False
    exhausted: bool = False
    repeats: int = REPEATS


CASES = (
    Case(what="empty endpoint", options=(), status=BROKEN, target_s=10),
    Case(
        what="empty endpoint, proven least",
        options=("--strategy", "least"),
        status=BROKEN,
        target_s=10,
        proven=True,
    ),
    Case(
        what="wedge",
        options=("--property", "root-is-latest"),
        status=BROKEN,
        target_s=20,
    ),
    Case(
        what="fenced, 2 enactors, 3 plans",
        options=("--design", "fenced", "--enactors", "2", "--plans", "3"),
        status=HOLDS,
        target_s=60,
        repeats=1,
    ),
    Case(
        # More than ten million states without a bound: all of them within one.
        what="fenced, 3 enactors, 3 plans",
        options=(
            *("--design", "fenced", "--enactors", "3", "--plans", "3"),
            *("--strategy", "bounded", "--preemptions", "3"),
        ),
        status=UNKNOWN,
        target_s=120,
        exhausted=True,
        repeats=1,
    ),
)


def parts(folder: Path) -> Iterator[Callable[[], SearchRow]]:
    """Yield what measures one row each."""
    for case in CASES:
        yield lambda case=case: measure(case, folder)
    yield lambda: look_ups(folder)


def measure(case: Case, folder: Path) -> SearchRow:
    """Play one search; the run with the median time counts."""
    limit_s = case.target_s * LIMIT_FACTOR
    command = (
        *(GAMEDAY, "explore", "--json", "--budget-s", f"{limit_s:g}"),
        *case.options,
    )
    costs = [
        cost_of(command, limit_s=limit_s, folder=folder) for _ in range(case.repeats)
    ]
    middle = sorted(costs, key=lambda each: each.wall_s)[len(costs) // 2]
    told = document(middle)
    return SearchRow(
        what=case.what,
        outcome=outcome(middle, told),
        wall_s=middle.wall_s,
        cpu_s=middle.cpu_s,
        target=f"<= {case.target_s:g} s",
        met=all(each.status == case.status for each in costs)
        and middle.wall_s <= case.target_s
        and middle.memory_mib < MEMORY_MIB_MAX
        and (not case.proven or stage_of(told).get("strategy") == PROVES_LEAST)
        and (not case.exhausted or bool(stage_of(told).get("exhausted"))),
        facts={
            "options": case.options,
            "wall_s": [each.wall_s for each in costs],
            "cpu_s": [each.cpu_s for each in costs],
            "memory_mib": max(each.memory_mib for each in costs),
            "status": [each.status for each in costs],
            "complaint": middle.complaint,
            "coverage": told.get("coverage"),
        },
    )


def look_ups(folder: Path) -> SearchRow:
    """Measure the rate at which a known region is looked up."""
    command = (sys.executable, str(HERE / "lookups.py"), "2", "3")
    costs = [
        cost_of(command, limit_s=LOOK_UPS_LIMIT_S, folder=folder)
        for _ in range(REPEATS)
    ]
    told = [document(each) for each in costs if each.status == 0]
    rates = [each["transitions"] / each["again_s"] for each in told] or [0.0]
    return SearchRow(
        what="look-ups, fenced, 2 enactors",
        outcome=f"{median(rates):,.0f} transitions/s",
        wall_s=median(each.wall_s for each in costs),
        cpu_s=median(each.cpu_s for each in costs),
        target=f">= {LOOK_UPS_PER_S_MIN:,}/s",
        met=median(rates) >= LOOK_UPS_PER_S_MIN,
        facts={"runs": told, "complaint": costs[-1].complaint},
    )


def outcome(cost: Cost, told: dict[str, Any]) -> str:
    """Return what a run of `gameday explore --json` came to, in short."""
    if cost.status is None:
        return "ended after its time"
    if not told:
        return f"exit {cost.status}"
    stage = stage_of(told)
    if told["counterexample"]:
        least = ", proven least" if stage["strategy"] == PROVES_LEAST else ""
        return f"{len(told['counterexample']['steps'])} steps{least}"
    if told["validity"] != "valid":
        if not stage.get("exhausted"):
            return "unknown"
        bound, states = stage["preemptions"], stage["states"]
        return f"all within {bound} preemptions: {states:,} places"
    schedules = told["coverage"]["schedules"]
    shown = f", {schedules:.1e} schedules" if schedules else ""
    return f"{stage['states']:,} states{shown}, {cost.memory_mib:,.0f} MiB"


def document(cost: Cost) -> dict[str, Any]:
    """Return the JSON document that a process printed, {} for none."""
    begin = cost.out.find("{")
    if begin < 0:
        return {}
    try:
        told: dict[str, Any] = json.loads(cost.out[begin:])
    except ValueError:
        return {}
    return told


def stage_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return the last strategy's part of a document."""
    stages = (told.get("coverage") or {}).get("stages") or [{}]
    last: dict[str, Any] = stages[-1]
    return last
