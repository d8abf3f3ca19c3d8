"""What can be done to one actor of a stage that is up?"""

from __future__ import annotations

import dataclasses
import os
import signal

import pytest
from stage_traces import eventually

from gameday.errors import InvalidInput, RegionFailed
from gameday.stage import actors
from gameday.stage.opening import Stage
from gameday.stage.process_identity import process_state, start_of
from gameday.stage.state import find_stage, read_stage, state_file


def test_a_paused_actor_has_stopped_on_return_and_goes_on_when_resumed(
    idle_stage: Stage,
):
    pid = idle_stage.pause("one")
    assert process_state(pid) == "T"
    assert idle_stage.state.actors["one"].state == "paused"

    assert idle_stage.resume("one") == pid

    assert process_state(pid) in {"S", "R"}
    assert idle_stage.state.actors["one"].state == "running"


def test_pausing_twice_is_the_same_as_once(idle_stage: Stage):
    first = idle_stage.pause("one")

    assert idle_stage.pause("one") == first

    idle_stage.resume("one")


def test_a_killed_actor_is_gone_on_return_and_stays_dead_until_restarted(
    idle_stage: Stage,
):
    before = idle_stage.state.actors["one"].pid

    assert idle_stage.kill("one") == before

    assert start_of(before) == ""
    assert idle_stage.state.actors["one"].state == "killed"
    with pytest.raises(RegionFailed, match="one is not running: it was ended by SIG"):
        idle_stage.pause("one")
    after = idle_stage.restart("one")
    assert after != before
    assert idle_stage.state.actors["one"].restarts == 1


def test_a_paused_actor_can_be_killed(idle_stage: Stage):
    pid = idle_stage.pause("one")

    idle_stage.kill("one")

    assert start_of(pid) == ""
    idle_stage.restart("one")


def test_restarting_a_running_actor_replaces_it(idle_stage: Stage):
    before = idle_stage.state.actors["one"].pid

    after = idle_stage.restart("one")

    assert start_of(before) == ""
    assert start_of(after) != ""


def test_an_unknown_actor_is_named_with_the_nearest(idle_stage: Stage):
    with pytest.raises(InvalidInput, match="unknown actor 'parnt'; did you mean 'par"):
        idle_stage.pause("parnt")


def test_an_actor_that_ends_by_itself_is_noted_in_state_and_history(
    idle_stage: Stage,
):
    pid = idle_stage.state.actors["one"].pid
    os.kill(pid, signal.SIGABRT)

    eventually(lambda: idle_stage.state.actors["one"].state == "was ended by SIGABRT")
    with idle_stage.edge() as edge:
        eventually(
            lambda: (
                [op.request for op in edge.history() if op.operation == "actor_ended"]
                == [{"actor": "one", "how": "was ended by SIGABRT"}]
            )
        )
    idle_stage.restart("one")


def test_another_process_finds_the_stage_and_acts_on_it(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GAMEDAY_STAGE", idle_stage.id)

    found = find_stage()

    assert found.id == idle_stage.id
    assert actors.resume(found, "one") == idle_stage.state.actors["one"].pid


def test_the_keeper_refuses_whoever_does_not_know_the_token(idle_stage: Stage):
    state = idle_stage.state
    assert state.control is not None
    forged = dataclasses.replace(
        state,
        control=dataclasses.replace(state.control, token="guess"),  # noqa: S106
    )

    with pytest.raises(InvalidInput, match="wrong token"):
        actors.kill(forged, "one")


def test_the_state_file_is_for_its_owner_only(idle_stage: Stage):
    assert state_file(idle_stage.id).stat().st_mode & 0o077 == 0


def test_a_state_survives_being_written_and_read(idle_stage: Stage):
    assert read_stage(idle_stage.id) == idle_stage.state


def test_an_unknown_stage_is_refused_with_those_that_run(idle_stage: Stage):
    with pytest.raises(
        InvalidInput, match=f"unknown stage 'zz'; known: .*{idle_stage.id}"
    ):
        read_stage("zz")
