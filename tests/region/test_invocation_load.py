"""Is a region refused whose functions would have no life without an outage?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.region.services.invocation_load import invocation_problems
from gameday.region.topology import load_region, parse_region

FILE = fixtures_folder() / "regions" / "services.yaml"


def test_the_region_of_services_and_the_defaults_have_room_for_what_is_asked():
    region = load_region(FILE)

    assert list(invocation_problems(region.settings)) == []
    assert list(invocation_problems({})) == []


@pytest.mark.parametrize(
    ("settings", "inequality"),
    [
        ({"invocation_instances": 1}, "fails: 5.0 >= 4.0; the backlog grows"),
        ({"invocation_instances": 1.5}, "need invocation_instances of 1, 2, ..."),
        ({"async_invocations_per_s": -1}, "need async_invocations_per_s >= 0, not -1"),
        ({"poll_every_ms": 6000}, "poll_every_ms < 10, the largest batch, fails: 12"),
        ({"queue_poller_restart_ms": -5}, "need queue_poller_restart_ms >= 0"),
        ({"invocation_patience_ms": 400}, "invocation_patience_ms > 500, the pauses"),
        ({"event_patience_ms": 1500}, "event_patience_ms > 1500, the pauses"),
        ({"invocations_protect_sync": 2}, "should be 0 or 1"),
        ({"invocation_round_ms": 0}, "need invocation_round_ms > 0"),
    ],
)
def test_numbers_that_mean_nothing_are_refused_with_what_fails(
    settings: dict[str, Any], inequality: str
):
    lines = "".join(f"\n  {name}: {value}" for name, value in settings.items())
    text = FILE.read_text(encoding="utf-8")
    for name in settings:
        text = "\n".join(
            each for each in text.splitlines() if not each.startswith(f"  {name}: ")
        )
    text = text.replace("\nsettings:", f"\nsettings:{lines}", 1)
    with pytest.raises(InvalidInput) as refused:
        parse_region(parse_document(text, file="services.yaml"), folder=Path.cwd())

    assert inequality in "\n".join(str(reason) for reason in refused.value.reasons)
