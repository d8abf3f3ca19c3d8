"""Layers, chains and cycles of small graphs, and what holds for all of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_cases import CASCADE, graph

from gameday.model.service_graph import Service, ServiceGraph, cycles


def test_a_service_recovers_after_everything_it_needs():
    found = graph(CASCADE)

    assert found.layers == (
        ("alone", "dns"),
        ("dynamodb",),
        ("dwfm", "support"),
        ("launch", "network"),
        ("nlb",),
        ("sts",),
    )
    assert found.longest_chain() == ("dns", "dynamodb", "dwfm", "network", "nlb", "sts")
    assert found.falls_with("network") == ("nlb", "sts")
    assert found.falls_with("alone") == ()
    assert found.needed_by()["dynamodb"] == ("dwfm", "sts", "support")
    assert found.service("nlb").what == "the nlb"


def test_what_was_back_before_what_it_needs_is_told():
    found = graph(CASCADE)
    in_order = {name: n for n, name in enumerate(found.recovery_order())}

    assert found.recovered_too_early(in_order) == ()
    assert found.recovered_too_early({**in_order, "sts": 0}) == (
        ("sts", "dynamodb"),
        ("sts", "nlb"),
    )
    # What never failed has no time, and says nothing of its dependents.
    assert found.recovered_too_early({"sts": 0}) == ()


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": "b", "b": ""}, ()),
        ({"a": "a"}, (("a", "a"),)),
        ({"a": "b", "b": "a"}, (("a", "b", "a"),)),
        (
            {"a": "b", "b": "c d", "c": "a", "d": "b"},
            (("b", "d", "b"), ("a", "b", "c", "a")),
        ),
        ({"a": "b", "b": "a", "x": "y", "y": "x"}, (("a", "b", "a"), ("x", "y", "x"))),
        (
            {"a": "b c", "b": "a", "c": "d", "d": "a"},
            (("a", "b", "a"), ("a", "c", "d", "a")),
        ),
        ({"a": "nowhere"}, ()),
    ],
)
def test_a_way_back_to_where_it_began_is_named(
    needs: dict[str, str], expected: tuple[tuple[str, ...], ...]
):
    assert cycles({name: ons.split() for name, ons in needs.items()}) == expected


@pytest.mark.parametrize(
    "needs", [{"a": "b"}, {"a": "a"}, {"a": "b", "b": "c", "c": "a"}]
)
def test_what_is_no_acyclic_graph_cannot_be_made(needs: dict[str, str]):
    with pytest.raises(ValueError, match="no cycle"):
        graph(needs)


def test_a_name_stands_for_one_service():
    twice = Service(name="dns", what="records")

    with pytest.raises(ValueError, match="unique names"):
        ServiceGraph(services=(twice, twice))


def test_no_services_have_no_chain():
    assert ServiceGraph(services=()).longest_chain() == ()


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, str]:
    names = [f"s{n:02}" for n in draw(st.permutations(range(draw(st.integers(1, 9)))))]
    return {
        name: " ".join(
            sorted(draw(st.sets(st.sampled_from(names[:place]))) if place else ())
        )
        for place, name in enumerate(names)
    }


@given(needs=acyclic())
def test_every_acyclic_graph_has_an_order_in_which_all_recover(needs: dict[str, str]):
    found = graph(needs)
    order = found.recovery_order()

    assert sorted(order) == sorted(needs)
    for name, ons in needs.items():
        assert all(order.index(on) < order.index(name) for on in ons.split())
        assert all(name in found.falls_with(on) for on in ons.split())
    assert len(found.longest_chain()) == len(found.layers)


names = st.sampled_from("abcdef")


@given(needs=st.dictionaries(names, st.sets(names, max_size=3)))
def test_a_graph_has_cycles_or_an_order_and_never_both(needs: dict[str, set[str]]):
    known = {name: ons & needs.keys() for name, ons in needs.items()}
    found = cycles(known)

    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(on in known[name] for name, on in pairwise(cycle))
    if found:
        with pytest.raises(ValueError, match="no cycle"):
            graph({name: " ".join(sorted(ons)) for name, ons in known.items()})
    else:
        graph({name: " ".join(sorted(ons)) for name, ons in known.items()})
