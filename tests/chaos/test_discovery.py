"""What `chaos discover gameday` shows to people and tools."""

from __future__ import annotations

import importlib
import inspect

import pytest

import gameday

ACTIVITIES = {
    activity["name"]: activity for activity in gameday.discover(False)["activities"]
}


def test_every_exported_function_is_discovered():
    exported = set()
    for module in ("actions", "probes"):
        exported |= set(importlib.import_module(f"gameday.chaos.{module}").__all__)

    assert set(ACTIVITIES) == exported


@pytest.mark.parametrize("name", sorted(ACTIVITIES))
def test_every_activity_says_what_it_takes_and_returns(name: str):
    activity = ACTIVITIES[name]
    own = [
        argument["name"]
        for argument in activity["arguments"]
        if argument["name"] not in {"configuration", "secrets"}
    ]

    assert "Returns:" in activity["doc"]
    assert [n for n in own if f"    {n}: " not in activity["doc"]] == []


@pytest.mark.parametrize("name", sorted(ACTIVITIES))
def test_every_type_is_one_that_other_tools_can_read(name: str):
    activity = ACTIVITIES[name]
    portable = {"boolean", "integer", "number", "string", "mapping", "list"}

    assert activity["return_type"] in portable
    assert {argument["type"] for argument in activity["arguments"]} <= portable


@pytest.mark.parametrize("name", sorted(ACTIVITIES))
def test_no_argument_is_hidden_and_none_is_a_yaml_boolean(name: str):
    """Keyword-only arguments are not discovered; YAML 1.1 reads `on` as true."""
    activity = ACTIVITIES[name]
    function = getattr(importlib.import_module(activity["mod"]), name)
    names = list(inspect.signature(function).parameters)

    assert [argument["name"] for argument in activity["arguments"]] == names
    assert not {"on", "off", "yes", "no", "y", "n"} & set(names)
    assert names[-2:] == ["configuration", "secrets"]
