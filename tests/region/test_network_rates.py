"""A region whose network manager cannot keep up is refused before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.region.network.rates import region_rate_problems
from gameday.region.topology import load_region, parse_region

FILE = fixtures_folder() / "regions" / "network.yaml"


def test_the_bundled_region_keeps_up():
    assert list(region_rate_problems(load_region(FILE))) == []


def test_a_queue_that_grows_without_any_outage_is_refused_with_its_line():
    text = FILE.read_text().replace("network_change_ms: 200", "network_change_ms: 400")
    with pytest.raises(InvalidInput) as refusal:
        parse_region(parse_document(text, file="network.yaml"), folder=Path.cwd())
    (reason,) = refusal.value.reasons
    line = text.splitlines().index("  network-manager:") + 1
    assert str(reason) == (
        f"network.yaml:{line}: actors.network-manager: need change_ms < arrival_ms, "
        "not 500 and 500: the backlog grows without any outage"
    )


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"launch_every_ms": 500}, "need change_ms < arrival_ms, not 300 and 250"),
        ({"network_backlog_max": -1}, "need backlog_max >= 1, not -1"),
    ],
)
def test_numbers_of_an_experiment_are_held_to_the_same(
    settings: dict[str, float], complaint: str
):
    ((actor, problem),) = region_rate_problems(load_region(FILE), settings)
    assert actor == "network-manager"
    assert problem.startswith(complaint)


def test_a_region_without_a_network_manager_has_no_such_problem():
    cascade = load_region(FILE.with_name("cascade.yaml"))
    assert list(region_rate_problems(cascade, {"network_change_ms": 9_999})) == []
