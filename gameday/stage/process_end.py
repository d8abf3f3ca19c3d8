"""What becomes of a child process that was told to end, and does not?"""

from __future__ import annotations

import subprocess

__all__ = ["collect"]


def collect(process: subprocess.Popen[bytes], *, within_s: float) -> None:
    """Wait for a process that was told to end, and kill it when it does not.

    For one whose output nobody has to read: it could wait for a reader for ever.
    """
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
