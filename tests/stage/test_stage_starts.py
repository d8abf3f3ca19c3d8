"""What does a start that cannot succeed say, and what does it leave?"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from stage_traces import eventually

from gameday.bundled import fixtures_folder
from gameday.errors import InvalidInput, RegionFailed
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage

IDLE = "run: 'stage_programs:idle'"


@pytest.fixture
def nothing_left(gameday_home: Path):
    """The failed start removed every trace of itself."""
    before = set(gameday_home.rglob("*.json"))
    yield
    assert set(gameday_home.rglob("*.json")) == before


@pytest.mark.usefixtures("nothing_left")
def test_an_actor_that_ends_while_starting_is_named_with_its_last_words(small_region):
    region = small_region(idle=IDLE, gloomy="run: 'stage_programs:failing'")

    with pytest.raises(RegionFailed) as failure:
        open_stage(region)

    assert str(failure.value).splitlines() == [
        "gloomy exited with status 1 while starting; the end of its log:",
        "  gloomy has nothing to live for",
    ]


@pytest.mark.usefixtures("nothing_left")
def test_a_callable_that_does_not_exist_is_named_with_the_nearest(small_region):
    region = small_region(idle="run: 'stage_programs:idel'")

    with pytest.raises(RegionFailed, match="unknown callable 'idel'; did you mean"):
        open_stage(region)


@pytest.mark.usefixtures("nothing_left")
def test_a_command_that_ends_at_once_fails_the_start(small_region):
    region = small_region(brief="command: [sh, -c, 'echo so long; exit 3']")

    with pytest.raises(RegionFailed, match="brief exited with status 3") as failure:
        open_stage(region)

    assert "so long" in str(failure.value)


@pytest.mark.usefixtures("nothing_left")
def test_every_wrong_choice_is_reported_before_anything_starts(small_region):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        with pytest.raises(InvalidInput) as refusal:
            open_stage(
                small_region(idle=IDLE),
                design="fence",
                safeguards={"freshnes": "in-batch", "abandon": "sometimes"},
                settings={"speed": "high"},
                emulator="http://192.0.2.1:4566",
                gateway_port=taken,
            )

    first, second, third, fourth, last = map(str, refusal.value.reasons)
    assert first == "unknown design 'fence'; did you mean 'fenced'?"
    assert second == (
        "unknown safeguard 'freshnes'; did you mean 'freshness'?; "
        "unknown value of abandon 'sometimes'; known: never, after-losses"
    )
    assert third == (
        "setting speed: 'high' is not a number, nor a span [lowest, highest]"
    )
    assert fourth.startswith("'http://192.0.2.1:4566' is not a loopback address")
    assert last.startswith(f"port {taken} of 127.0.0.1 is in use, and the gateway is")


@pytest.mark.usefixtures("nothing_left")
def test_an_emulator_that_is_not_there_is_refused(small_region):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(InvalidInput, match=f"no emulator answers at {url}"):
        open_stage(small_region(), emulator=url)


def test_an_emulator_that_runs_already_is_used_and_left_alone(small_region, moto_url):
    with open_stage(small_region(idle=IDLE), emulator=moto_url) as stage:
        state = stage.state

    assert state.emulator == {"kind": "external", "url": moto_url}
    assert "emulator" not in state.processes


def test_a_second_run_takes_the_place_of_the_first_in_a_folder(
    small_region, tmp_path: Path
):
    folder = tmp_path / "run"
    with open_stage(small_region(idle=IDLE), folder=folder):
        pass
    (folder / "notes.txt").write_text("mine")

    with open_stage(small_region(), folder=folder) as stage:
        with pytest.raises(InvalidInput, match=f"of stage {stage.id}, which is up"):
            open_stage(small_region(), folder=folder)
        assert not (folder / "logs" / "idle.log").exists()

    assert (folder / "notes.txt").read_text() == "mine"


def test_an_actor_that_is_to_be_restarted_is_started_again(
    small_region, tmp_path: Path
):
    count = tmp_path / "count"
    region = small_region(
        idle=IDLE,
        phoenix=(
            "run: 'stage_programs:rising', restart: always, "
            f"env: {{COUNT_FILE: '{count}'}}"
        ),
    )

    with open_stage(region) as stage:
        eventually(lambda: count.read_text().count("phoenix") >= 3)
        assert stage.state.actors["phoenix"].restarts >= 2


def test_a_program_that_never_heard_of_gameday_takes_part():
    region = load_region(fixtures_folder() / "regions" / "stranger.yaml")

    with open_stage(region) as stage, stage.edge() as edge:

        def booked() -> bool:
            return any(
                op.actor == "order-desk"
                and op.operation == "PutItem"
                and op.writes == ("dynamodb:stranger-orders/order-1",)
                for op in edge.history()
            )

        eventually(booked)


def test_the_reference_region_starts_with_every_actor():
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")

    with open_stage(region, design="fenced", settings={"droplets": 5}) as stage:
        states = {name: each.state for name, each in stage.state.actors.items()}

    assert states == dict.fromkeys(region.actors, "running")
