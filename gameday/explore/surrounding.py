"""Which calls of the standard library tell a program about the machine?

All that are listed here are answered by the `Surroundings` of the context that they are
made in while `surrounded()` lasts, and a program is watched for ways around them.
"""

from __future__ import annotations

import _thread
import datetime as dt
import os
import random
import threading
import time
import uuid
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from gameday.aws.sessions import SECRET_KEY
from gameday.explore.replacing import replaced_everywhere, replaced_in_type
from gameday.explore.surroundings import SURROUNDINGS, Surroundings
from gameday.explore.ways_out import (
    THREAD,
    THREAD_AWAITED,
    no_way_out,
    reaches_outside,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Use = Callable[..., Any]

__all__ = ["originals_here", "surrounded"]

_CLOCKS = (
    "time",
    "monotonic",
    "perf_counter",
    "clock_gettime",
    "process_time",
    "thread_time",
)
"""One clock for all: each begins where it likes, and only differences are told."""
_SEED_BYTES = 32
_ID_BYTES = 16
_KEY = "AWS_ACCESS_KEY_ID"
_SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a name
_ID_VERSIONS = {"uuid1": 1, "uuid6": 6, "uuid7": 7}


@contextmanager
def surrounded() -> Iterator[None]:
    """Let programs that have surroundings see those instead of the machine."""
    replacements = [
        (owner, name, _chosen_by(use))
        for owner, name, use in _REPLACED
        if hasattr(owner, name)
    ]
    with ExitStack() as until_then:
        _give_credentials(until_then)
        originals = until_then.enter_context(replaced_everywhere(replacements))
        until_then.enter_context(
            replaced_in_type(dt.datetime, {"now": _now, "utcnow": _utcnow})
        )
        until_then.enter_context(replaced_in_type(dt.date, {"today": _today}))
        until_then.enter_context(no_way_out(SURROUNDINGS.get))
        _ORIGINALS.append(originals)
        until_then.callback(_ORIGINALS.pop)
        yield


def _give_credentials(until_then: ExitStack) -> None:
    """Let programs sign what no AWS will see, where the environment has no key.

    boto3 would ask the machine's metadata service for one, by a socket.
    """
    if not os.environ.get(_KEY):
        given = {_KEY: "AKIAUNDERSEARCH00001", _SECRET: SECRET_KEY}
        before = {name: os.environ.pop(name) for name in given if name in os.environ}
        until_then.callback(os.environ.update, before)
        for name, value in given.items():
            os.environ[name] = value
            until_then.callback(os.environ.pop, name)


def originals_here() -> Mapping[int, Any]:
    """Return what is replaced at the moment, by id."""
    return _ORIGINALS[-1] if _ORIGINALS else {}


def _chosen_by(use: Use) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        @wraps(original)
        def chosen(*arguments: Any, **named: Any) -> Any:
            seen = SURROUNDINGS.get()
            if seen is None:
                return original(*arguments, **named)
            return use(seen, original, *arguments, **named)

        return chosen

    return make


def _clock_s(seen: Surroundings, *_: Any) -> float:
    return seen.now_ns() / 1e9


def _clock_ns(seen: Surroundings, *_: Any) -> int:
    return seen.now_ns()


def _of_time(place: int, *, broken_down: bool = False) -> Use:
    """Return what answers a function that takes a time at `place`, or else now."""

    def answer(seen: Surroundings, original: Any, *given: Any) -> Any:
        if len(given) > place and given[place] is not None:
            return original(*given)
        now_s = seen.now_ns() / 1e9
        now = time.localtime(now_s) if broken_down else now_s
        return original(*given[:place], now)

    return answer


def _sleep(seen: Surroundings, _original: Any, duration_s: float) -> None:
    seen.sleep_s(duration_s)


def _await_event(
    seen: Surroundings,
    _original: Any,
    event: threading.Event,
    timeout: float | None = None,
) -> bool:
    if not event.is_set():
        if timeout is None:
            seen.refuse(reaches_outside(seen, THREAD_AWAITED))
        else:
            seen.sleep_s(timeout)
    return event.is_set()


def _await_thread(
    seen: Surroundings,
    original: Any,
    condition: threading.Condition,
    timeout: float | None = None,
) -> Any:
    # Semaphores that are only tried come here with no time at all.
    if timeout is None or timeout > 0:
        seen.refuse(reaches_outside(seen, THREAD_AWAITED))
    return original(condition, timeout)


def _start_thread(seen: Surroundings, *_: Any, **__: Any) -> None:
    seen.refuse(reaches_outside(seen, THREAD))


def _seed(
    seen: Surroundings,
    original: Any,
    drawer: random.Random,
    a: Any = None,
    version: int = 2,
) -> None:
    """Seed a generator by the actor's chance where the machine's would be taken."""
    original(drawer, seen.random_bytes(_SEED_BYTES) if a is None else a, version)


def _seed_shared(
    seen: Surroundings, original: Any, a: Any = None, version: int = 2
) -> None:
    original(seen.random_bytes(_SEED_BYTES) if a is None else a, version)


def _made_up_id(version: int) -> Use:
    def answer(seen: Surroundings, *_: Any, **__: Any) -> uuid.UUID:
        return uuid.UUID(bytes=seen.random_bytes(_ID_BYTES), version=version)

    return answer


def _random_bytes(seen: Surroundings, _original: Any, count: int, *_: Any) -> bytes:
    return seen.random_bytes(count)


_REPLACED: tuple[tuple[Any, str, Use], ...] = (
    *((time, name, _clock_s) for name in _CLOCKS),
    *((time, f"{name}_ns", _clock_ns) for name in _CLOCKS),
    *((time, name, _of_time(0)) for name in ("localtime", "gmtime", "ctime")),
    (time, "asctime", _of_time(0, broken_down=True)),
    (time, "strftime", _of_time(1, broken_down=True)),
    (time, "sleep", _sleep),
    (threading.Event, "wait", _await_event),
    (threading.Condition, "wait", _await_thread),
    (_thread, "start_new_thread", _start_thread),
    (_thread, "start_joinable_thread", _start_thread),
    (os, "getpid", lambda seen, _: seen.process_id),
    (os, "urandom", _random_bytes),
    (os, "getrandom", _random_bytes),
    (random.Random, "seed", _seed),
    (random, "seed", _seed_shared),
    *((uuid, name, _made_up_id(version)) for name, version in _ID_VERSIONS.items()),
)
"""Where it is at home, its name, and what a program is answered: from its surroundings,
the original and the arguments."""


_ORIGINALS: list[Mapping[int, Any]] = []


def _now(original: Any) -> Any:
    def now(cls: Any, tz: dt.tzinfo | None = None) -> Any:
        seen = SURROUNDINGS.get()
        if seen is None:
            return original.__get__(None, cls)(tz)
        return cls.fromtimestamp(seen.now_ns() / 1e9, tz)

    return classmethod(now)


def _utcnow(original: Any) -> Any:
    def utcnow(cls: Any) -> Any:
        seen = SURROUNDINGS.get()
        if seen is None:
            return original.__get__(None, cls)()
        now = cls.fromtimestamp(seen.now_ns() / 1e9, dt.UTC)
        return now.replace(tzinfo=None)

    return classmethod(utcnow)


def _today(original: Any) -> Any:
    def today(cls: Any) -> Any:
        seen = SURROUNDINGS.get()
        if seen is None:
            return original.__get__(None, cls)()
        return cls.fromtimestamp(seen.now_ns() / 1e9)

    return classmethod(today)
