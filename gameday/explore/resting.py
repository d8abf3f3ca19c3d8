"""Which histories of an actor leave it in the same state?

Nobody can look into a running program, so an actor is known by everything that it was
answered, and two histories are two states even when nothing is left of the
difference. A program that goes on for ever in turns can say where nothing is left:
`resting` wraps its clock so that a rest between two turns says what it still holds.
Two histories that hold the same, at the same time, with the same chance ahead, are
then one state.

What is held is compared as pickled bytes, with boto3 clients by the order in which
they were made; what cannot be pickled is never the same. Outside an exploration a
resting clock is the clock it wraps. A program that hides something (a module-level
variable, a generator half through) breaks the promise; the faithful path, on which
nothing is merged, would then make other calls, and the exploration raises.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from contextvars import ContextVar
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.clock import Clock

__all__ = ["HELD", "RestingClock", "digest_of", "state_digest"]

_PLAIN = frozenset({int, str, bytes, float, bool, tuple, dict, list, type(None)})

HELD: ContextVar[Any] = ContextVar("HELD", default=None)
"""What the program that rests in this context still holds, None when it works."""


class RestingClock:
    """A clock whose sleeps are rests between two turns."""

    def __init__(self, clock: Clock, held: Any) -> None:
        """Wrap a clock.

        Args:
            clock: the clock.
            held: everything that the program carries from turn to turn.
        """
        self._clock = clock
        self._held = held

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return self._clock.now_ms()

    def monotonic_ns(self) -> int:
        """Return nanoseconds from an arbitrary origin; never goes back."""
        return self._clock.monotonic_ns()

    def sleep_ms(self, duration_ms: float) -> None:
        """Let `duration_ms` milliseconds pass between two turns."""
        token = HELD.set(self._held)
        try:
            self._clock.sleep_ms(duration_ms)
        finally:
            HELD.reset(token)


def digest_of(held: Any, *, place_of: Callable[[Any], int | None]) -> bytes | None:
    """Return what stands for `held`, None when it cannot be compared.

    Args:
        held: any value.
        place_of: the place of a client among those that the program made, None for
            anything else.
    """
    target = io.BytesIO()
    pickler = _Pickler(target, place_of)
    try:
        pickler.dump(held)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
        return None
    return hashlib.sha256(target.getvalue()).digest()


def state_digest(state: Any) -> bytes:
    """Return what stands for the state of a `Random`."""
    return hashlib.sha256(pickle.dumps(state)).digest()


class _Pickler(pickle.Pickler):
    def __init__(
        self, target: io.BytesIO, place_of: Callable[[Any], int | None]
    ) -> None:
        super().__init__(target)
        # Without a memo: which of two equal texts is which object says nothing.
        self.fast = True
        self._place_of = place_of

    def persistent_id(self, value: Any) -> int | None:
        return None if type(value) in _PLAIN else self._place_of(value)

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Random):
            # Number by number, its state would take longer than all the rest.
            return bytes, (state_digest(value.getstate()),)
        return NotImplemented
