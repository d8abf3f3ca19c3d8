"""How does a process end when the one that started it is gone?

On Linux the kernel can send a signal at the parent's death. That reaches a
process that nobody can ask to watch a pipe, and one that is stopped. Elsewhere
nothing happens here, and the next start of gameday removes what is left.

Run as a script this file is the thinnest wrapper that does so for a command:
`python -I -S tether.py <pid of the parent> command ...` asks for SIGKILL and
then becomes the command. It imports nothing of gameday, so it starts in
milliseconds.
"""

from __future__ import annotations

import os
import signal
import sys

__all__ = ["signal_at_parent_death"]

_PR_SET_PDEATHSIG = 1


def signal_at_parent_death(number: signal.Signals) -> None:
    """Ask for `number` when the thread that started this process ends."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number))


def _become(parent: int, command: list[str]) -> None:
    signal_at_parent_death(signal.SIGKILL)
    # The parent may have died before the request; nobody would tell us any more.
    if os.getppid() != parent:
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - running it is the purpose
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
