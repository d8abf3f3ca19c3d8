"""Problems over the counter programs, for files and commands that name a function."""

from __future__ import annotations

import threading

from counter_programs import (
    TABLE,
    counters,
    counts_to,
    dynamodb,
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


def goes_by_a_set() -> Problem:
    """Increase blindly, and note it in the order of a set of strings."""

    def increase_and_note() -> None:
        client = dynamodb()
        increase_blindly()
        for name in {f"note-{number}" for number in range(8)}:
            client.get_item(TableName=TABLE, Key={"name": {"S": name}})

    return Problem(
        setup=set_up,
        actors=tuple(counters(increase_and_note, 2)),
        eventually=(counts_to(2),),
    )


def starts_a_thread() -> Problem:
    def increase_elsewhere() -> None:
        threading.Thread(target=increase_blindly).start()

    return Problem(setup=set_up, actors=tuple(counters(increase_elsewhere, 2)))
