"""Is a region refused whose launchers look too rarely at the leases?"""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.region.droplets.launch_looks import region_launch_problems
from gameday.region.topology import load_region

REGIONS = sorted((fixtures_folder() / "regions").glob("*.yaml"))


@pytest.mark.parametrize("file", REGIONS, ids=lambda file: file.stem)
def test_every_region_looks_often_enough(file: Path):
    assert list(region_launch_problems(load_region(file))) == []


def test_who_looks_more_rarely_than_a_lease_can_be_believed_in_never_launches():
    region = load_region(fixtures_folder() / "regions" / "network.yaml")
    lasts_ms = region.settings["lease_ttl_ms"] - region.settings["droplet_timeout_ms"]

    problems = dict(region_launch_problems(region, {"launch_every_ms": lasts_ms}))

    assert problems == {
        "instance-owners": (
            "launch_every_ms < lease_ttl_ms - droplet_timeout_ms fails: "
            f"{lasts_ms} >= {lasts_ms}; no lease could be believed in"
        )
    }
    sooner = {"launch_every_ms": lasts_ms - 1}
    assert list(region_launch_problems(region, sooner)) == []


def test_a_span_where_a_number_belongs_is_told():
    region = load_region(fixtures_folder() / "regions" / "network.yaml")

    problems = dict(region_launch_problems(region, {"launch_every_ms": [1, 2]}))

    assert problems["instance-owners"] == (
        "launch_every_ms is [1, 2], and should be one number"
    )
