"""Does a process that knows nothing of the search find the same?

A second process makes the same problem and carries executions out on the faithful
path while the first goes on searching. Nothing that the search left in its process, a
patched module, a cache, a variable of a program, can have a part in what it finds.

The dangerous ordering: a sender that waits for a process which waits for its own answer
to be read would wait for ever. Only the last answer is large, and it is asked for when
nothing is left to send.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any

from gameday.aws.attempts import answered_here
from gameday.aws.loading import models_loaded_once
from gameday.emulators.in_process import InProcessEmulator
from gameday.errors import GamedayError
from gameday.explore.equivalence import Beginning, LookedUp, confirm
from gameday.explore.garbage import collected_seldom
from gameday.explore.request import Request
from gameday.explore.setting_up import set_up
from gameday.explore.shared_variables import causes_named
from gameday.explore.surrounding import surrounded
from gameday.stage.process_end import collect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.explore.execution import Execution

__all__ = ["FreshProcess", "FreshProcessEnded", "fresh_process", "serve"]

_END_S = 5.0
_HASH_SEEDS = ("1", "2")
# Not by -m: the classes here would then be others than those of the asking process.
_SERVE = f"import sys; from {__name__} import serve; serve(int(sys.argv[1]))"
_LAST = b""
"""Asks for the execution that was carried out last."""


class FreshProcessEnded(GamedayError):
    """The process that carries executions out again ended before it had answered."""

    def __init__(self, exit_status: int | None) -> None:
        self.exit_status = exit_status
        super().__init__(
            "the process that carries out again what was found ended with "
            f"{exit_status}; what it said is above, and nothing is concluded"
        )


class FreshProcess:
    """Carries everything out in a process of its own; see `Repeats`."""

    where = "a fresh process"

    def __init__(
        self, process: subprocess.Popen[bytes], connection: Connection
    ) -> None:
        self._process = process
        self._connection = connection
        self._given = 0

    def give(self, seen: LookedUp, *, watched: bool = False) -> None:
        """Have an execution carried out."""
        self._given += 1
        self._send(pickle.dumps((seen, watched)))

    def finish(self) -> Execution:
        """Return the one that was given last; see `Repeats`."""
        for _ in range(self._given):
            self._answer()
        self._send(_LAST)
        done: Execution = self._answer()
        return done

    def _send(self, message: bytes) -> None:
        try:
            self._connection.send_bytes(message)
        except OSError as error:
            raise FreshProcessEnded(self._process.wait()) from error

    def _answer(self) -> Any:
        try:
            answer = pickle.loads(self._connection.recv_bytes())  # noqa: S301 - ours
        except (EOFError, OSError) as error:
            raise FreshProcessEnded(self._process.wait()) from error
        if isinstance(answer, _Raised):
            answer.raise_again()
        return answer


@contextmanager
def fresh_process(request: Request) -> Iterator[FreshProcess]:
    """Start a process that makes the same problem; it ends with the block."""
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-c", _SERVE, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": _other_hash_seed()},
        )
    try:
        with ours:
            ours.send_bytes(json.dumps(request.document()).encode())
            yield FreshProcess(process, ours)
    finally:
        collect(process, within_s=_END_S)


def _other_hash_seed() -> str:
    """Return one by which sets have another order than here, also where that is set."""
    own = os.environ.get("PYTHONHASHSEED")
    return next(each for each in _HASH_SEEDS if each != own)


class _Raised:
    """An error of ours, whose class may want other arguments than it keeps."""

    def __init__(self, error: GamedayError) -> None:
        self._kind = type(error)
        self._arguments = error.args
        self._attributes = vars(error)

    def raise_again(self) -> None:
        error = self._kind.__new__(self._kind, *self._arguments)
        vars(error).update(self._attributes)
        raise error


def serve(file_descriptor: int) -> None:
    """Answer the process that asks through a socket, until it hangs up."""
    with Connection(file_descriptor) as connection:
        _serve(connection)


def _serve(connection: Connection) -> None:
    request = Request.of(json.loads(connection.recv_bytes()))
    problem = request.problem()
    emulator = InProcessEmulator()
    with (
        answered_here(),
        surrounded(),
        models_loaded_once(),
        collected_seldom(),
    ):
        set_up(problem.setup, emulator)
        beginning = Beginning.here(problem.actors, emulator, faults=problem.faults)
        last: Execution | None = None
        while True:
            try:
                message = connection.recv_bytes()
            except EOFError:
                return
            if message == _LAST:
                connection.send_bytes(pickle.dumps(last))
                continue
            seen, watched = pickle.loads(message)  # noqa: S301 - from who started us
            try:
                with causes_named(problem.actors):
                    last = confirm(beginning, seen, watched=watched)
            except GamedayError as error:
                connection.send_bytes(pickle.dumps(_Raised(error)))
            else:
                connection.send_bytes(pickle.dumps(None))
