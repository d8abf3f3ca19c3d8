"""What becomes of a call when its caller is stopped or killed, and who sees what.

The victim writes when it is told to and notes what it met; the survivor, who reads,
is the test itself.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stage_traces import eventually

from gameday.aws.sessions import Caller, client
from gameday.edge.control_client import ControlClient
from gameday.model.history import Op
from gameday.region.topology import load_region
from gameday.stage.opening import Stage, open_stage
from gameday.stage.process_identity import process_state, start_of

PATIENCE_S = 1.0
"""The victim's read time-out."""

PROGRAMS = f'''
"""A program that writes one item for each order it finds."""

import os
import pathlib
import threading

from gameday.aws.sessions import Caller, client


def victim():
    """Take the next order, write its item, note what that came to."""
    folder = pathlib.Path(os.environ["ORDERS"])
    caller = Caller(access_key=None, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    dynamodb = client("dynamodb", caller, read_timeout_s={PATIENCE_S})
    while True:
        for order in folder.glob("*.order"):
            item = {{"k": {{"S": order.stem}}}}
            order.unlink()
            try:
                dynamodb.put_item(TableName="things", Item=item)
                outcome = "ok"
            except Exception as error:
                outcome = type(error).__name__
            new = order.with_suffix(".new")
            new.write_text(outcome)
            new.rename(order.with_suffix(".outcome"))
        threading.Event().wait(0.01)
'''
REGION = """\
    name: faults
    aws_region: us-east-1
    availability_zones: [az1]
    load_balancers: [{{name: lb-1, address: 127.0.10.1, az: az1}}]
    endpoints: [small.gameday.test]
    tables: [{{name: things, partition_key: {{name: k, type: S}}}}]
    actors:
      victim:
        run: actor_fault_programs:victim
        access_key: AKIAVICTIM0000000001
        env: {{ORDERS: {folder}}}
"""


@dataclass
class Scene:
    """The stage, the victim's orders, and the survivor's clients."""

    stage: Stage
    orders: Path
    edge: ControlClient
    survivor: Any

    def hold_a_write(self, key: str, on_disconnect: str = "deliver") -> None:
        """Let the victim write; return once that call stands still at the edge."""
        fault = {"kind": "hold", "on_disconnect": on_disconnect}
        match = {"actor": "victim", "operation": "PutItem"}
        self.edge.set_rule({"id": key, "match": match, "fault": fault, "count": 1})
        (self.orders / f"{key}.order").touch()
        assert self.edge.await_hold(key, 20_000)

    def is_stored(self, key: str) -> bool:
        """Whether the survivor sees the item."""
        return "Item" in self.survivor.get_item(
            TableName="things", Key={"k": {"S": key}}, ConsistentRead=True
        )

    def outcome(self, key: str) -> str:
        """What the victim noted."""
        file = self.orders / f"{key}.outcome"
        eventually(file.exists)
        return file.read_text()

    def recorded(self, key: str) -> Op:
        """What the history keeps of the write, once it is over."""
        return eventually(
            lambda: next((op for op in self.edge.history() if op.rule == key), None)
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders")


@pytest.fixture(scope="module")
def stage(folder: Path, gameday_home: Path) -> Iterator[Stage]:  # noqa: ARG001
    (folder / "actor_fault_programs.py").write_text(PROGRAMS)
    file = folder / "region.yaml"
    file.write_text(textwrap.dedent(REGION.format(folder=folder)))
    with open_stage(load_region(file)) as made:
        yield made


@pytest.fixture
def scene(stage: Stage, folder: Path) -> Iterator[Scene]:
    caller = Caller(access_key="AKIAOPERATOR00000001", endpoint_url=stage.gateway_url)
    survivor = client("dynamodb", caller)
    with stage.edge() as edge:
        yield Scene(stage=stage, orders=folder, edge=edge, survivor=survivor)
        edge.remove_rules()
    survivor.close()
    if stage.state.actors["victim"].state == "killed":
        stage.restart("victim")


def test_a_call_held_when_its_caller_is_killed_is_applied_after_its_death(scene):
    scene.hold_a_write("from-the-dead")
    pid = scene.stage.kill("victim")
    assert start_of(pid) == ""
    eventually(lambda: scene.edge.holds()[0]["client_gone"])
    assert not scene.is_stored("from-the-dead")

    scene.edge.release(rule="from-the-dead")

    op = scene.recorded("from-the-dead")
    assert (op.outcome, op.status) == ("info", None)
    assert scene.is_stored("from-the-dead")


def test_a_call_held_only_as_long_as_its_caller_lives_dies_with_it(scene):
    scene.hold_a_write("buried", on_disconnect="drop")
    scene.stage.kill("victim")

    op = scene.recorded("buried")
    assert (op.outcome, op.status) == ("fail", None)
    assert not scene.is_stored("buried")


def test_a_restarted_program_knows_nothing_of_the_call_that_outlived_it(scene):
    scene.hold_a_write("orphan")
    scene.stage.kill("victim")
    scene.stage.restart("victim")
    scene.edge.release(rule="orphan")

    assert scene.recorded("orphan").outcome == "info"
    assert not (scene.orders / "orphan.outcome").exists()
    (scene.orders / "next.order").touch()
    assert scene.outcome("next") == "ok"


def test_a_reply_that_comes_while_its_caller_is_stopped_counts_however_late(scene):
    scene.hold_a_write("in-time")
    pid = scene.stage.pause("victim")
    scene.edge.release(rule="in-time")

    op = scene.recorded("in-time")
    assert (op.outcome, op.status) == ("ok", 200)
    assert scene.is_stored("in-time")
    assert process_state(pid) == "T"
    time.sleep(PATIENCE_S + 0.5)  # the victim's time-out runs out while it is stopped
    scene.stage.resume("victim")

    assert scene.outcome("in-time") == "ok"


def test_a_caller_stopped_past_its_time_out_gives_up_and_is_applied_behind_its_back(
    scene,
):
    scene.hold_a_write("behind-its-back")
    scene.stage.pause("victim")
    time.sleep(PATIENCE_S + 0.5)  # the victim's time-out runs out while it is stopped
    assert not scene.is_stored("behind-its-back")
    scene.stage.resume("victim")
    assert scene.outcome("behind-its-back") == "ReadTimeoutError"

    scene.edge.release(rule="behind-its-back")

    assert scene.recorded("behind-its-back").outcome == "info"
    assert scene.is_stored("behind-its-back")
