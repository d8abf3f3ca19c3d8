"""Foreign emulators as processes, for tests that compare with them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

START_MAX_S = 30.0
POLL_S = 0.02

Start = tuple[list[str], dict[str, str]]


def stock_moto() -> Start:
    """Moto's own server, as it comes."""
    return [sys.executable, "-m", "moto.server", "-p", "{port}"], {}


def ministack() -> Start:
    """MiniStack, keeping everything in memory."""
    environment = {"GATEWAY_PORT": "{port}", "LOG_LEVEL": "ERROR"}
    return [sys.executable, "-m", "ministack"], environment


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """Run an emulator on a free port; yields its URL once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [part.format(port=port) for part in command],
        env=os.environ
        | {name: value.format(port=port) for name, value in environment.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_listener(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_listener(port: int, process: subprocess.Popen[bytes]) -> None:
    """Foreign programs say nothing when they are ready, so their port is asked."""
    deadline = time.monotonic() + START_MAX_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(POLL_S)
        else:
            return
    raise AssertionError(f"nothing listens on {port} after {START_MAX_S} s")
