"""Programs that take locks, and keep each other or somebody from ending."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from small_programs import TABLE, client, set_up

from gameday.explore import Actor, Problem


def take(dynamodb: Any, lock: str) -> bool:
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=_key(lock),
            ConditionExpression="attribute_not_exists(kind)",
        )
    except ClientError:
        return False
    return True


def release(dynamodb: Any, lock: str) -> None:
    dynamodb.delete_item(TableName=TABLE, Key=_key(lock))


def _key(lock: str) -> dict[str, Any]:
    return {"kind": {"S": "lock"}, "name": {"S": lock}}


def take_and_release_for_ever() -> None:
    dynamodb = client("dynamodb")
    while True:
        if take(dynamodb, "a"):
            release(dynamodb, "a")


def take_once() -> None:
    dynamodb = client("dynamodb")
    while not take(dynamodb, "a"):
        time.sleep(5)


def holding_both(first: str, second: str) -> Callable[[], None]:
    """Return a program that waits for one lock while it holds another."""

    def program() -> None:
        dynamodb = client("dynamodb")
        for lock in (first, second):
            while not take(dynamodb, lock):
                time.sleep(5)
        release(dynamodb, second)
        release(dynamodb, first)

    return program


def backing_off(first: str, second: str) -> Callable[[], None]:
    """Return a program that gives one lock back when it does not get the other."""

    def program() -> None:
        dynamodb = client("dynamodb")
        while True:
            if take(dynamodb, first):
                if take(dynamodb, second):
                    break
                release(dynamodb, first)
        release(dynamodb, second)
        release(dynamodb, first)

    return program


def left_and_right(left: Callable[[], None], right: Callable[[], None]) -> Problem:
    return Problem(
        setup=set_up,
        actors=(Actor(name="left", program=left), Actor(name="right", program=right)),
    )


def deadlock() -> Problem:
    return left_and_right(holding_both("a", "b"), holding_both("b", "a"))


def same_order() -> Problem:
    return left_and_right(holding_both("a", "b"), holding_both("a", "b"))


def livelock() -> Problem:
    return left_and_right(backing_off("a", "b"), backing_off("b", "a"))


def starvation() -> Problem:
    return Problem(
        setup=set_up,
        actors=(
            Actor(name="greedy", program=take_and_release_for_ever, forever=True),
            Actor(name="patient", program=take_once),
        ),
    )
