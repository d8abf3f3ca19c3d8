"""Whatever leaves something out agrees with what leaves nothing out.

Small programs are generated, and each is searched naively, state by state, in the order
of length, with sleep sets and with source sets. Every property has to get the same
answer, and the executions have to end in the same states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_programs import TABLE, ZONE, Call, actors, set_up, world_of

from gameday.explore import Faults, Moment, Property
from gameday.explore.dependence import Dependence
from gameday.explore.footprint import Footprint
from gameday.explore.judge import Judge
from gameday.explore.schedules import count_schedules
from gameday.explore.search import Limits, Search
from gameday.explore.space import Space, State
from gameday.explore.strategies.breadth_first import BreadthFirst
from gameday.explore.strategies.exhaustive import Exhaustive
from gameday.explore.strategies.naive import Naive
from gameday.explore.strategies.source_dpor import SourceDpor
from gameday.explore.world import World

Program = tuple[Call, ...]
Ground = tuple[World, tuple[int, ...]]
"""AWS, and the state in which programs find it."""

PROGRAMS = 230
"""Generated at least 200 that differ; some come twice."""

ITEMS = st.sampled_from(["a", "b"])
RECORDS = st.sampled_from(["x", "y"])
READS = ("get", "query", "get_batch", "put_new", "put_if", "create", "list_first")


def names_of(what: str) -> st.SearchStrategy[tuple[str, ...]]:
    match what:
        case "query":
            return st.just(())
        case "get_batch" | "put_batch":
            return st.just(("a", "b"))
        case "put_if":
            return st.permutations(["a", "b"]).map(tuple)
        case "upsert" | "create":
            return st.lists(RECORDS, min_size=1, max_size=2, unique=True).map(tuple)
        case "list_first":
            return RECORDS.map(lambda name: (name,))
        case _:
            return ITEMS.map(lambda name: (name,))


def calls(whats: tuple[str, ...]) -> st.SearchStrategy[Call]:
    return st.sampled_from(whats).flatmap(
        lambda what: st.builds(Call, st.just(what), names_of(what))
    )


WRITES = calls(("put", "delete", "put_batch", "upsert"))
BRANCHES = st.builds(
    lambda read, found, missing: Call(read.what, read.names, found, missing),
    calls(READS),
    st.lists(WRITES, max_size=1).map(tuple),
    st.lists(WRITES, max_size=1).map(tuple),
)


def programs(calls_max: int) -> st.SearchStrategy[Program]:
    """Return programs of 1 to `calls_max` calls on each way through them."""

    def cut(drawn: list[Call]) -> Program:
        kept: list[Call] = []
        for call in drawn:
            if sum(map(length, kept)) + length(call) <= calls_max:
                kept.append(call)
        return tuple(kept) or (Call("get", ("a",)),)

    return st.lists(st.one_of(WRITES, BRANCHES), min_size=1, max_size=4).map(cut)


def length(call: Call) -> int:
    return 1 + max(len(call.found), len(call.missing))


REGIONS = st.one_of(
    st.tuples(programs(4), programs(4)),
    st.tuples(programs(3), programs(2), programs(2)),
)
SMALLER_REGIONS = st.tuples(programs(2), programs(2))


WAITS = st.builds(Call, st.just("wait"), ITEMS.map(lambda name: (name,)))
WAITING_REGIONS = st.tuples(
    st.tuples(WRITES, WAITS, WRITES),
    st.tuples(WAITS, BRANCHES),
    st.tuples(BRANCHES, WRITES),
)


def owner_of(moment: Moment, name: str) -> str:
    """Return who put an item, "" without it."""
    for item in moment.items(TABLE):
        if f'"name": {{"S": "{name}"}}' in item:
            return item.split('"by": {"S": "')[1].split('"')[0]
    return ""


def written(moment: Moment, name: str) -> bool:
    zone = moment.zone(ZONE)
    assert zone is not None
    return any(key.name == f"{name}.{ZONE}" for key in zone.record_sets)


def a_before_b(moment: Moment) -> bool:
    return not (owner_of(moment, "b") and not owner_of(moment, "a"))


def x_before_y(moment: Moment) -> bool:
    return not (written(moment, "y") and not written(moment, "x"))


def item_before_record(moment: Moment) -> bool:
    return not (written(moment, "x") and not owner_of(moment, "a"))


def first_keeps_a(moment: Moment) -> bool:
    return owner_of(moment, "a") in {"", "actor-1"}


def nobody_writes_beside_y(moment: Moment) -> bool:
    made = moment.made
    return made is None or made.operation != "PutItem" or not written(moment, "y")


ALWAYS = (
    Property(name="a-before-b", check=a_before_b, services=("dynamodb",)),
    Property(name="x-before-y", check=x_before_y, services=("route53",)),
    Property(name="item-before-record", check=item_before_record),
    Property(name="no-put-beside-y", check=nobody_writes_beside_y),
)
EVENTUALLY = (
    Property(name="first-keeps-a", check=first_keeps_a),
    Property(name="a-and-x", check=item_before_record),
)


class Watched(Search):
    """A search that remembers in which states executions ended."""

    def __init__(self, space: Space, judge: Judge) -> None:
        super().__init__(space, judge, limits=Limits())
        self.ends: set[State] = set()

    def rest(self, state: State) -> None:
        self.ends.add(state)
        super().rest(state)


@dataclass(frozen=True)
class Found:
    """What one strategy made of one program."""

    verdicts: dict[str, bool]
    ends: frozenset[State]
    executions: int
    schedules: int | None


def searched(space: Space, name: str) -> Found:
    """Search once for the ends, and once for each property."""
    verdicts = {}
    for each in (*ALWAYS, *EVENTUALLY):
        always = [each] if each in ALWAYS else []
        eventually = [each] if each in EVENTUALLY else []
        judge = Judge(space, always=always, eventually=eventually)
        search = Watched(space, judge)
        ending = strategy(name, space, judge).explore(search)
        assert ending.exhausted or ending.broken is not None
        verdicts[each.name] = ending.broken is None
    judge = Judge(space)
    search = Watched(space, judge)
    assert strategy(name, space, judge).explore(search).exhausted
    counts = search.counts
    number = count_schedules(search)
    return Found(verdicts, frozenset(search.ends), counts.executions, number)


def strategy(name: str, space: Space, judge: Judge) -> Any:
    dependence = Dependence(space, views=judge.views)
    return {
        "naive": Naive(),
        "exhaustive": Exhaustive(),
        "sleep-sets": Exhaustive(dependence=dependence),
        "source-dpor": SourceDpor(dependence=dependence),
        "breadth-first": BreadthFirst(),
    }[name]


@pytest.fixture(scope="module")
def world() -> Iterator[Ground]:
    with world_of(set_up) as made:
        yield made, made.adopt()


@contextmanager
def space_on(
    world: Ground, region: tuple[Program, ...], faults: Faults | None = None
) -> Iterator[Space]:
    """Yield the space of some programs; what AWS answered before is kept."""
    made, first = world
    made.put_back(first)
    space = Space(actors(*region), made, faults=faults)
    try:
        yield space
    finally:
        space.memory.close()


def all_agree(space: Space) -> Found:
    naive = searched(space, "naive")
    for name in ("exhaustive", "sleep-sets", "source-dpor", "breadth-first"):
        found = searched(space, name)
        assert found.verdicts == naive.verdicts, name
        assert found.ends == naive.ends, name
        assert found.schedules == naive.executions, name
        assert found.executions <= naive.executions, name
    return naive


def without_and_with_sleep_sets_agree(space: Space) -> Found:
    plain = searched(space, "exhaustive")
    for name in ("sleep-sets", "breadth-first"):
        found = searched(space, name)
        assert (found.verdicts, found.ends) == (plain.verdicts, plain.ends), name
    return plain


def generated(examples: int) -> Any:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_all_strategies_agree_on_generated_programs(world: Ground):
    regions: set[tuple[Program, ...]] = set()
    answers: set[tuple[str, bool]] = set()

    @generated(PROGRAMS)
    @given(REGIONS)
    def agree(region: tuple[Program, ...]) -> None:
        regions.add(region)
        with space_on(world, region) as space:
            answers.update(all_agree(space).verdicts.items())

    agree()

    assert len(regions) >= 200
    # Each property is broken by some of them and kept by others.
    assert len(answers) == 2 * len((*ALWAYS, *EVENTUALLY))


def test_all_strategies_agree_where_something_may_go_wrong(world: Ground):
    @generated(12)
    @given(SMALLER_REGIONS)
    def agree(region: tuple[Program, ...]) -> None:
        faults = Faults(crashes=1, lost_replies=1)
        with space_on(world, region, faults) as space:
            all_agree(space)

    agree()


def test_leaving_ways_out_changes_nothing_where_programs_wait(world: Ground):
    ends: set[int] = set()

    @generated(20)
    @given(WAITING_REGIONS)
    def agree(region: tuple[Program, ...]) -> None:
        with space_on(world, region) as space:
            ends.add(len(without_and_with_sleep_sets_agree(space).ends))

    agree()

    assert len(ends) > 1


@pytest.mark.parametrize("lost", ["reads", "writes"])
def test_a_relation_that_forgets_a_conflict_does_not_agree(
    world: Ground, monkeypatch: pytest.MonkeyPatch, lost: str
):
    real = Footprint.depends_on

    def forgets(one: Footprint, other: Footprint) -> bool:
        forgotten = Footprint(**{"reads": one.reads, "writes": one.writes, lost: ()})
        return real(forgotten, other)

    monkeypatch.setattr(Footprint, "depends_on", forgets)
    region = (
        (Call("get", ("a",), missing=(Call("upsert", ("x",)),)),),
        (Call("put", ("a",)),),
        (Call("put", ("a",)),),
    )

    with space_on(world, region) as space, pytest.raises(AssertionError):
        all_agree(space)
