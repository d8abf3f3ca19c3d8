"""Which new instance is looked at, and what is said of it?"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from gameday.clock import ManualClock
from gameday.errors import ServiceUnavailable
from gameday.region.network.canary import NetworkCustomer

PATIENCE_MS = 2_000


@dataclass
class Region:
    """Instances by droplet, and who answers."""

    running_now: dict[str, str] = field(default_factory=dict)
    answering: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def running(self) -> dict[str, str]:
        return dict(self.running_now)

    def answers(self, instance: str, address: str) -> bool:
        self.asked.append((instance, address))
        if instance == "i-ends":
            self.running_now.clear()
        return instance in self.answering


@pytest.fixture
def region() -> Region:
    return Region()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def customer(region: Region, clock: ManualClock) -> NetworkCustomer:
    return NetworkCustomer(
        instances=region,  # type: ignore[arg-type]
        answers=region.answers,
        patience_ms=PATIENCE_MS,
        clock=clock,
    )


def test_a_new_instance_is_given_its_time(
    customer: NetworkCustomer, region: Region, clock: ManualClock
):
    region.running_now = {"droplet-0001": "i-1"}
    assert not customer.find()
    clock.sleep_ms(PATIENCE_MS)
    assert customer.find()
    with pytest.raises(ServiceUnavailable, match="i-1 runs and does not answer"):
        customer.connect()

    region.answering.add("i-1")
    customer.connect()
    assert region.asked == [("i-1", "127.0.64.1")] * 2


def test_the_newest_that_has_had_its_time_is_looked_at(
    customer: NetworkCustomer, region: Region, clock: ManualClock
):
    region.running_now = {"droplet-0001": "i-1", "droplet-0002": "i-2"}
    region.answering = {"i-2"}
    customer.find()
    clock.sleep_ms(PATIENCE_MS)
    region.running_now["droplet-0003"] = "i-3"
    assert customer.find()
    customer.connect()
    assert region.asked == [("i-2", "127.0.64.2")]


def test_of_an_instance_that_ended_meanwhile_nothing_is_said(
    customer: NetworkCustomer, region: Region, clock: ManualClock
):
    region.running_now = {"droplet-0001": "i-ends"}
    customer.find()
    clock.sleep_ms(PATIENCE_MS)
    assert customer.find()
    customer.connect()
