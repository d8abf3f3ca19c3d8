"""A relation that takes too much for independent is noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from counter_programs import counters, increase_safely
from counter_programs import setup as set_up_counter
from small_programs import Call, actors, get, put, set_up, space_of

from gameday.explore import aws_call, explore
from gameday.explore.dependence import Dependence
from gameday.explore.footprint import Footprint, footprint_of
from gameday.explore.reduction_check import (
    ReductionBroken,
    ReductionChecked,
    check_reduction,
)
from gameday.explore.world import FootprintBroken

LIST = (Call("upsert", ("x",)), Call("list_first", ("x",), found=put("a")))
UPSERT_BEYOND = (Call("upsert", ("y",)),)
UPSERT_BOTH = (Call("upsert", ("x", "y")),)
GET_BOTH = (Call("get_batch", ("a", "b")),)
PUT_BOTH = (Call("put_batch", ("a", "b")),)
PUT_IF = (Call("put_if", ("a", "c")),)
QUERY = (Call("query"),)


def checked(*programs: tuple[Call, ...]) -> ReductionChecked:
    with space_of(set_up, actors(*programs)) as space:
        return check_reduction(space, Dependence(space, views=()))


@pytest.fixture
def mutate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what changes the footprint of one operation."""

    def change(operation: str, mutation: Callable[[Footprint], Footprint]) -> None:
        def mutant(service: str, named: str, *given: Any, **more: Any) -> Footprint:
            found = footprint_of(service, named, *given, **more)
            return mutation(found) if named == operation else found

        monkeypatch.setattr(aws_call, "footprint_of", mutant)

    return change


def first_write_only(found: Footprint) -> Footprint:
    return replace(found, writes=found.writes[:1])


def first_read_only(found: Footprint) -> Footprint:
    return replace(found, reads=found.reads[:1])


def page_only(found: Footprint) -> Footprint:
    """The record set that is listed, and not the one whose name says what follows."""
    zone = found.reads[0].removesuffix("*")
    return replace(found, reads=(f"{zone}x.small.test./TXT/",))


def no_reads(found: Footprint) -> Footprint:
    return replace(found, reads=())


@pytest.mark.parametrize(
    "programs",
    [
        (LIST, UPSERT_BEYOND, UPSERT_BOTH),
        (GET_BOTH, put("a"), put("b")),
        (PUT_BOTH, QUERY, get("c")),
        (PUT_IF, put("a"), get("c")),
    ],
)
def test_the_relation_as_it_is_holds(programs: tuple[tuple[Call, ...], ...]):
    found = checked(*programs)

    assert found.broken == ()
    assert found.exhausted
    assert found.calls == found.calls_known > 0


@pytest.mark.parametrize(
    ("operation", "mutation", "programs", "says"),
    [
        (
            "ListResourceRecordSets",
            page_only,
            (LIST, UPSERT_BEYOND),
            "do not commute: ListResourceRecordSets",
        ),
        (
            "BatchGetItem",
            first_read_only,
            (GET_BOTH, put("b")),
            "dynamodb BatchGetItem is answered otherwise",
        ),
        (
            "TransactWriteItems",
            no_reads,
            (PUT_IF, put("a")),
            "dynamodb TransactWriteItems is answered otherwise",
        ),
        (
            "Query",
            no_reads,
            (QUERY, put("a")),
            "dynamodb Query is answered otherwise",
        ),
    ],
)
def test_a_read_that_is_left_out_is_noticed(
    mutate: Callable[..., None],
    operation: str,
    mutation: Any,
    programs: tuple[tuple[Call, ...], ...],
    says: str,
):
    mutate(operation, mutation)

    found = checked(*programs)

    assert any(says in each for each in found.broken), found.broken


@pytest.mark.parametrize(
    ("operation", "program"),
    [("ChangeResourceRecordSets", UPSERT_BOTH), ("BatchWriteItem", PUT_BOTH)],
)
def test_a_batch_that_is_reduced_to_its_first_change_is_noticed(
    mutate: Callable[..., None], operation: str, program: tuple[Call, ...]
):
    mutate(operation, first_write_only)

    with pytest.raises(FootprintBroken, match=f"{operation} changed"):
        checked(program, get("c"))


def test_the_limits_are_told():
    with space_of(set_up, actors(put("a", "b"), put("c", "d"))) as space:
        dependence = Dependence(space, views=())
        found = check_reduction(space, dependence, states_max=4, calls_max=1)

    assert not found.exhausted
    assert found.calls == 1
    assert str(found).startswith("POR verified on ")
    assert f"at the first {found.states} states, and 1 of " in str(found)


def test_an_exploration_verifies_when_it_is_asked_to():
    """The pairs by hand: two writers of two items each, a grid of 3 * 3 states.

    Both can go on where neither has ended, at 2 * 2 of them, so 4 pairs.
    """
    found = explore(
        setup=set_up, actors=actors(put("a", "b"), put("c", "d")), verify_por=True
    )

    assert found.reduction is not None
    assert found.reduction.pairs == 4
    assert explore(setup=set_up, actors=actors(put("a"))).reduction is None


def test_an_exploration_concludes_nothing_from_a_relation_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(Footprint, "depends_on", lambda _one, _other: False)

    with pytest.raises(ReductionBroken, match="nothing is concluded"):
        explore(
            setup=set_up_counter, actors=counters(increase_safely, 2), verify_por=True
        )
