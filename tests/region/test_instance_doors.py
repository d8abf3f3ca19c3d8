"""Who answers at an instance's address, by real connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from gameday.region.network.instance_connection import instance_answers
from gameday.region.network.instance_doors import InstanceDoors

ADDRESS = "127.0.64.1"


@pytest.fixture
def port() -> int:
    with socket.create_server((ADDRESS, 0)) as free:
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def doors(port: int) -> Iterator[InstanceDoors]:
    made = InstanceDoors(port=port)
    yield made
    made.close(ADDRESS)


def test_an_instance_answers_while_its_door_is_open(doors: InstanceDoors, port: int):
    assert not instance_answers("i-1", address=ADDRESS, port=port)
    assert doors.open(ADDRESS, "i-1")
    for _ in range(3):
        assert instance_answers("i-1", address=ADDRESS, port=port)
    doors.close(ADDRESS)
    assert not instance_answers("i-1", address=ADDRESS, port=port)


def test_a_stranger_at_the_address_is_no_answer(doors: InstanceDoors, port: int):
    doors.open(ADDRESS, "i-1")
    assert not instance_answers("i-2", address=ADDRESS, port=port)


def test_an_address_that_is_taken_is_not_opened(doors: InstanceDoors, port: int):
    with socket.create_server((ADDRESS, port)):
        assert not doors.open(ADDRESS, "i-1")
    assert doors.open(ADDRESS, "i-1")


def test_an_address_can_be_opened_again_at_once(doors: InstanceDoors, port: int):
    for instance in ("i-1", "i-2", "i-3"):
        assert doors.open(ADDRESS, instance)
        assert instance_answers(instance, address=ADDRESS, port=port)
        doors.close(ADDRESS)
