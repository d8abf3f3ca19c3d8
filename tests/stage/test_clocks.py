"""What actors of a stage see when their host's clock is set wrong."""

from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stage_traces import eventually

from gameday.errors import InvalidInput
from gameday.region.topology import Region, load_region
from gameday.stage import clocks, faketime
from gameday.stage.opening import Stage, open_stage
from gameday.stage.preflight import ensure_openable

NEAR_MS = 10_000
HOUR_MS = 3_600_000

PROGRAMS = '''
"""Programs that tell the time."""

import os
import sys
import threading
import time


def tell():
    """Write wall clock and monotonic clock down, again and again."""
    file = os.environ["TOLD"]
    while True:
        with open(f"{file}.new", "w") as stream:
            stream.write(f"{time.time()} {time.monotonic()}")
        os.replace(f"{file}.new", file)
        began = time.monotonic()
        time.sleep(0.02)
        threading.Event().wait(0.02)
        if time.monotonic() - began > 5:
            sys.exit("a sleep of 0.04 s took 5 s")
'''

REGION = """\
    name: clocks
    aws_region: us-east-1
    availability_zones: [az1]
    load_balancers: [{{name: lb-1, address: 127.0.10.1, az: az1}}]
    endpoints: [small.gameday.test]
    actors:
      planner:
        run: gameday.region.main:planner
        access_key: AKIACLOCKS0000000001
      stranger:
        run: clock_programs:tell
        access_key: AKIACLOCKS0000000002
        env: {{TOLD: {folder}/told}}
"""
ADJUSTABLE = """\
      black-box:
        command: ['{{python}}', -c, 'import clock_programs; clock_programs.tell()']
        access_key: AKIACLOCKS0000000003
        env: {{TOLD: {folder}/told-by-black-box}}
        clock: adjustable
"""


def library() -> Path:
    """A libfaketime that works; where CI asks for it, it must be there."""
    try:
        return faketime.find_library()
    except InvalidInput as error:
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def region_in(folder: Path, text: str) -> Region:
    (folder / "clock_programs.py").write_text(PROGRAMS)
    file = folder / "region.yaml"
    file.write_text(textwrap.dedent(text.format(folder=folder)))
    return load_region(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clocks")


@pytest.fixture(scope="module")
def stage(folder: Path, gameday_home: Path) -> Iterator[Stage]:  # noqa: ARG001
    with open_stage(region_in(folder, REGION)) as made:
        yield made


def told(file: Path) -> tuple[float, float]:
    """What a program says: by how much its clock is ahead, and its monotonic one."""
    wall_s, monotonic_s = map(
        float, eventually(file.exists) and file.read_text().split()
    )
    return (wall_s - time.time()) * 1000, monotonic_s


def test_the_clock_of_a_program_of_ours_is_set_jumps_and_is_restored(stage: Stage):
    state = stage.state
    assert clocks.wrong_clocks(state) == {}
    clocks.set_offset(state, "planner", 1_500)
    assert clocks.jump(state, "planner", -2_000) == -500
    assert clocks.wrong_clocks(state) == {"planner": -500}
    clocks.set_offset(state, "planner", 0)
    assert clocks.wrong_clocks(state) == {}


def test_a_restarted_actor_finds_its_hosts_clock_as_wrong_as_it_was(stage: Stage):
    stage.set_clock("planner", 1_500)
    stage.restart("planner")
    assert clocks.offset_ms(stage.state, "planner") == 1_500
    stage.set_clock("planner", 0)


def test_a_stranger_must_ask_for_an_adjustable_clock(stage: Stage):
    message = "give it `clock: adjustable`.*pip install 'gameday"
    with pytest.raises(InvalidInput, match=f"(?i){message}"):
        clocks.set_offset(stage.state, "stranger", 1_000)


def test_an_unknown_actor_and_an_endless_offset_are_refused(stage: Stage):
    with pytest.raises(InvalidInput, match="unknown actor 'planer'; did you mean"):
        clocks.jump(stage.state, "planer", 1)
    with pytest.raises(InvalidInput, match="at most 315360000000 ms"):
        clocks.set_offset(stage.state, "planner", clocks.OFFSET_MS_MAX + 1)
    assert clocks.wrong_clocks(stage.state) == {}


def test_a_black_box_goes_by_an_adjustable_clock_and_sleeps_as_long_as_it_says(
    tmp_path: Path,
):
    library()
    with open_stage(region_in(tmp_path, REGION + ADJUSTABLE)) as stage:
        file = tmp_path / "told-by-black-box"
        pid = stage.state.actors["black-box"].pid
        assert abs(told(file)[0]) < NEAR_MS
        before_s = told(file)[1]

        clocks.set_offset(stage.state, "black-box", HOUR_MS)
        eventually(lambda: abs(told(file)[0] - HOUR_MS) < NEAR_MS)
        clocks.jump(stage.state, "black-box", -2 * HOUR_MS)
        eventually(lambda: abs(told(file)[0] + HOUR_MS) < NEAR_MS)
        assert before_s < told(file)[1] < before_s + HOUR_MS / 1000

        clocks.set_offset(stage.state, "black-box", 0)
        eventually(lambda: abs(told(file)[0]) < NEAR_MS)
        assert abs(told(tmp_path / "told")[0]) < NEAR_MS
        assert stage.state.actors["black-box"].state == "running"
        assert shared_memory_of(pid)
    assert shared_memory_of(pid) == []


def shared_memory_of(pid: int) -> list[str]:
    return [each.name for each in Path("/dev/shm").glob(f"*faketime*_{pid}")]  # noqa: S108


def test_a_region_with_an_adjustable_clock_is_refused_without_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def missing() -> Path:
        raise InvalidInput("an adjustable clock needs libfaketime: pip install it")

    monkeypatch.setattr("gameday.stage.preflight.find_library", missing)
    region = region_in(tmp_path, REGION + ADJUSTABLE)
    with pytest.raises(InvalidInput, match="black-box: an adjustable clock needs"):
        ensure_openable(
            region,
            design="as-built",
            safeguards={},
            settings={},
            emulator="moto",
            gateway_port=0,
        )


def test_a_library_under_which_sleeping_fails_is_passed_over_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "libfaketime.so.1").write_text("no library")
    monkeypatch.setattr(faketime, "_IN_PACKAGE", "nowhere")
    monkeypatch.setattr(faketime, "_IN_SYSTEM", (f"{tmp_path}/*.so.1",))
    faketime.find_library.cache_clear()
    try:
        with pytest.raises(
            InvalidInput,
            match=r"libfaketime.so.1 is no good: the clock does not follow it; pip in",
        ):
            faketime.find_library()
    finally:
        faketime.find_library.cache_clear()
