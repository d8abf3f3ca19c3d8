"""Is a region refused whose droplet hosts the model says nothing about?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.model.fleet_check import collapse_problems
from gameday.model.lease_fleet import FleetState
from gameday.region.droplets.fleet import DROPLET_PROGRAM, droplet_fleet
from gameday.region.topology import load_region, parse_region
from gameday.stage.preflight import ensure_openable

FILE = fixtures_folder() / "regions" / "cascade.yaml"


def refusal(**settings: Any) -> str:
    """What is said of the cascade region with these numbers on its settings."""
    text = FILE.read_text(encoding="utf-8")
    for name, value in settings.items():
        assert f"\n  {name}: " in text
        before, after = text.split(f"\n  {name}: ", 1)
        text = f"{before}\n  {name}: {value}\n{after.split(chr(10), 1)[1]}"
    with pytest.raises(InvalidInput) as refused:
        parse_region(parse_document(text, file="cascade.yaml"), folder=Path.cwd())
    return "\n".join(str(reason) for reason in refused.value.reasons)


def test_every_host_of_the_cascade_region_can_get_stuck_and_is_well_without_an_outage():
    region = load_region(FILE)
    hosts = [a for a in region.actors.values() if a.run == DROPLET_PROGRAM]
    assert hosts
    for host in hosts:
        fleet = droplet_fleet({**region.settings, **host.settings})
        assert fleet.state() is FleetState.VULNERABLE
        assert collapse_problems(fleet, outage_ms=9_000) == ()


@pytest.mark.parametrize(
    ("settings", "inequality"),
    [
        ({"lease_ttl_ms": 4000}, "renew_every_ms < lease_ms fails: 4000 >= 4000"),
        ({"droplet_inventory_ms": 500}, "establish_cost_ms / timeout_ms <= 0.1 fails"),
        ({"droplet_call_ms": 190}, "rho < 1 + min"),
        ({"droplet_workers": 41}, "workers <= droplets fails: 41 > 40"),
        ({"droplet_check_ms": 0.1, "droplet_call_ms": 0.1}, "need renew_cost_ms >= 1"),
        ({"droplets": 60}, r"[41, 80] and droplets: 60"),
    ],
)
def test_numbers_outside_the_model_are_refused_with_the_inequality_that_fails(
    settings: dict[str, Any], inequality: str
):
    assert inequality in refusal(**settings)


def test_numbers_given_for_one_run_are_judged_like_the_files():
    with pytest.raises(InvalidInput, match="droplet-host-az1: renew_every_ms < lease"):
        ensure_openable(
            load_region(FILE),
            design="fenced",
            safeguards={},
            settings={"lease_ttl_ms": 2000},
            emulator="moto",
            gateway_port=0,
        )
