"""`gameday doctor` as a person in a shell meets it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_MAX_S = 120


def doctor(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from gameday.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "doctor", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GAMEDAY_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=RUN_MAX_S,
        check=False,
    )


def test_the_embedded_moto_is_found_trustworthy(tmp_path: Path):
    done = doctor(tmp_path, "--json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["trustworthy"] is True
    assert document["emulator"] == "moto"
    relied_on = [case for case in document["cases"] if case["relied_on"]]
    assert all(case["edge"]["kept"] and case["bare"]["kept"] for case in relied_on)
    assert len(document["cases"]) > 60
    assert list((tmp_path / "stages").glob("*")) == []


@pytest.fixture
def deaf() -> Iterator[str]:
    """Something that speaks HTTP and is no emulator: 501 to everything."""
    answer = b"HTTP/1.1 501 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(65536):
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_what_is_no_emulator_is_said_and_nothing_stays(deaf: str, tmp_path: Path):
    done = doctor(tmp_path, "--emulator", deaf)

    assert done.returncode == 4, done
    assert done.stderr.startswith("error: ")
    assert done.stdout == ""
    assert list((tmp_path / "stages").glob("*")) == []


@pytest.mark.parametrize(
    ("emulator", "told"),
    [
        ("http://192.0.2.1:4566", "192.0.2.1"),
        ("http://127.0.0.1:1", "no emulator answers at http://127.0.0.1:1"),
        ("motto", "moto"),
    ],
)
def test_a_wrong_emulator_is_invalid_input(tmp_path: Path, emulator: str, told: str):
    done = doctor(tmp_path, "--emulator", emulator)

    assert done.returncode == 2, done
    assert told in done.stderr
