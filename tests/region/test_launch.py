"""How does a `module:callable` actor begin, and how does it end?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gameday.region.settings import ActorConfig

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import pathlib, threading

def greet(config):
    print(f"I am {config.actor}", flush=True)

def quiet():
    print("no configuration needed", flush=True)

def wait():
    try:
        print("waiting", flush=True)
        threading.Event().wait()
    finally:
        print("tidied up", flush=True)
"""

CONFIG = ActorConfig(
    actor="tester",
    az="az1",
    aws_region="us-east-1",
    gateway_url="http://127.0.0.1:1",
    resolver=("127.0.20.1", 53),
    managed_port=1,
    endpoints=("a.test",),
    load_balancers=(),
)

Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    (tmp_path / "launched.py").write_text(PROGRAM)
    (tmp_path / "tester.json").write_text(CONFIG.render())
    started: list[subprocess.Popen[str]] = []

    def start(
        *arguments: str, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "gameday.region.launch", *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "GAMEDAY_CONFIG": str(tmp_path / "tester.json"),
            },
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def lifeline() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs:
        yield ours, theirs


def test_a_callable_gets_its_configuration_if_it_takes_one(launch: Launch):
    assert launch("launched:greet").communicate(timeout=20)[0] == "I am tester\n"
    assert launch("launched:quiet").communicate(timeout=20)[0] == (
        "no configuration needed\n"
    )


def test_sigterm_ends_it_in_order_with_status_0(launch: Launch):
    process = launch("launched:wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=20)[0] == "tidied up\n"
    assert process.returncode == 0


def test_it_waits_until_it_is_let_go(launch: Launch, lifeline):
    ours, theirs = lifeline
    process = launch("--lifeline", "launched:greet", stdin=theirs.fileno())
    theirs.close()
    assert ours.recv(64) == b"ready\n"

    ours.sendall(b"go\n")

    assert process.communicate(timeout=20)[0] == "I am tester\n"


def test_the_end_of_its_lifeline_ends_it(launch: Launch, lifeline):
    ours, theirs = lifeline
    process = launch("--lifeline", "launched:wait", stdin=theirs.fileno())
    theirs.close()
    ours.recv(64)
    ours.sendall(b"go\n")
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"

    ours.close()

    assert process.wait(timeout=20) == -signal.SIGKILL


def test_an_end_of_the_lifeline_before_it_begins_ends_it_too(launch: Launch, lifeline):
    ours, theirs = lifeline
    process = launch("--lifeline", "launched:greet", stdin=theirs.fileno())
    theirs.close()
    ours.recv(64)

    ours.close()

    assert process.communicate(timeout=20)[0] == ""
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["launched:gret"], "launched: unknown callable 'gret'; did you mean 'greet'?"),
        (["lunched:greet"], "ModuleNotFoundError: No module named 'lunched'"),
        ([], "usage: python -m gameday.region.launch"),
    ],
)
def test_what_cannot_be_called_is_said(
    launch: Launch, arguments: list[str], message: str
):
    process = launch(*arguments)

    assert message in process.communicate(timeout=20)[1]
    assert process.returncode == 1
