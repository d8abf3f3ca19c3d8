"""Processes that tests share: the embedded emulator, started once a session."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

LEFT_OUT = ("localstack", "thorough")
"""Marks of what runs only when `-m` speaks of it; pyproject.toml says why."""


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what costs more than a default run should, unless it is chosen."""
    marks = [mark for mark in LEFT_OUT if mark not in config.option.markexpr]
    left_out = [item for item in items if any(map(item.get_closest_marker, marks))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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
