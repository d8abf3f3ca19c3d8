"""MiniStack as a process of the harness's own: where it listens, how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gameday.emulators.contract import check_contract

COMMAND = (sys.executable, "-m", "gameday.emulators.ministack")
ROOT = Path(__file__).resolve().parents[2]
LISTENING = "0A"


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
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


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def sockets_of(pid: int) -> list[tuple[str, int]]:
    """Return the hexadecimal address and the port of every listening socket."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    found = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                found.append((address, int(port, 16)))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_one_port_of_loopback_and_nowhere_else():
    with started() as process:
        line = ready(process)

        assert sockets_of(process.pid) == [
            ("0100007F", int(line["url"].rpartition(":")[2]))
        ]


def test_the_little_that_it_gets_wrong_is_what_the_guard_is_for():
    with started() as process:
        gaps = check_contract(ready(process)["url"])

    assert {gap.case for gap in gaps} == {"failed-batch", "missing-target"}


def test_it_ends_with_its_lifeline():
    with started("--lifeline") as process:
        line = ready(process)
        assert line["pid"] == process.pid
        _, errors = process.communicate(timeout=10)

    assert (process.returncode, errors) == (0, "")


def test_it_stops_at_sigterm():
    with started() as process:
        ready(process)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=10) == 0


def test_a_taken_port_is_named_and_ends_with_status_two():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started("--port", str(port)) as process:
            _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert errors == (
        f"ministack cannot listen on 127.0.0.1:{port}: Address already in use; "
        "give another --port, or 0 for any\n"
    )


def test_without_the_package_the_pip_command_is_told():
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from gameday.emulators.registry import find_emulator\n"
        "find_emulator('ministack')"
    )

    # Without site-packages, MiniStack is not there.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.stderr.splitlines()[-1] == (
        "gameday.errors.InvalidInput: the emulator 'ministack' is not installed; "
        "install it with: pip install 'gameday[ministack]'"
    )
