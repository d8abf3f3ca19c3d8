"""Processes that tests share: the embedded emulator, started once a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gameday.chaos.labels import labels_of
from gameday.stage.state import HOME_VARIABLE, home_folder

LEFT_OUT = ("localstack", "thorough")
"""Marks of what runs only when `-m` speaks of it; pyproject.toml says why."""

TIMED = "timed experiments"
"""What is played one after the other: its region's numbers are set for how long calls
take on a machine that has a processor to spare."""


def pytest_configure() -> None:
    """Give each of several processes a folder of its own for its stages."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        os.environ[HOME_VARIABLE] = str(home_folder() / worker)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what costs more than a default run should, unless it is chosen.

    What is timed comes last: whatever else a suite runs beside has ended by then.
    """
    marks = [mark for mark in LEFT_OUT if mark not in config.option.markexpr]
    left_out = [item for item in items if any(map(item.get_closest_marker, marks))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: is_timed(item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what several processes must not share.

    The tests of a file, whose fixtures are whole stages, and what is timed.
    """
    from xdist.scheduler import LoadFileScheduling

    class FilesAndTimed(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return TIMED if is_timed(config.rootpath / file) else file

    return FilesAndTimed(config, log)


@cache
def is_timed(file: Path) -> bool:
    """Whether it is an experiment on another region than the reference."""
    return file.suffix == ".yaml" and labels_of(file).region != "reference"


@pytest.fixture(scope="session")
def moto_process() -> Iterator[str]:
    """The embedded moto in its own process; yields its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gameday.emulators.moto", "--port", "0", "--lifeline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture
def moto_url(moto_process: str) -> str:
    """The embedded moto, empty."""
    reset = urllib.request.Request(f"{moto_process}/moto-api/reset", method="POST")
    with urllib.request.urlopen(reset, timeout=10):
        return moto_process
