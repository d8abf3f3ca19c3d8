"""Journals of the real chaoslib, one for each way in which it says `completed`."""

from __future__ import annotations

import json
from typing import Any

import pytest
import scripted_activities
from chaoslib.experiment import run_experiment
from chaoslib.types import Dry, Schedule, Strategy

from gameday.chaos.journal_evidence import (
    JournalEvidence,
    JournalUnreadable,
    read_journal,
)


def activity(name: str, kind: str, func: str, **more: Any) -> dict[str, Any]:
    arguments = more.pop("arguments", {"of": name} if func == "answer" else {})
    provider = {"type": "python", "module": "scripted_activities", "func": func}
    return {
        "name": name,
        "type": kind,
        "provider": {**provider, "arguments": arguments},
        **more,
    }


def experiment(**parts: Any) -> dict[str, Any]:
    probe = activity("steady", "probe", "answer", tolerance=True)
    return {
        "title": "a test",
        "description": "a test",
        "steady-state-hypothesis": {"title": "steady", "probes": [probe]},
        "method": [activity("attack", "action", "succeed")],
        "rollbacks": [activity("undo", "action", "succeed")],
        **parts,
    }


def play(parts: dict[str, Any] | None = None, **options: Any) -> JournalEvidence:
    """Run for real, and read the journal both as it is and from its file."""
    rollbacks = options.pop("rollbacks", "default")
    journal = run_experiment(
        experiment(**(parts or {})),
        settings={"runtime": {"rollbacks": {"strategy": rollbacks}}},
        **options,
    )
    evidence = read_journal(journal)
    again = read_journal(json.loads(json.dumps(journal, default=str)))
    assert again.deviations == evidence.deviations
    assert len(again.voids) == len(evidence.voids)
    return evidence


def test_run_in_which_all_went_well_has_nothing_to_say() -> None:
    scripted_activities.script(steady=[True])
    evidence = play()
    assert evidence == JournalEvidence(
        interrupted="",
        has_hypothesis=True,
        voids=(),
        deviations=(),
        rollback_failures=(),
        samples_during=0,
    )


def test_baseline_that_was_not_met_voids_the_run() -> None:
    scripted_activities.script(steady=[False])
    (void, unplayed) = (*play().voids, "")
    assert void == (
        "the baseline was not met: 'steady' gave false (tolerance true); no fault was "
        "injected"
    )
    assert unplayed == ""


def test_probe_that_raises_before_the_method_voids_the_run() -> None:
    scripted_activities.script(steady=[RuntimeError("no route")])
    (void,) = play().voids
    assert void.startswith("probe 'steady' raised before the method: ")
    assert "no route" in void


def test_action_that_raises_voids_the_run_and_is_named() -> None:
    scripted_activities.script(steady=[True], attack=[RuntimeError("no such rule")])
    method = [activity("attack", "action", "answer")]
    (void,) = play({"method": method}).voids
    assert void.startswith("action 'attack' of the method failed: ")
    assert "no such rule" in void


def test_background_action_that_raises_voids_the_run_too() -> None:
    scripted_activities.script(steady=[True], attack=[RuntimeError("no such rule")])
    method = [activity("attack", "action", "answer", background=True)]
    (void,) = play({"method": method}).voids
    assert "action 'attack'" in void


def test_deviation_after_the_method_is_told_with_output_and_tolerance() -> None:
    scripted_activities.script(steady=[True, False])
    evidence = play()
    assert evidence.voids == ()
    assert evidence.deviations == (
        (
            "the hypothesis did not hold after the method: 'steady' gave false "
            "(tolerance true)"
        ),
    )


def test_deviation_that_recovered_by_the_end_is_seen() -> None:
    scripted_activities.script(steady=[True, True, False, False, True])
    slow = activity("attack", "action", "succeed", arguments={"within_s": 0.3})
    evidence = play(
        {"method": [slow]},
        strategy=Strategy.CONTINUOUS,
        schedule=Schedule(continuous_hypothesis_frequency=0.05),
    )
    assert evidence.voids == ()
    (deviation,) = evidence.deviations
    assert deviation.startswith("the hypothesis broke during the method in 2 of ")
    assert deviation.endswith(", and recovered by the end")
    assert evidence.samples_during > 2


