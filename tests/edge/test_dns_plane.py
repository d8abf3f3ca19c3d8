"""From a commit in the zone log to what real tools are told, part by part."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.rcode
import pytest
from dns_lab import (
    APEX,
    DEADLINE_S,
    ENDPOINT,
    ZONE_ID,
    Clock,
    LoopThread,
    Recorded,
    addresses,
    alias,
    ask,
    dig,
    plan_tree,
    record,
    zone,
)

from gameday.edge.dns_plane import DnsPlane
from gameday.edge.zones import ZoneLog
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from gameday.model.record_set import RecordSet

SLOW_MS = (3_600_000, 3_600_000)
"""A delay that never ends within a test."""


@dataclass
class Settings:
    """What the plane reads of the edge's configuration."""

    dns_edges: list[str] = field(default_factory=lambda: ["127.0.30.1", "127.0.30.2"])
    resolvers: dict[str, str] = field(
        default_factory=lambda: {"az1": "127.0.20.1", "az2": "127.0.20.2"}
    )
    dns_port: int = 0
    negative_ttl_s: int = 5
    propagation_ms: tuple[int, int] = (0, 0)
    seed: int = 1


@dataclass
class Lab:
    """A running plane, the log that feeds it, and its clock."""

    loop: LoopThread
    plane: DnsPlane
    zones: ZoneLog
    clock: Clock = field(default_factory=Clock)
    recorded: Recorded = field(default_factory=Recorded)

    def start(self, settings: Settings) -> None:
        """Start the plane."""
        self.loop.run(
            self.plane.start(
                config=settings,
                zones=self.zones,
                record=self.recorded,
                now_ns=self.clock,
            )
        )

    def commit(self, *record_sets: RecordSet) -> str:
        """Commit the next version of the zone; returns the change id."""
        return self.loop.call(self.zones.commit, zone(*record_sets))

    def status(self, change_id: str) -> str | None:
        """Return what GetChange says."""
        return self.loop.call(self.plane.change_status, change_id)

    def await_in_sync(self, change_id: str) -> None:
        """Return once every edge has the change."""

        async def in_sync() -> None:
            async with asyncio.timeout(DEADLINE_S):
                # Each turn lets the workers go on; no time is slept away.
                while self.plane.change_status(change_id) != "INSYNC":  # noqa: ASYNC110
                    await asyncio.sleep(0)

        self.loop.run(in_sync())


@pytest.fixture
def lab():
    with LoopThread() as loop:
        made = Lab(loop, DnsPlane(), ZoneLog(seed=1))
        loop.call(made.zones.create, zone(record(APEX, "A", "127.0.10.1")))
        yield made
        loop.run(made.plane.stop())


def on_edges(lab: Lab) -> list[list[str]]:
    return [addresses(ask(edge)) for edge in lab.plane.dns_edges]


def test_zones_from_before_the_start_are_served_at_once(lab):
    lab.start(Settings(propagation_ms=SLOW_MS))
    assert on_edges(lab) == [["127.0.10.1"]] * 2
    assert set(lab.plane.resolvers) == {"az1", "az2"}
    for resolver in lab.plane.resolvers.values():
        assert addresses(ask(resolver)) == ["127.0.10.1"]


def test_a_change_goes_from_pending_to_insync_and_is_then_served(lab):
    lab.start(Settings())
    change_id = lab.commit(record(APEX, "A", "127.0.10.2"))
    lab.await_in_sync(change_id)
    assert on_edges(lab) == [["127.0.10.2"]] * 2
    served = lab.plane.served_versions(ZONE_ID)
    assert list(served.values()) == [2, 2]
    assert list(served) == [f"{host}:{port}" for host, port in lab.plane.dns_edges]


def test_a_change_on_its_way_is_pending_and_not_served(lab):
    lab.start(Settings(propagation_ms=SLOW_MS))
    change_id = lab.commit(record(APEX, "A", "127.0.10.2"))
    assert lab.status(change_id) == "PENDING"
    assert on_edges(lab) == [["127.0.10.1"]] * 2


