"""Small regions for tests that stand whole stages up."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stage_traces import Traces

from gameday.region.topology import Region, load_region
from gameday.stage.opening import Stage, open_stage

PROGRAMS = '''
"""Programs for the actors of a test region."""

import os
import signal
import subprocess
import sys
import threading


def idle():
    """Live until somebody ends it."""
    threading.Event().wait()


def stubborn():
    """Refuse to end when asked."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Event().wait()


def parent():
    """Have a child in the group, and one that left it for a session of its own."""
    command = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    subprocess.Popen(command)
    subprocess.Popen(command, start_new_session=True)
    threading.Event().wait()


def failing(config):
    """End at once with a message."""
    sys.exit(f"{config.actor} has nothing to live for")


def rising(config):
    """Note that it was started; live long enough to count, then end."""
    with open(os.environ["COUNT_FILE"], "a") as stream:
        stream.write(f"{config.actor}\\n")
    threading.Event().wait(0.2)
'''

RegionWriter = Callable[..., Region]


@pytest.fixture(scope="session")
def programs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "stage_programs.py").write_text(PROGRAMS)
    return folder


def region_text(**actors: str) -> str:
    """Return a region file; an actor is given as the YAML of its program."""
    head = """\
        name: small
        aws_region: us-east-1
        availability_zones: [az1]
        load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
        endpoints: [small.gameday.test]
        actors:
        """
    lines = [
        f"  {name}: {{access_key: AKIASMALL{number:011d}, {program}}}"
        for number, (name, program) in enumerate(actors.items())
    ]
    return textwrap.dedent(head) + "\n".join(lines) + ("\n" if lines else "  {}\n")


@pytest.fixture
def small_region(programs_folder: Path) -> RegionWriter:
    def write(**actors: str) -> Region:
        file = programs_folder / "region.yaml"
        file.write_text(region_text(**actors))
        return load_region(file)

    return write


@pytest.fixture(scope="session")
def gameday_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder of this session's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(home))
        yield home


@pytest.fixture(autouse=True)
def _own_home(gameday_home: Path) -> None:
    """Keep every test of this folder out of the person's own stages."""


@pytest.fixture(scope="module")
def idle_stage(
    programs_folder: Path,
    gameday_home: Path,  # noqa: ARG001 - its effect is wanted
) -> Iterator[Stage]:
    """A stage with two idle actors, shared by a module."""
    file = programs_folder / "idle.yaml"
    file.write_text(
        region_text(
            one="run: 'stage_programs:idle'", parent="run: 'stage_programs:parent'"
        )
    )
    with open_stage(load_region(file)) as stage:
        yield stage


@pytest.fixture
def traces() -> Traces:
    return Traces()
