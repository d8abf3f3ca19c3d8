"""LocalStack 4.14.0 in host mode, as it was installed: where it listens, how it ends.

`gameday emulator install localstack` comes first, then `pytest -m localstack`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gameday.emulators.contract import check_contract
from gameday.emulators.localstack_install import find_installation

pytestmark = pytest.mark.localstack

COMMAND = (sys.executable, "-m", "gameday.emulators.localstack", "--lifeline")


@pytest.fixture(scope="module")
def localstack() -> Iterator[subprocess.Popen[str]]:
    """LocalStack, serving; `line` holds what it said."""
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def ready(localstack: subprocess.Popen[str]) -> dict[str, Any]:
    assert localstack.stdout is not None
    line: dict[str, Any] = json.loads(localstack.stdout.readline())
    return line


def listening(port: int) -> set[str]:
    """Return the hexadecimal addresses on which anything listens on `port`."""
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, _, number = row.split()[1].partition(":")
            if row.split()[3] == "0A" and int(number, 16) == port:
                found.add(address)
    return found


def test_it_is_installed_with_dynamodb_local():
    assert tuple(find_installation().why_incomplete()) == ()
    assert find_installation().has_dynamodb_local


def test_it_keeps_the_contract_without_the_edge(ready: dict[str, Any]):
    assert check_contract(ready["url"]) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_loopback_only(ready: dict[str, Any]):
    assert listening(int(ready["url"].rpartition(":")[2])) == {"0100007F"}


def test_it_says_what_listens_everywhere(ready: dict[str, Any]):
    assert ready["note"].startswith("DynamoDB Local, behind LocalStack, listens on")


def test_it_ends_with_its_lifeline(
    localstack: subprocess.Popen[str], ready: dict[str, Any]
):
    localstack.communicate(timeout=30)

    assert localstack.returncode == 0
    assert listening(int(ready["url"].rpartition(":")[2])) == set()
