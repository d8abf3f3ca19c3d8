"""A child process is waited for, and killed when it does not end."""

from __future__ import annotations

import signal
import subprocess
import sys

from gameday.stage.process_end import collect


def child() -> subprocess.Popen[bytes]:
    """Start one that ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
    )


def test_a_process_that_does_as_it_was_told_is_not_killed():
    with child() as process:
        assert process.stdin is not None
        process.stdin.close()
        collect(process, within_s=60)
        assert process.returncode == 0


def test_a_process_that_goes_on_is_killed():
    with child() as process:
        collect(process, within_s=0)
        assert process.returncode == -signal.SIGKILL
