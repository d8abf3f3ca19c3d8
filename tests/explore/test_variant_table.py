"""Which safeguard keeps which hazard away, decided for a region small enough."""

from __future__ import annotations

import pytest

from gameday.explore.region_problem import RegionTarget
from gameday.explore.strategy_names import LEAST, PREEMPTIONS
from gameday.explore.variant_table import HAZARDS, VARIANTS, explore_variants
from gameday.model.verdict import Validity

EMPTY, STALE, WEDGED = (hazard for hazard, _ in HAZARDS)
HAPPENS = {
    "as built": {EMPTY, STALE, WEDGED},
    "compare-and-swap on the flip": set(),
    "clean-up guard in the delete batch": {STALE},
    "the same guard when scanning": {EMPTY, STALE, WEDGED},
    "rollback tolerates a missing target": {EMPTY, STALE},
}
"""The table that was made by hand for the incident, of another model of it."""


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_every_cell_of_the_incidents_table_is_decided_as_it_was_by_hand():
    cells = list(
        explore_variants(
            RegionTarget(plans=3, enactors=2, endpoints=1),
            budget_s=100,
            strategy=LEAST,
            preemptions=PREEMPTIONS,
            seed=0,
            began=lambda _title, _watch: None,
        )
    )

    assert [each.found.validity for each in cells].count(Validity.UNKNOWN) == 0
    happens: dict[str, set[str]] = {variant: set() for variant, _ in VARIANTS}
    for cell in cells:
        if cell.found.counterexample is not None:
            assert cell.found.counterexample.is_least
            happens[cell.variant].add(cell.hazard)
    assert happens == HAPPENS
