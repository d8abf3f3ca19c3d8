"""What a service's canary and its needs say together, row by row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_cases import CASCADE, graph

from gameday.model.service_health import (
    CanarySays,
    Condition,
    ServiceHealth,
    service_healths,
)

GRAPH = graph(CASCADE)
NAMES = GRAPH.recovery_order()

WORKS, FAILS, NOTHING = CanarySays.WORKS, CanarySays.FAILS, CanarySays.NOTHING

# (who fails, who says nothing, sentences that follow); everybody else works.
ROWS = [
    ("", "", dict.fromkeys(NAMES, "well")),
    (
        # The record is gone and nothing else has been hit yet.
        "dns",
        "",
        {"dns": "impaired by itself", "dynamodb": "exposed to dns", "dwfm": "well"},
    ),
    (
        "dns dynamodb dwfm launch",
        "",
        {
            "dynamodb": "impaired by dns",
            "dwfm": "impaired by dynamodb (from dns)",
            "launch": "impaired by dwfm (from dns)",
            "network": "exposed to dwfm (from dns)",
            "nlb": "well",
            "sts": "exposed to dynamodb (from dns)",
        },
    ),
    (
        # DNS is back: the leases are still lost, and now that is their own trouble.
        "dwfm launch",
        "",
        {
            "dynamodb": "well",
            "dwfm": "impaired by itself",
            "launch": "impaired by dwfm",
            "sts": "well",
        },
    ),
    (
        "dns nlb",
        "sts support dynamodb",
        {
            "dynamodb": "presumed impaired by dns",
            "support": "presumed impaired by dynamodb (from dns)",
            "sts": "presumed impaired by dynamodb, nlb (from dns)",
            "nlb": "impaired by itself",
        },
    ),
    ("", "alone nlb", {"alone": "unknown", "nlb": "unknown", "sts": "well"}),
]

Derive = Callable[..., dict[str, ServiceHealth]]


def says(fails: str, silent: str) -> dict[str, CanarySays]:
    return (
        dict.fromkeys(NAMES, WORKS)
        | dict.fromkeys(fails.split(), FAILS)
        | dict.fromkeys(silent.split(), NOTHING)
    )


@pytest.mark.parametrize(("fails", "silent", "expected"), ROWS)
def test_own_trouble_is_told_from_that_of_others(
    fails: str, silent: str, expected: dict[str, str]
):
    found = service_healths(GRAPH, says(fails, silent))

    assert {name: found[name].sentence for name in expected} == expected


def _canary_only(
    _: object, canaries: dict[str, CanarySays]
) -> dict[str, ServiceHealth]:
    """A mutant: what a service needs is not looked at."""
    return {
        name: service_healths(graph({name: ""}), {name: canaries[name]})[name]
        for name in NAMES
    }


def _needs_only(_: object, canaries: dict[str, CanarySays]) -> dict[str, ServiceHealth]:
    """A mutant: a canary that works does not clear a service."""
    heard = {n: NOTHING if s is WORKS else s for n, s in canaries.items()}
    return service_healths(GRAPH, heard)


def _silence_is_failure(
    _: object, canaries: dict[str, CanarySays]
) -> dict[str, ServiceHealth]:
    """A mutant: a canary that says nothing has found something."""
    heard = {n: FAILS if s is NOTHING else s for n, s in canaries.items()}
    return service_healths(GRAPH, heard)


@pytest.mark.parametrize("mutant", [_canary_only, _needs_only, _silence_is_failure])
def test_a_mutant_of_the_derivation_is_caught(mutant: Derive):
    assert any(
        mutant(GRAPH, says(fails, silent))[name].sentence != sentence
        for fails, silent, expected in ROWS
        for name, sentence in expected.items()
    )


@given(canaries=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CanarySays)))
def test_trouble_always_has_a_root_that_is_impaired_by_itself(
    canaries: dict[str, CanarySays],
):
    found = service_healths(GRAPH, canaries)

    assert tuple(found) == NAMES
    for health in found.values():
        in_trouble = health.condition not in {Condition.WELL, Condition.UNKNOWN}
        assert in_trouble == bool(health.roots)
        for root in health.roots:
            assert canaries[root] is FAILS
            assert found[root].by == ()
        for need in health.by:
            assert found[need].condition.spreads


def test_a_canary_that_works_stops_the_blame():
    """What comes after a service that is only exposed is well."""
    found = service_healths(GRAPH, says("dns", ""))

    assert found["dynamodb"].condition is Condition.EXPOSED
    assert found["support"] == ServiceHealth(
        service="support", condition=Condition.WELL
    )
