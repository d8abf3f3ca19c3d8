"""How does the keeper start a process so that it can always end it again?

Every child leads a session and process group of its own, writes to a log file
of its own and holds one end of a lifeline: ours a socket or pipe on standard
input, a stranger's command a signal from the kernel. Ending a child means ending
its group, also when the leader is already gone.

A signal is sent only while the child has not been collected: until then the
kernel keeps its number, so a reused pid is never hit. What is left of its group is
killed in the moment in which the leader is collected, for the same reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gameday.errors import RegionFailed
from gameday.region import tether
from gameday.region.launch import READY
from gameday.stage.faketime import forget
from gameday.stage.process_identity import STOPPED, process_state, start_of

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence

    from gameday.region.process_specs import ProcessSpec

__all__ = ["Child", "log_tail", "spawn_actor", "spawn_service"]

LOG_TAIL_LINES = 12
"""Lines of a log that an error message quotes."""

_LOG_TAIL_BYTES = 16_384
_STOP_DEADLINE_S = 2.0
_STOP_LOOK_S = 0.002


@dataclass(slots=True, kw_only=True)
class Child:
    """One process that the keeper started.

    Attributes:
        name: the actor, or "emulator", "edge", "operator".
        process: asyncio's handle.
        started: see `process_identity.start_of`.
        log: where its output goes.
        ended: done with the exit status once it is collected, its group killed.
        lifeline: the keeper's end of its standard input, None for a command.
        reader: what it says on its lifeline or standard output.
    """

    name: str
    process: Process
    started: str
    log: Path
    ended: asyncio.Task[int]
    lifeline: asyncio.StreamWriter | None = None
    reader: asyncio.StreamReader | None = None

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not been collected yet."""
        return self.process.returncode is None

    def exit_text(self) -> str:
        """Say how it ended."""
        status = self.process.returncode
        if status is not None and status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"exited with status {status}"

    def signal(self, number: signal.Signals) -> bool:
        """Send `number` to its group; False when the child has ended."""
        if not self.is_alive:
            return False
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    async def pause(self) -> None:
        """Stop it, and return once it has stopped."""
        self.signal(signal.SIGSTOP)
        async with asyncio.timeout(_STOP_DEADLINE_S):
            # Only waitpid would tell, and asyncio's own collects children.
            while self.is_alive and process_state(self.pid) != STOPPED:  # noqa: ASYNC110
                await asyncio.sleep(_STOP_LOOK_S)

    async def end(self, *, grace_s: float) -> None:
        """Ask it to end, then make it; returns once its group is gone."""
        if self.is_alive:
            self.signal(signal.SIGTERM)
            # A stopped process would keep the request for later.
            self.signal(signal.SIGCONT)
            await asyncio.wait([self.ended], timeout=grace_s)
            self.signal(signal.SIGKILL)
        await self.ended
        if self.lifeline is not None:
            self.lifeline.close()

    async def is_ready(self) -> bool:
        """Wait until it says that it is; False when it ends instead."""
        if self.reader is None:
            return self.is_alive
        try:
            return await self.reader.readline() == READY
        except OSError:
            return False

    async def go(self) -> None:
        """Let an actor that is ready begin."""
        if self.lifeline is not None:
            with contextlib.suppress(OSError):
                self.lifeline.write(b"go\n")
                await self.lifeline.drain()


async def spawn_actor(spec: ProcessSpec, *, log: Path) -> Child:
    """Start the process of `spec`; one of ours still waits to be let go."""
    spec.config_file.write_text(spec.config.render(), encoding="utf-8")
    if spec.speaks_lifeline:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await _start(
                spec.argv, env=spec.env, cwd=spec.cwd, stdin=theirs.fileno(), log=log
            )
        reader, lifeline = await asyncio.open_connection(sock=ours)
        return _child(spec.name, process, log=log, lifeline=lifeline, reader=reader)
    argv = (*_tether_command(), *spec.argv)
    process = await _start(
        argv, env=spec.env, cwd=spec.cwd, stdin=asyncio.subprocess.DEVNULL, log=log
    )
    return _child(spec.name, process, log=log)


async def spawn_service(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
) -> Child:
    """Start the emulator or the edge, whose first line of output says where it is."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stream,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    return _child(name, process, log=log, lifeline=process.stdin, reader=process.stdout)


def log_tail(log: Path) -> str:
    """Return the last lines of a log, indented, for an error message."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    lines = text.strip().splitlines()[-LOG_TAIL_LINES:]
    return "".join(f"\n  {line}" for line in lines)


def raise_if_ended(child: Child) -> None:
    """Raise RegionFailed when `child` has ended: which, how, and its last words."""
    if not child.is_alive:
        raise RegionFailed(
            f"{child.name} {child.exit_text()} while starting; "
            f"the end of its log:{log_tail(child.log) or ' (empty)'}"
        )


def _child(
    name: str,
    process: Process,
    *,
    log: Path,
    lifeline: asyncio.StreamWriter | None = None,
    reader: asyncio.StreamReader | None = None,
) -> Child:
    return Child(
        name=name,
        process=process,
        started=start_of(process.pid),
        log=log,
        ended=asyncio.create_task(_collect(process), name=f"{name} ends"),
        lifeline=lifeline,
        reader=reader,
    )


async def _collect(process: Process) -> int:
    status = await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    forget(process.pid)
    return status


async def _start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    stdin: int,
    log: Path,
) -> Process:
    log.parent.mkdir(parents=True, exist_ok=True)
    stream: BinaryIO
    with log.open("ab") as stream:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=stdin,
            stdout=stream,
            stderr=stream,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )


def _tether_command() -> tuple[str, ...]:
    """Return what stands before a stranger's command."""
    if sys.platform != "linux":
        return ()
    return (sys.executable, "-I", "-S", str(Path(tether.__file__)), str(os.getpid()))