def test_a_paused_plane_goes_on_answering_the_old_version(lab):
    lab.start(Settings())
    lab.loop.call(lab.plane.set_propagation, "paused")
    change_id = lab.commit(record(APEX, "A", "127.0.10.2"))
    assert lab.status(change_id) == "PENDING"
    assert lab.plane.propagation == "paused"
    assert on_edges(lab) == [["127.0.10.1"]] * 2
    assert addresses(ask(lab.plane.resolvers["az1"])) == ["127.0.10.1"]
    lab.loop.call(lab.plane.set_propagation, "running")
    lab.await_in_sync(change_id)
    assert on_edges(lab) == [["127.0.10.2"]] * 2


def test_two_edges_differ_in_the_middle_of_propagation(lab):
    """With dig on each edge: one has the new plan, the other still the old one."""
    lab.start(Settings(propagation_ms=SLOW_MS))
    lab.commit(record(APEX, "A", "127.0.10.2"))
    first, second = lab.plane._propagation._queues
    lab.loop.call(first.apply, lab.zones.latest(ZONE_ID))
    told = [dig("dig", edge, ENDPOINT, "A").answers for edge in lab.plane.dns_edges]
    assert [answers[0][-1] for answers in told] == ["127.0.10.2", "127.0.10.1"]
    assert second is not first
    assert list(lab.plane.served_versions(ZONE_ID).values()) == [2, 1]


def test_a_stale_flip_and_its_clean_up_end_in_an_empty_endpoint(lab):
    """The race as DNS shows it: an answer, the old plan, then NOERROR without one."""
    lab.start(Settings(dns_edges=["127.0.30.1"]))
    edge = lab.plane.dns_edges[0]
    old, new = plan_tree(110, 1), plan_tree(145, 0, 1)
    steps = [
        (alias(APEX, f"plan-000145.{APEX}"), *old, *new),
        (alias(APEX, f"plan-000110.{APEX}"), *old, *new),
        (alias(APEX, f"plan-000110.{APEX}"), *new),
    ]
    told = []
    for record_sets in steps:
        lab.await_in_sync(lab.commit(*record_sets))
        found = dig("kdig", edge, ENDPOINT, "A")
        told.append((found.status, [answer[-1] for answer in found.answers]))
    assert told == [
        ("NOERROR", ["127.0.10.2"]),
        ("NOERROR", ["127.0.10.1"]),
        ("NOERROR", []),
    ]


def test_a_zone_created_later_is_served_when_it_has_propagated(lab):
    lab.start(Settings())
    other = zone(
        record("other.test.", "A", "127.0.10.3"), name="other.test.", zone_id="Z2"
    )
    lab.await_in_sync(lab.loop.call(lab.zones.create, other))
    assert addresses(ask(lab.plane.resolvers["az2"], "other.test")) == ["127.0.10.3"]
    lab.await_in_sync(lab.loop.call(lab.zones.remove, "Z2"))
    assert lab.plane.served_versions("Z2") == dict.fromkeys(
        lab.plane.served_versions(ZONE_ID), 0
    )


def test_an_address_in_use_is_named_and_nothing_stays_open(lab):
    lab.start(Settings())
    taken = lab.plane.dns_edges[1]
    second = DnsPlane()
    settings = Settings(dns_edges=["127.0.30.9", taken[0]], dns_port=taken[1])
    with pytest.raises(InvalidInput, match=f"{taken[0]}:{taken[1]}"):
        lab.loop.run(
            second.start(config=settings, zones=lab.zones, record=lab.recorded)
        )
    third = DnsPlane()
    settings = Settings(dns_edges=["127.0.30.9"], resolvers={}, dns_port=taken[1])
    lab.loop.run(third.start(config=settings, zones=lab.zones, record=lab.recorded))
    lab.loop.run(third.stop())


def test_without_dns_edges_changes_are_insync_and_resolvers_fail(lab):
    lab.start(Settings(dns_edges=[]))
    assert lab.status(lab.commit(record(APEX, "A", "127.0.10.2"))) == "INSYNC"
    assert ask(lab.plane.resolvers["az1"]).rcode() == dns.rcode.SERVFAIL


def test_a_plane_that_was_not_started_knows_nothing():
    plane = DnsPlane()
    assert (plane.change_status("C1"), plane.dns_edges, plane.resolvers) == (
        None,
        [],
        {},
    )
    assert plane.propagation == "running"