def test_fail_fast_that_recovered_is_seen_though_the_status_is_failed() -> None:
    scripted_activities.script(steady=[True, False, False, True])
    slow = activity("attack", "action", "succeed", arguments={"within_s": 0.2})
    evidence = play(
        {"method": [slow, activity("second", "action", "succeed")]},
        strategy=Strategy.CONTINUOUS,
        schedule=Schedule(continuous_hypothesis_frequency=0.05, fail_fast=True),
        rollbacks="always",
    )
    assert any("broke during the method" in d for d in evidence.deviations)
    assert evidence.voids == ()


def test_probe_that_raises_after_the_method_voids_the_run() -> None:
    scripted_activities.script(steady=[True, RuntimeError("timed out")])
    evidence = play(rollbacks="always")
    (void,) = evidence.voids
    assert void.startswith("probe 'steady' raised after the method: ")


def test_rollbacks_that_chaoslib_skips_after_a_raising_probe_are_missed() -> None:
    scripted_activities.script(steady=[True, RuntimeError("timed out")])
    assert play().rollback_failures == ("no rollback was played of 1 declared",)


def test_rollback_that_raises_is_named() -> None:
    scripted_activities.script(steady=[True], undo=[RuntimeError("edge is gone")])
    rollbacks = [activity("undo", "action", "answer")]
    (failure,) = play({"rollbacks": rollbacks}).rollback_failures
    assert failure.startswith("rollback 'undo' failed: ")
    assert "edge is gone" in failure


@pytest.mark.parametrize("dry", [Dry.ACTIVITIES, "actions"])
def test_dry_run_proves_nothing(dry: Any) -> None:
    scripted_activities.script(steady=[True])
    assert play({"dry": dry}).voids[0].startswith("this was a dry run (")


def test_interrupted_run_says_by_whom() -> None:
    scripted_activities.script(steady=[True], attack=[True])
    journal = run_experiment(experiment(), settings={})
    journal["status"] = "interrupted"
    assert read_journal(journal).interrupted == "a signal or a control"
    journal["interruption"] = {"kind": "signal", "name": "SIGTERM", "reason": ""}
    assert read_journal(journal).interrupted == "signal, SIGTERM"


def test_aborted_run_is_void() -> None:
    scripted_activities.script(steady=[True])
    journal = run_experiment(experiment(), settings={})
    journal["status"] = "aborted"
    assert "aborted" in read_journal(journal).voids[0]


def test_strategies_that_look_only_once_leave_a_gap_that_is_told() -> None:
    scripted_activities.script(steady=[True])
    before_only = play(strategy=Strategy.BEFORE_METHOD)
    assert before_only.voids == ("the hypothesis was not checked after the method",)
    after_only = play(strategy=Strategy.AFTER_METHOD)
    assert after_only.voids == (
        "the baseline was never taken: the hypothesis was not checked before",
    )


def test_activities_that_were_never_played_void_the_run() -> None:
    scripted_activities.script(steady=[True])
    journal = run_experiment(experiment(), settings={})
    journal["run"] = []
    assert read_journal(journal).voids == (
        "only 0 of 1 activities of the method were played",
    )


def test_activity_without_an_end_is_told() -> None:
    scripted_activities.script(steady=[True])
    journal = run_experiment(experiment(), settings={})
    del journal["run"][0]["status"]
    assert read_journal(journal).voids == (
        "action 'attack' of the method never finished",
    )


@pytest.mark.parametrize(
    "journal",
    [
        None,
        {},
        {"status": "completed"},
        {"status": None, "steady_states": {}, "experiment": {}},
        {"status": "completed", "steady_states": {}, "experiment": None},
    ],
)
def test_journal_that_was_cut_short_cannot_be_read(
    journal: dict[str, Any] | None,
) -> None:
    with pytest.raises(JournalUnreadable):
        read_journal(journal)
