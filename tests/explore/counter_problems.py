"""Problems over the counter programs, for files and commands that name a function."""

from __future__ import annotations

import threading

from counter_programs import (
    counters,
    counts_to,
    increase_blindly,
    increase_safely,
)
from counter_programs import setup as set_up

from gameday.explore import Problem


def lost_update() -> Problem:
    return Problem(
        setup=set_up,
        actors=tuple(counters(increase_blindly, 2)),
        eventually=(counts_to(2),),
    )


def safe_counter() -> Problem:
    return Problem(
        setup=set_up,
        actors=tuple(counters(increase_safely, 2)),
        eventually=(counts_to(2),),
    )


def takes_arguments(count: int) -> Problem:
    raise AssertionError(count)


def no_problem() -> int:
    return 3


def starts_a_thread() -> Problem:
    def increase_elsewhere() -> None:
        threading.Thread(target=increase_blindly).start()

    return Problem(setup=set_up, actors=tuple(counters(increase_elsewhere, 2)))
