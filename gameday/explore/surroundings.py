"""What does an actor see of the world beside AWS: time, chance, its process id?

Everything here is a function of the actor and of what it has been through, never
of the machine. Inside `surrounded()` the functions of `time`, `datetime`, `random`,
`uuid` and `os` that programs use ask the `Surroundings` of the context they are called
in; contexts without any get the real ones. What goes past that is met in three ways:
what leaves the process is refused (`ways_out`), a function of these that was kept from
before is looked for (`kept_calls`), and whatever else there is shows when an actor is
run again and does something else (`actor_memory`).

An actor's clock moves only while it sleeps, and when the search lets time pass
for everybody. Between two scheduling points it stands still, so a program that
waits by reading the clock again and again is stopped by name.
"""

from __future__ import annotations

import os
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from gameday.emulators.in_process import EPOCH_MS
from gameday.errors import InvalidInput
from gameday.explore.value_kinds import state_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.explore.actor import Actor, OwnProcess

__all__ = ["SURROUNDINGS", "ClockWatched", "Surroundings"]

CLOCK_READINGS_MAX = 1_000_000
"""Readings of the clock between two scheduling points."""

_FIRST_PROCESS_ID = 1_000


class ClockWatched(InvalidInput):
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
        actor: whose run it is.
        refused: what the program did that cannot be explored; see `refuse`.
        random_state: of the module random, as it was when the run last left.
    """

    def __init__(
        self,
        *,
        actor: str,
        number: int,
        sleep: Callable[[float], None],
        env: Mapping[str, str],
        own_process: OwnProcess | None = None,
    ) -> None:
        """Make it.

        Args:
            actor: its name, which seeds its chance.
            number: its place among the actors, which makes its process id.
            sleep: called with milliseconds when it sleeps.
            env: environment variables of its own.
            own_process: what it finds beside; see `Actor`.
        """
        self.slept_ms = 0.0
        self.passed_ms = 0.0
        self.process_id = _FIRST_PROCESS_ID + number
        self.actor = actor
        self.refused: InvalidInput | None = None
        self._sleep = sleep
        self._env = env
        self._own_process = own_process
        self._env_outside: dict[str, str | None] = {}
        self._readings = 0
        self.drawn = 0
        self.random_state: Any = random.Random(f"{actor}/random").getstate()
        self._outside: Any = None

    @classmethod
    def of(
        cls, actor: Actor, *, number: int, sleep: Callable[[float], None]
    ) -> Surroundings:
        """Return those of one run of an actor."""
        return cls(
            actor=actor.name,
            number=number,
            sleep=sleep,
            env=actor.env,
            own_process=actor.own_process() if actor.own_process else None,
        )

    def enter(self) -> None:
        """Give the process this run's chance and environment until `leave`."""
        self._readings = 0
        self._env_outside = {name: os.environ.get(name) for name in self._env}
        os.environ.update(self._env)
        self._outside = random.getstate()
        random.setstate(self.random_state)
        if self._own_process is not None:
            self._own_process.enter()

    def leave(self) -> None:
        """Give the process its own back."""
        if self._own_process is not None:
            self._own_process.leave()
        self.random_state = random.getstate()
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
            self.refuse(ClockWatched(self.actor))
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

    def refuse(self, error: InvalidInput) -> None:
        """Raise an error here and, should the program handle it, at its next point."""
        if self.refused is None:
            self.refused = error
        raise error

    def random_bytes(self, count: int) -> bytes:
        """Return bytes that only this actor's history decides."""
        self.drawn += 1
        return random.Random(f"{self.actor}/{self.drawn}").randbytes(count)


SURROUNDINGS: ContextVar[Surroundings | None] = ContextVar("SURROUNDINGS", default=None)
"""What the program that runs in this context sees."""
