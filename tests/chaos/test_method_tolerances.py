"""A probe of the method counts by what it returns, not only by raising."""

from __future__ import annotations

from typing import Any

import pytest

from gameday.chaos.method_tolerances import note_tolerance

OWN = {
    "type": "probe",
    "name": "two at least",
    "provider": {
        "type": "python",
        "module": "gameday.chaos.tolerances",
        "func": "non_empty",
        "arguments": {},
    },
}


def noted(tolerance: Any, output: Any, status: str = "succeeded") -> dict[str, Any]:
    run = {"status": status, "output": output}
    note_tolerance({"name": "a probe", "tolerance": tolerance}, run, {}, {})
    return run


@pytest.mark.parametrize(
    ("tolerance", "output", "met"),
    [
        (True, True, True),
        (False, True, False),
        (4, 4, True),
        (4, 5, False),
        ([1, 3], 2, True),
        ([1, 3], 4, False),
        (OWN, ["one"], True),
        (OWN, [], False),
    ],
)
def test_what_a_probe_returned_is_held_against_its_tolerance(tolerance, output, met):
    assert noted(tolerance, output)["tolerance_met"] is met


def test_a_tolerance_that_cannot_be_applied_is_not_met(caplog):
    assert noted({"type": "range", "range": [1, 3]}, None)["tolerance_met"] is False
    assert "a probe: its tolerance failed" in caplog.text


def test_without_a_tolerance_or_a_result_nothing_is_noted():
    run: dict[str, Any] = {"status": "succeeded", "output": 1}
    note_tolerance({"name": "an action"}, run, {}, {})
    assert "tolerance_met" not in run
    assert "tolerance_met" not in noted(True, None, status="failed")
