from __future__ import annotations

import pytest

from gameday.model.safeguards import DESIGNS, SWITCHES, Freshness, Safeguards


def test_the_system_as_built_has_every_safeguard_off():
    first_values = {name: next(iter(kind)).value for name, kind in SWITCHES.items()}

    assert DESIGNS["as-built"].render() == first_values


def test_each_switch_can_be_set_alone():
    for name, kind in SWITCHES.items():
        for value in kind:
            design = Safeguards.parse({name: value.value})
            changed = {
                switch
                for switch, text in design.render().items()
                if text != DESIGNS["as-built"].render()[switch]
            }
            assert changed <= {name}


def test_a_design_survives_its_rendering():
    for design in DESIGNS.values():
        assert Safeguards.parse(design.render()) == design


def test_switches_are_set_over_a_design():
    design = Safeguards.parse({"freeze": "off"}, over=DESIGNS["fenced"])

    assert design.freeze.value == "off"
    assert design.freshness is Freshness.IN_BATCH


def test_every_mistake_is_named_with_the_nearest_valid_word():
    with pytest.raises(ValueError, match="did you mean") as refusal:
        Safeguards.parse({"freshnes": "in-batch", "rollback": "tolerent"})

    assert "'freshnes'; did you mean 'freshness'" in str(refusal.value)
    assert "'tolerent'; did you mean 'tolerant'" in str(refusal.value)
