from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

import pytest
from histories import WORLD, the_race

from gameday import checkers
from gameday.checkers import ALL, judge_all
from gameday.model.history import History
from gameday.model.verdict import Finding, Validity
from gameday.model.world import World


def test_every_hazard_is_judged_under_its_own_name() -> None:
    findings = judge_all(the_race(), WORLD)
    assert [finding.hazard for finding in findings] == list(ALL)


def test_every_module_with_a_hazard_is_registered() -> None:
    modules = [
        importlib.import_module(f"gameday.checkers.{each.name}")
        for each in pkgutil.iter_modules(checkers.__path__)
    ]
    hazards = {module.HAZARD for module in modules if hasattr(module, "HAZARD")}
    assert hazards == set(ALL)


def test_named_hazards_are_judged_in_the_order_named() -> None:
    findings = judge_all(
        the_race(), WORLD, hazards=["wedged-enactors", "empty-endpoint"]
    )
    assert [f.hazard for f in findings] == ["wedged-enactors", "empty-endpoint"]
    with pytest.raises(KeyError):
        judge_all(the_race(), WORLD, hazards=["no-such-hazard"])


def test_checker_that_crashes_gives_unknown_and_its_exception() -> None:
    def crash(history: History, world: World) -> Finding:
        raise LookupError(f"{len(history)} ops of {world.endpoints[0]}")

    (finding,) = judge_all(History(()), WORLD, checkers={"broken": crash})
    assert finding.hazard == "broken"
    assert finding.validity is Validity.UNKNOWN
    assert "LookupError: 0 ops of dynamodb" in finding.summary


def test_no_checker_calls_an_empty_history_valid() -> None:
    for finding in judge_all(History(()), WORLD):
        assert finding.validity is Validity.UNKNOWN, finding.hazard


def test_what_happened_before_the_evidence_begins_is_not_held_against_a_run() -> None:
    history = the_race()
    late = replace(history.ops[0], start_ns=11_900_000_000, end_ns=11_900_000_000)
    history = History((*history.ops[1:-1], late))
    verdicts = {f.hazard: f.validity for f in judge_all(history, WORLD)}
    assert Validity.INVALID not in verdicts.values()
