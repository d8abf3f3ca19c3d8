"""How long a region may take to start."""

from __future__ import annotations

from gameday.bundled import fixtures_folder
from gameday.chaos.readiness import READY_DEADLINE_S, ready_deadline_s
from gameday.region.topology import Region, load_region


def region(name: str) -> Region:
    return load_region(fixtures_folder() / "regions" / f"{name}.yaml")


def test_a_small_region_has_the_usual_time():
    assert ready_deadline_s(region("reference"), {}) == READY_DEADLINE_S


def test_a_region_of_many_programs_that_takes_on_droplets_slowly_has_longer():
    day = region("day")

    slow = ready_deadline_s(day, {"droplet_commission_ms": 60_000})
    quick = ready_deadline_s(day, {"droplet_commission_ms": 13_000})

    assert READY_DEADLINE_S < quick < slow
    assert slow - quick == 47
