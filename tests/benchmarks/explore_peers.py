"""How does gameday compare with its peers on one race, in one run?

The programs are those of `race_programs`, once as they race and once under a lock, with
two and with three enactors. Each peer is a process of its own with the same limit, and
all of it counts: starting up, and Spin's compiler too. gameday confirms and shrinks in
its time; the others stop where they find.

Peers that draw are played from several seeds, and the median counts. One that did not
find within the limit counts with the limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cold_process import Cost, cost_of
from explore_reference import BROKEN, GAMEDAY, HOLDS, document, stage_of
from explore_rows import SearchRow
from peer_places import Place, peer_places

HERE = Path(__file__).parent
MODEL = HERE / "race.pml"
SEEDS = (1, 2, 3)
ENACTORS = (2, 3)
DONE = {"racing": "found", "locked": "exhausted"}
"""Kind of program -> what a search of it is to come to."""
STATUS = {"racing": BROKEN, "locked": HOLDS}
GRACE_S = 60.0
"""For starting up and ending, beside the time of the search itself."""
SPIN_RATIO_MAX = 5.0
SPIN = (
    "spin -a -DENACTORS={enactors}{locked} {model} "
    "&& gcc -O2 -DSAFETY -o pan pan.c && ./pan -m100000"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way of one peer.

    Attributes:
        name: as `race_peers` calls it.
        shown: as the table calls it.
        kind: what it is asked for: a race, or that there is none.
        draws: whether the seed matters.
    """

    name: str
    shown: str
    kind: str
    draws: bool = False


