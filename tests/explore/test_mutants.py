"""Every defect made by hand is found on the real programs; the design has none.

The explorer is told which properties must hold and nothing of the defect. A default run
has some defects of each part; the thorough run has all of them, and those that nobody
can tell from the design, exhausted without a bound like the design itself.
"""

from __future__ import annotations

import enactor_mutants
import lease_mutants
import lock_mutants
import pytest
from mutant_registry import MUTANTS, Mutant
from mutant_scenes import SCENES, search

from gameday.model.verdict import Validity

MADE_BY = (enactor_mutants, lock_mutants, lease_mutants)
FOUND = [each for each in MUTANTS.values() if each.breaks]
ALIKE = [each for each in MUTANTS.values() if not each.breaks]

SAMPLE = {
    "plan_put_without_condition",
    "checked_at_pickup",
    "flipped_without_building",
    "listing_kept_from_the_first_hold",
    "rollback_left_where_it_is",
    "stop_switch_asked_before_the_lock",
    "expiry_in_other_units",
    "lock_not_asserted",
    "token_used_again",
    "deleted_by_age_only",
    "deleted_without_the_lock",
    "expiry_by_another_hosts_clock",
}
"""What a default run looks for, a few seconds each."""

THOROUGH_SCENES = {"clean-up beside"}


def _parametrised(mutants: list[Mutant]) -> list[object]:
    return [
        pytest.param(
            each,
            id=f"{each.part}-{each.name}",
            marks=() if each.name in SAMPLE else pytest.mark.thorough,
        )
        for each in mutants
    ]


@pytest.mark.parametrize("mutant", _parametrised(FOUND))
def test_a_defect_is_found(mutant: Mutant):
    with pytest.MonkeyPatch.context() as patch:
        mutant.make(patch)
        found = search(SCENES[mutant.scene](mutant.safeguards))

    assert found.counterexample is not None, mutant.means
    assert found.counterexample.broken.name in mutant.breaks


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(
            each, marks=pytest.mark.thorough if each in THOROUGH_SCENES else ()
        )
        for each in SCENES
    ],
)
def test_the_design_is_exhausted_where_defects_are_found(scene: str):
    found = search(SCENES[scene]())

    assert found.validity is Validity.VALID, found.reasons


@pytest.mark.parametrize("mutant", _parametrised(ALIKE))
def test_what_nobody_can_tell_from_the_design_breaks_nothing(mutant: Mutant):
    with pytest.MonkeyPatch.context() as patch:
        mutant.make(patch)
        found = search(SCENES[mutant.scene](mutant.safeguards))

    assert found.validity is Validity.VALID, (mutant.means, found.reasons)


def test_every_part_has_defects_and_every_scene_a_use():
    assert {each.part for each in FOUND} == {
        "planner",
        "enactor",
        "lock",
        "clean-up",
        "lease manager",
    }
    assert {each.scene for each in FOUND} == set(SCENES)
    assert set(MUTANTS) >= SAMPLE
    assert len(FOUND) >= 25
