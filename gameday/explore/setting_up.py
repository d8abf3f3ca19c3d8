"""How does what exists before the actors come about, the same every time?

The set-up is a program like an actor: it calls AWS in the ordinary way and may look
at the clock or draw a name. It sees surroundings of its own, so that the ids that
come of it are the same in every run and on every machine, and so are the calls that
name them.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from gameday.aws.attempts import ANSWERER
from gameday.explore.surroundings import SURROUNDINGS, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.emulators.in_process import InProcessEmulator

__all__ = ["set_up"]

_NUMBER = -1
"""Its place among the actors: before the first."""


def set_up(setup: Callable[[], Any], emulator: InProcessEmulator) -> None:
    """Run a set-up against an emulator; call it inside `surrounded()`."""
    copy_context().run(_run, setup, emulator)


def _run(setup: Callable[[], Any], emulator: InProcessEmulator) -> None:
    def sleep(duration_ms: float) -> None:
        seen.slept_ms += duration_ms

    seen = Surroundings(actor="setup", number=_NUMBER, sleep=sleep, env={})
    ANSWERER.set(emulator)
    SURROUNDINGS.set(seen)
    seen.enter()
    try:
        setup()
    except Exception:
        # botocore says something of its own about what its transport raises.
        if seen.refused is None:
            raise
    finally:
        seen.leave()
    if seen.refused is not None:
        raise seen.refused