PEERS = (
    Peer(
        name="reexecution-random",
        shown="re-executing, random",
        kind="racing",
        draws=True,
    ),
    Peer(name="frontrun-dpor", shown="frontrun, DPOR", kind="racing"),
    Peer(name="frontrun-random", shown="frontrun, random", kind="racing", draws=True),
    Peer(
        name="interleave-random",
        shown="interleave-test, random",
        kind="racing",
        draws=True,
    ),
    Peer(name="reexecution-dfs", shown="re-executing, all", kind="locked"),
    Peer(name="frontrun-dpor", shown="frontrun, DPOR", kind="locked"),
    Peer(name="interleave-dfs", shown="interleave-test, DFS", kind="locked"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What all searches of one program have in common.

    Attributes:
        kind: one of DONE.
        enactors: how many take part.
        seconds: limit of each search.
        folder: for what is made on the way.
        required: whether a peer that is not there misses its target.
    """

    kind: str
    enactors: int
    seconds: float
    folder: Path
    required: bool

    @property
    def title(self) -> str:
        return f"{self.kind}, {self.enactors}: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a search came to.

    Attributes:
        row: as it is shown.
        settled: whether it found the race, or exhausted what has none.
        wall_s: of the whole process.
    """

    row: SearchRow
    settled: bool
    wall_s: float


def parts(
    folder: Path, *, peers_folder: Path, install: bool, seconds: float
) -> Iterator[Callable[[], SearchRow]]:
    """Yield what measures one row each.

    Args:
        folder: for what is made on the way.
        peers_folder: where the peers' environments are, or are made.
        install: make what is missing; what cannot be made then misses its target.
        seconds: limit of each search.
    """
    places = peer_places(peers_folder, install=install)
    for kind in DONE:
        for enactors in ENACTORS:
            yield from _round(
                Round(
                    kind=kind,
                    enactors=enactors,
                    seconds=seconds,
                    folder=folder,
                    required=install,
                ),
                places,
            )


def _round(of: Round, places: dict[str, Place]) -> Iterator[Callable[[], SearchRow]]:
    """Yield the rows of one program; gameday's last, which is held to the others."""
    results: dict[str, Result] = {}

    def kept(name: str, result: Result) -> SearchRow:
        results[name] = result
        return result.row

    for peer in PEERS:
        if peer.kind != of.kind:
            continue
        place = places[peer.name.partition("-")[0]]
        if place.missing:
            yield lambda peer=peer, place=place: _missing(of, peer.shown, place)
            continue
        yield lambda peer=peer, place=place: kept(peer.name, _by_peer(of, peer, place))
    if places["spin"].missing:
        yield lambda: _missing(of, "Spin", places["spin"])
    else:
        yield lambda: kept("spin", _by_spin(of))
    yield lambda: _by_gameday(of, results)


def _missing(of: Round, shown: str, place: Place) -> SearchRow:
    return SearchRow(
        what=f"{of.title}{shown}",
        outcome=f"not played: {place.missing}",
        target="installed" if of.required else "",
        met=not of.required,
    )


def _by_peer(of: Round, peer: Peer, place: Place) -> Result:
    costs = []
    for seed in SEEDS if peer.draws else SEEDS[:1]:
        command = [
            *(*place.command, str(HERE / "race_peers.py"), peer.name),
            *(str(of.enactors), of.kind, f"{of.seconds:g}", str(seed)),
        ]
        limit_s = of.seconds + GRACE_S
        costs.append(cost_of(command, limit_s=limit_s, folder=of.folder))
    told = [document(each) for each in costs]
    key = DONE[of.kind]
    settled = [bool(each.get(key)) for each in told]
    wall_s = median(
        cost.wall_s if done else max(cost.wall_s, of.seconds)
        for cost, done in zip(costs, settled, strict=True)
    )
    row = SearchRow(
        what=f"{of.title}{peer.shown}",
        outcome=_told_of(told, costs, key),
        wall_s=wall_s,
        cpu_s=median(each.cpu_s for each in costs),
        facts={
            "limit_s": of.seconds,
            "runs": told,
            "wall_s": [each.wall_s for each in costs],
            "complaints": [each.complaint for each in costs],
        },
    )
    return Result(row=row, settled=2 * sum(settled) > len(settled), wall_s=wall_s)


def _told_of(told: list[dict[str, Any]], costs: list[Cost], key: str) -> str:
    answered = [each for each in told if each]
    if not answered:
        return "ended after its time" if costs[-1].status is None else "failed"
    done = sum(bool(each.get(key)) for each in answered)
    executions = median(int(each["executions"]) for each in answered)
    of = f" {done} of {len(told)}" if len(told) > 1 else ""
    word = key if done else f"not {key}"
    return f"{word}{of}, {executions:,.0f} executions"


def _by_spin(of: Round) -> Result:
    script = SPIN.format(
        enactors=of.enactors,
        locked=" -DLOCKED" if of.kind == "locked" else "",
        model=MODEL,
    )
    cost = cost_of(["sh", "-c", script], limit_s=of.seconds, folder=of.folder)
    found = "assertion violated" in cost.out
    whole = "errors: 0" in cost.out and not found
    stored = re.search(r"(\d+) states, stored", cost.out)
    states = f", {int(stored[1]):,} states" if stored else ""
    row = SearchRow(
        what=f"{of.title}Spin, a model",
        outcome=("found" if found else "exhausted" if whole else "failed") + states,
        wall_s=cost.wall_s,
        cpu_s=cost.cpu_s,
        facts={"out": cost.out, "complaint": cost.complaint},
    )
    settled = found if of.kind == "racing" else whole
    return Result(row=row, settled=settled, wall_s=cost.wall_s)


def _by_gameday(of: Round, others: dict[str, Result]) -> SearchRow:
    """Search by gameday, and hold it to what the others came to in this run."""
    problem = f"{HERE / 'race_problems.py'}:{of.kind}_{of.enactors}"
    command = (GAMEDAY, "explore", problem, "--json", "--budget-s", f"{of.seconds:g}")
    costs = [
        cost_of(command, limit_s=of.seconds + GRACE_S, folder=of.folder) for _ in SEEDS
    ]
    cost = sorted(costs, key=lambda each: each.wall_s)[len(costs) // 2]
    told = document(cost)
    settled = all(each.status == STATUS[of.kind] for each in costs)
    limits = {
        name: result.wall_s * (SPIN_RATIO_MAX if name == "spin" else 1.0)
        for name, result in others.items()
        if result.settled
    }
    done = DONE[of.kind]
    target = done
    if limits:
        least = min(limits, key=limits.__getitem__)
        factor = f"{SPIN_RATIO_MAX:g}x " if least == "spin" else ""
        target = f"<= {limits[least]:.1f} s ({factor}{least})"
    states = stage_of(told).get("states", 0)
    return SearchRow(
        what=f"{of.title}gameday",
        outcome=f"{done}, {states:,} states" if settled else f"not {done}",
        wall_s=cost.wall_s,
        cpu_s=cost.cpu_s,
        target=target,
        met=settled and all(cost.wall_s <= each for each in limits.values()),
        facts={
            "wall_s": [each.wall_s for each in costs],
            "limits_s": limits,
            "coverage": told.get("coverage"),
            "complaint": cost.complaint,
        },
    )
