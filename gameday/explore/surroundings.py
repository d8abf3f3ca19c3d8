"""What does an actor see of the world beside AWS: time, chance, its process id?

Everything here is a function of the actor and of what it has been through, never
of the machine. Inside `surrounded()` the module functions of `time`, `random` and
`os` that programs use ask the `Surroundings` of the context they are called in;
contexts without any get the real ones.

An actor's clock moves only while it sleeps, and when the search lets time pass
for everybody. Between two scheduling points it stands still, so a program that
waits by reading the clock again and again is stopped by name.

`datetime.now()` reads the machine's clock below Python and cannot be replaced.
Where it reaches a request, running the actor again shows it (`actor_memory`).
"""

from __future__ import annotations

import os
import random
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from gameday.emulators.in_process import EPOCH_MS
from gameday.errors import GamedayError
from gameday.explore.held_values import state_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["SURROUNDINGS", "ClockWatched", "Surroundings", "surrounded"]

CLOCK_READINGS_MAX = 1_000_000
"""Readings of the clock between two scheduling points."""

_FIRST_PROCESS_ID = 1_000


class ClockWatched(GamedayError):
    """The actor waits by reading the clock, which stands still while it runs."""

    def __init__(self, actor: str) -> None:
        self.actor = actor
        super().__init__(
            f"{actor} read the clock {CLOCK_READINGS_MAX} times without sleeping or "
            "calling AWS; time passes only in time.sleep, so wait with that"
        )


class Surroundings:
    """What one run of an actor sees.

    Attributes:
        slept_ms: how long it has slept.
        passed_ms: how much time the search has let pass beside that.
        drawn: how often it has drawn random bytes.
    """

    def __init__(
        self,
        *,
        actor: str,
        number: int,
        sleep: Callable[[float], None],
        env: Mapping[str, str],
    ) -> None:
        """Make it.

        Args:
            actor: its name, which seeds its chance.
            number: its place among the actors, which makes its process id.
            sleep: called with milliseconds when it sleeps.
            env: environment variables of its own.
        """
        self.slept_ms = 0.0
        self.passed_ms = 0.0
        self.process_id = _FIRST_PROCESS_ID + number
        self._actor = actor
        self._sleep = sleep
        self._env = env
        self._env_outside: dict[str, str | None] = {}
        self._readings = 0
        self.drawn = 0
        self._inside = random.Random(f"{actor}/random").getstate()
        self._outside: Any = None

    def enter(self) -> None:
        """Give the process this run's chance and environment until `leave`."""
        self._readings = 0
        self._env_outside = {name: os.environ.get(name) for name in self._env}
        os.environ.update(self._env)
        self._outside = random.getstate()
        random.setstate(self._inside)

    def leave(self) -> None:
        """Give the process its own back."""
        self._inside = random.getstate()
        random.setstate(self._outside)
        for name, value in self._env_outside.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def now_ns(self) -> int:
        """Return nanoseconds since the Unix epoch."""
        self._readings += 1
        if self._readings > CLOCK_READINGS_MAX:
            raise ClockWatched(self._actor)
        return EPOCH_MS * 1_000_000 + self.elapsed_ns()

    def elapsed_ns(self) -> int:
        """Return nanoseconds since the actor began."""
        return round((self.slept_ms + self.passed_ms) * 1_000_000)

    def chance(self) -> tuple[Any, ...]:
        """Return what decides everything that will be drawn."""
        return (state_digest(random.getstate()), self.drawn)

    def time_ms(self) -> tuple[float, ...]:
        """Return how long it has slept, and how much time the search let pass."""
        return (self.slept_ms, self.passed_ms)

    def sleep_s(self, duration_s: float) -> None:
        """Sleep, as a scheduling point."""
        self._sleep(duration_s * 1000)

    def random_bytes(self, count: int) -> bytes:
        """Return bytes that only this actor's history decides."""
        self.drawn += 1
        return random.Random(f"{self._actor}/{self.drawn}").randbytes(count)


SURROUNDINGS: ContextVar[Surroundings | None] = ContextVar("SURROUNDINGS", default=None)
"""What the program that runs in this context sees."""


@contextmanager
def surrounded() -> Iterator[None]:
    """Let programs that have surroundings see those instead of the machine."""
    replaced: list[tuple[Any, str, Any]] = []

    def replace(module: Any, name: str, use: Callable[..., Any]) -> None:
        original = getattr(module, name)

        def chosen(*arguments: Any) -> Any:
            seen = SURROUNDINGS.get()
            return original(*arguments) if seen is None else use(seen, *arguments)

        replaced.append((module, name, original))
        setattr(module, name, chosen)

    replace(time, "time", lambda seen: seen.now_ns() / 1e9)
    replace(time, "time_ns", Surroundings.now_ns)
    for name in ("monotonic", "perf_counter"):
        replace(time, name, lambda seen: seen.now_ns() / 1e9)
        replace(time, f"{name}_ns", Surroundings.now_ns)
    replace(time, "sleep", Surroundings.sleep_s)
    replace(os, "getpid", lambda seen: seen.process_id)
    replace(os, "urandom", Surroundings.random_bytes)
    # The module random took its own reference to os.urandom.
    replace(random, "_urandom", Surroundings.random_bytes)
    try:
        yield
    finally:
        for module, name, original in reversed(replaced):
            setattr(module, name, original)
