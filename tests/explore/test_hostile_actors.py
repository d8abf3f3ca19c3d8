"""Actors that look at the machine or go past AWS: controlled, or named with a line."""

# Clocks and chance are looked up where they are called: that is what is tested.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import logging
import multiprocessing
import os
import queue
import random
import secrets
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic as kept_monotonic
from time import sleep as kept_sleep
from time import time as kept_time
from typing import Any
from uuid import uuid1 as kept_uuid1

import pytest
from counter_programs import (
    KEY,
    TABLE,
    counters,
    dynamodb,
    increase_safely,
    read_value,
    setup,
)

from gameday.errors import InvalidInput
from gameday.explore import (
    Actor,
    Exploration,
    Faults,
    HiddenNondeterminism,
    Moment,
    explore,
)
from gameday.explore.ways_out import ReachesOutside
from gameday.model.verdict import Validity

EARLIER = dynamodb()
"""A client that was made before anything was explored."""
RUNS = {"count": 0}
ODD_SECONDS = 3_601


def put(name: object, client: object = None) -> None:
    (client or dynamodb()).put_item(TableName=TABLE, Item={"name": {"S": str(name)}})


def names_put(program, *, faults: Faults | None = None) -> list[set[str]]:
    """Explore beside a counter, and return what each state held that `program` put."""
    seen: list[set[str]] = []

    def remembered(moment: Moment) -> bool:
        seen.append({each for each in moment.items(TABLE) if "hits" not in each})
        return True

    found = explored(program, always=[remembered], faults=faults)
    assert found.validity is Validity.VALID, found.reasons
    return [each for each in seen if each]


def explored(program: Any, **more: Any) -> Exploration:
    actors = [
        Actor(name="hostile", program=program),
        *counters(increase_safely, 1),
    ]
    return explore(setup=setup, actors=actors, **more)


