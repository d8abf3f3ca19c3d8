"""How does control pass between the explorer and a running program, and back?

A `Strand` is a program that runs until it pauses. A greenlet switches in about a
microsecond and is used when the `explore` extra is installed; else a thread that
waits its turn does the same at ten times the cost. Exactly one strand runs at a
time, so a program needs no locks and sees nothing move while it computes.

Dropping a paused strand ends it: what it still has to do on its way out (a
`finally`) meets `Dropped` at its next pause, so a crash tidies nothing up.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Dropped", "Pause", "Strand", "new_strand", "switches_by"]

try:
    import greenlet
except ModuleNotFoundError:
    greenlet = None


class Dropped(BaseException):
    """The strand is over; not an Exception, so that no program handles it."""


class Pause(Protocol):
    """What a program calls to hand control back; returns what it is resumed with."""

    def __call__(self, value: Any) -> Any:
        """Hand `value` to the explorer and wait."""
        ...


class Strand(Protocol):
    """A program that runs until it pauses."""

    def resume(self, value: Any = None) -> Any:
        """Let it run; returns what it pauses with, or what it returns at its end."""
        ...

    def drop(self) -> None:
        """End it where it stands; one that has ended is left alone."""
        ...


def new_strand(program: Callable[[Pause], Any], *, threads: bool = False) -> Strand:
    """Return a strand that has not begun.

    Args:
        program: called with what it pauses by.
        threads: use a thread although greenlet is installed.
    """
    if greenlet is None or threads:
        return _ThreadStrand(program)
    return _GreenletStrand(program)


def switches_by() -> str:
    """Return what switches between programs here: "greenlet" or "thread"."""
    return "thread" if greenlet is None else "greenlet"


class _GreenletStrand:
    def __init__(self, program: Callable[[Pause], Any]) -> None:
        self._program = program
        self._greenlet = greenlet.greenlet(self._run)
        self._dropped = False

    def resume(self, value: Any = None) -> Any:
        self._greenlet.parent = greenlet.getcurrent()
        return self._greenlet.switch(value)

    def drop(self) -> None:
        self._dropped = True
        if self._greenlet and not self._greenlet.dead:
            self._greenlet.parent = greenlet.getcurrent()
            self._greenlet.throw(Dropped)

    def _run(self, _value: Any) -> Any:
        try:
            return self._program(self._pause)
        except Dropped:
            return None

    def _pause(self, value: Any) -> Any:
        if self._dropped:
            raise Dropped
        return self._greenlet.parent.switch(value)


class _ThreadStrand:
    def __init__(self, program: Callable[[Pause], Any]) -> None:
        self._program = program
        self._theirs = threading.Semaphore(0)
        self._ours = threading.Semaphore(0)
        self._passed: Any = None
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._dropped = False
        self._ended = False

    def resume(self, value: Any = None) -> Any:
        self._passed = value
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._theirs.release()
        self._ours.acquire()
        if self._failure is not None:
            raise self._failure
        return self._passed

    def drop(self) -> None:
        self._dropped = True
        if self._thread is not None and not self._ended:
            self._theirs.release()
            self._thread.join()

    def _run(self) -> None:
        try:
            self._passed = self._program(self._pause)
        except Dropped:
            self._passed = None
        except BaseException as failure:  # noqa: BLE001 - raised by `resume`
            self._failure = failure
        self._ended = True
        self._ours.release()

    def _pause(self, value: Any) -> Any:
        if self._dropped:
            raise Dropped
        self._passed = value
        self._ours.release()
        self._theirs.acquire()
        if self._dropped:
            raise Dropped
        return self._passed