def line_of(text: str) -> int:
    """Return the line of this file that has a text and is not a quotation of it."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (line,) = (n for n, each in enumerate(lines, 1) if each.endswith(text))
    return line


READINGS = {
    "time.time": lambda: time.time(),
    "from time import time": lambda: kept_time(),
    "from time import monotonic": lambda: kept_monotonic(),
    "time.perf_counter_ns": lambda: time.perf_counter_ns(),
    "time.process_time": lambda: time.process_time(),
    "time.clock_gettime": lambda: time.clock_gettime(time.CLOCK_REALTIME),
    "time.localtime": lambda: time.localtime(),
    "time.strftime": lambda: time.strftime("%c"),
    "time.asctime": lambda: time.asctime(),
    "datetime.now": lambda: datetime.now(dt.UTC),
    "datetime.utcnow": lambda: dt.datetime.utcnow(),  # noqa: DTZ003
    "date.today": lambda: dt.date.today(),  # noqa: DTZ011
    "os.urandom": lambda: os.urandom(8),
    "os.getpid": lambda: os.getpid(),
    "random.random": lambda: random.random(),
    "random.Random": lambda: random.Random().random(),
    "random.seed": lambda: (random.seed(), random.random()),
    "random.SystemRandom": lambda: random.SystemRandom().random(),
    "secrets": lambda: secrets.token_hex(8),
    "uuid4": lambda: uuid.uuid4(),
    "from uuid import uuid1": lambda: kept_uuid1(),
}


def test_what_tells_of_the_machine_is_a_function_of_the_actor_alone():
    def tell_all() -> None:
        client = dynamodb()
        read_value(client)
        told = {name: {"S": str(read())} for name, read in READINGS.items()}
        client.put_item(TableName=TABLE, Item={"name": {"S": "told"}, **told})

    assert names_put(tell_all) == names_put(tell_all)


@pytest.mark.parametrize(
    "now_s",
    [
        lambda: kept_time(),
        lambda: datetime.now(dt.UTC).timestamp(),
        lambda: time.monotonic(),
    ],
    ids=["from time import time", "datetime.now", "time.monotonic"],
)
def test_a_lease_runs_out_by_the_clock_of_the_search_and_never_by_the_machines(now_s):
    def hold_lease() -> None:
        client = dynamodb()
        taken_s = now_s()
        read_value(client)
        put("late" if now_s() - taken_s > 60 else "in time", client)

    without = names_put(hold_lease)
    with_one = names_put(hold_lease, faults=Faults(expiries=1))

    assert not any("late" in each for state in without for each in state)
    assert any("late" in each for state in with_one for each in state)


@pytest.mark.parametrize(
    "wait",
    [
        lambda duration_s: time.sleep(duration_s),
        lambda duration_s: kept_sleep(duration_s),
        lambda duration_s: threading.Event().wait(duration_s),
    ],
    ids=["time.sleep", "from time import sleep", "Event.wait"],
)
def test_waiting_takes_no_time_of_the_machine(wait):
    def wait_long() -> None:
        client = dynamodb()
        began_s = time.time()
        wait(ODD_SECONDS)
        put(f"waited {time.time() - began_s:g}", client)

    (name,) = {each for state in names_put(wait_long) for each in state}

    assert f"waited {ODD_SECONDS}" in name


def test_a_client_that_was_made_before_is_answered_by_the_search():
    def use_it() -> None:
        read_value(EARLIER)
        put("through it", EARLIER)

    assert names_put(use_it)


def start_thread() -> None:
    threading.Thread(target=print).start()  # a thread


def start_pool() -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, ["a", "b"]))  # a pool


def wait_for_a_queue() -> None:
    queue.Queue().get(timeout=5)  # a queue


def start_process() -> None:
    multiprocessing.get_context("fork").Process(target=print).start()  # a process


def run_a_command() -> None:
    subprocess.run(["true"], check=True)  # a command


def run_a_loop() -> None:
    coroutine = asyncio.sleep(0)
    try:
        asyncio.run(coroutine)  # a loop
    finally:
        coroutine.close()


def fetch() -> None:
    with suppress(OSError):
        urllib.request.urlopen("http://127.0.0.1:9/")  # a fetch


def speak_http() -> None:
    with suppress(OSError):
        http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/")  # http


def open_socket() -> None:
    with suppress(Exception):
        socket.create_connection(("127.0.0.1", 9))  # a socket


def open_database() -> None:
    sqlite3.connect("/nowhere/at/all")  # a database


def read_by_default(now=time.time) -> None:
    put(now())  # a default


def sleep_by_default(sleep=time.sleep) -> None:
    sleep(0)  # a sleep


@pytest.mark.parametrize(
    ("program", "does", "line"),
    [
        (start_thread, "starts a thread", "# a thread"),
        (start_pool, "starts a thread", "# a pool"),
        (wait_for_a_queue, "waits for another thread", "# a queue"),
        (start_process, "starts a process", "# a process"),
        (run_a_command, "starts a process", "# a command"),
        (run_a_loop, "opens a socket", "# a loop"),
        (fetch, "opens a socket", "# a fetch"),
        (speak_http, "opens a socket", "# http"),
        (open_socket, "opens a socket", "# a socket"),
        (open_database, "opens a database file", "# a database"),
        (read_by_default, "calls a time.time that it kept", "# a default"),
        (sleep_by_default, "calls a time.sleep that it kept", "# a sleep"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_goes_past_aws_is_named_with_its_line_even_if_it_is_handled(
    program, does, line
):
    def go_past() -> None:
        client = dynamodb()
        read_value(client)
        with suppress(Exception):
            program()
        put("done", client)

    with pytest.raises(ReachesOutside) as caught:
        explored(go_past)

    message = str(caught.value)
    assert message.startswith(f"hostile {does}")
    assert f"{__file__}:{line_of(line)}" in message
    # It says what to do instead.
    assert "; " in message.partition(": ")[2]


def test_a_set_up_that_goes_past_aws_is_named_too():
    with pytest.raises(ReachesOutside, match=r"setup opens a socket at .*test_hostile"):
        explore(setup=fetch, actors=[Actor(name="idle", program=lambda: None)])


def test_the_library_that_a_program_went_through_is_told():
    with pytest.raises(ReachesOutside, match=r"by urllib\.request: "):
        explored(fetch)


def test_a_file_that_stays_as_it_is_may_be_read(tmp_path):
    file = tmp_path / "settings"
    file.write_text("greeting")

    def read_settings() -> None:
        client = dynamodb()
        read_value(client)
        put(file.read_text(), client)

    assert names_put(read_settings)


def test_a_file_that_actors_share_is_named_with_both_lines(tmp_path):
    file = tmp_path / "shared"
    file.write_text("0")

    def write() -> None:
        read_value(dynamodb())
        file.write_text("1")  # the write

    def read() -> None:
        client = dynamodb()
        read_value(client)
        put(file.read_text(), client)  # the read

    with pytest.raises(ReachesOutside) as caught:
        explore(
            setup=setup,
            actors=[
                Actor(name="reader", program=read),
                Actor(name="writer", program=write),
            ],
        )

    assert f"writer at {__file__}:{line_of('# the write')}" in str(caught.value)
    assert f"{__file__}:{line_of('# the read')}" in str(caught.value)


def test_a_file_that_somebody_else_changes_is_named(tmp_path):
    file = tmp_path / "rotating"
    file.write_text("0")

    def read() -> None:
        client = dynamodb()
        read_value(client)
        len(file.read_text())
        put("read it", client)

    def rotate(_moment: Moment) -> bool:
        with file.open("a") as writer:
            writer.write("0")
        return True

    with pytest.raises(ReachesOutside, match="has changed since hostile at"):
        explored(read, always=[rotate])


def count_runs() -> None:
    RUNS["count"] += 1
    client = dynamodb()
    client.get_item(TableName=TABLE, Key=KEY)
    put(RUNS["count"], client)


def test_a_module_level_variable_that_outlives_a_run_is_named():
    with pytest.raises(HiddenNondeterminism) as caught:
        explored(count_runs)

    assert caught.value.changed == (f"{__name__}.RUNS",)
    assert caught.value.actor == "hostile"


def test_a_variable_that_a_function_closes_over_is_named():
    left: list[int] = []

    def remember() -> None:
        left.append(1)
        client = dynamodb()
        read_value(client)
        put(len(left), client)

    with pytest.raises(HiddenNondeterminism, match=r"left of .*remember"):
        explored(remember)


def test_an_environment_variable_that_a_run_leaves_behind_is_named(monkeypatch):
    monkeypatch.setenv("HOSTILE_RUNS", "1")

    def count_in_environment() -> None:
        os.environ["HOSTILE_RUNS"] += "1"
        client = dynamodb()
        read_value(client)
        put(os.environ["HOSTILE_RUNS"], client)

    with pytest.raises(HiddenNondeterminism, match=r"os\.environ\['HOSTILE_RUNS'\]"):
        explored(count_in_environment)


def test_what_differs_without_a_variable_is_told_with_the_usual_causes():
    def count_where_nobody_looks() -> None:
        logger = logging.getLogger("hostile")
        logger.setLevel(logger.level + 1)
        client = dynamodb()
        read_value(client)
        put(logger.level, client)

    with pytest.raises(HiddenNondeterminism) as caught:
        explored(count_where_nobody_looks)

    assert caught.value.changed == ()
    assert "Usual causes: the order of a set" in str(caught.value)


def test_an_actor_that_cannot_be_explored_is_invalid_input():
    with pytest.raises(InvalidInput):
        explored(start_thread)


def test_the_machine_is_the_machines_again_afterwards():
    names_put(lambda: put("x"))

    assert kept_time is time.time
    assert abs(datetime.now(dt.UTC).timestamp() - time.time()) < 60
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
