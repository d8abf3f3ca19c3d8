"""When a change reaches each edge, with time under the test's control."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import pytest
from dns_lab import DEADLINE_S, Clock, version, zone

from gameday.edge import propagation
from gameday.edge.propagation import Propagation
from gameday.edge.zones import ZoneVersion


@dataclass
class Edge:
    """Notes the versions in the order in which they came into force."""

    served: list[int] = field(default_factory=list)

    def apply(self, arrived: ZoneVersion) -> None:
        """Put a version in force."""
        self.served.append(arrived.version)


@dataclass
class Timeline:
    """A clock whose sleepers wake when it is moved past their time."""

    clock: Clock = field(default_factory=Clock)
    sleepers: list[tuple[int, asyncio.Event]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has moved that far."""
        woken = asyncio.Event()
        self.sleepers.append((self.clock.now + round(seconds * 1e9), woken))
        await woken.wait()

    async def advance_ms(self, duration_ms: int) -> None:
        """Move one millisecond at a time, and let whoever wakes up work."""
        for _ in range(duration_ms):
            self.clock.now += 1_000_000
            for due_ns, woken in self.sleepers:
                if due_ns <= self.clock.now:
                    woken.set()
            await turns()


async def turns() -> None:
    """Let every task that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def plane(edges: list[Edge], timeline: Timeline, delay_ms=(20, 80), seed: int = 1):
    return Propagation(
        [edge.apply for edge in edges],
        delay_ms=delay_ms,
        chance=random.Random(seed),
        now_ns=timeline.clock,
        sleep=timeline.sleep,
    )


def run(scenario) -> None:
    async def limited() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await scenario()

    asyncio.run(limited())


def numbered(number: int) -> ZoneVersion:
    return version(zone(), number)


def test_a_change_is_pending_until_the_last_edge_has_it():
    async def scenario() -> None:
        edges, timeline = [Edge(), Edge()], Timeline()
        moving = plane(edges, timeline)
        moving.start()
        change = numbered(1)
        moving.publish(change)
        seen = set()
        for _ in range(80):
            await timeline.advance_ms(1)
            have_it = sum(bool(edge.served) for edge in edges)
            status = moving.status(change.change_id)
            assert status == ("INSYNC" if have_it == 2 else "PENDING")
            seen.add((have_it, status))
        assert seen == {(0, "PENDING"), (1, "PENDING"), (2, "INSYNC")}
        await moving.stop()

    run(scenario)


def test_changes_of_one_instant_never_overtake_each_other():
    async def scenario() -> None:
        edges, timeline = [Edge(), Edge(), Edge()], Timeline()
        moving = plane(edges, timeline, delay_ms=(0, 100))
        moving.start()
        for number in range(1, 51):
            moving.publish(numbered(number))
        await timeline.advance_ms(101)
        assert [edge.served for edge in edges] == [list(range(1, 51))] * 3
        await moving.stop()

    run(scenario)


def test_delays_lie_in_the_given_range_and_follow_the_seed():
    async def arrival_ms(seed: int) -> int:
        edge, timeline = Edge(), Timeline()
        moving = plane([edge], timeline, delay_ms=(20, 80), seed=seed)
        moving.start()
        moving.publish(numbered(1))
        while not edge.served:
            await timeline.advance_ms(1)
        await moving.stop()
        return timeline.clock.now // 1_000_000

    async def scenario() -> None:
        arrivals = [await arrival_ms(seed) for seed in range(20)]
        assert all(20 <= arrival <= 80 for arrival in arrivals)
        assert len(set(arrivals)) > 5
        assert arrivals == [await arrival_ms(seed) for seed in range(20)]

    run(scenario)


def test_a_paused_plane_keeps_its_versions_and_catches_up_in_order():
    async def scenario() -> None:
        edge, timeline = Edge(), Timeline()
        moving = plane([edge], timeline)
        moving.start()
        moving.publish(numbered(1))
        await timeline.advance_ms(40)
        moving.set_state("paused")
        moving.publish(numbered(2))
        await timeline.advance_ms(200)
        before = list(edge.served)
        assert before in ([], [1])
        assert moving.status(numbered(2).change_id) == "PENDING"
        assert moving.states == ("paused",)
        moving.set_state("running")
        await turns()
        assert edge.served == [1, 2]
        assert moving.status(numbered(2).change_id) == "INSYNC"
        await moving.stop()

    run(scenario)


def test_an_unknown_change_has_no_status():
    assert plane([Edge()], Timeline()).status("C0") is None


def test_versions_from_before_the_start_are_in_force_at_once():
    edge = Edge()
    moving = plane([edge], Timeline())
    moving.publish_at_once(numbered(7))
    assert edge.served == [7]
    assert moving.status(numbered(7).change_id) == "INSYNC"


def test_an_edge_that_cannot_apply_a_version_keeps_it_pending_and_goes_on(caplog):
    class Choosy(Edge):
        def apply(self, arrived: ZoneVersion) -> None:
            if arrived.version == 1:
                raise ValueError("this one not")
            super().apply(arrived)

    async def scenario() -> None:
        edge, timeline = Choosy(), Timeline()
        moving = plane([edge], timeline)
        moving.start()
        moving.publish(numbered(1))
        moving.publish(numbered(2))
        await timeline.advance_ms(90)
        assert edge.served == [2]
        assert moving.status(numbered(1).change_id) == "PENDING"
        assert moving.status(numbered(2).change_id) == "INSYNC"
        await moving.stop()

    run(scenario)
    assert "cannot serve zone" in caplog.text


def test_a_full_queue_keeps_the_newest_version_and_counts_for_those_it_replaced(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(propagation, "WAITING_MAX", 2)

    async def scenario() -> None:
        edge, timeline = Edge(), Timeline()
        moving = plane([edge], timeline)
        moving.set_state("paused")
        moving.start()
        for number in range(1, 8):
            moving.publish(numbered(number))
        moving.set_state("running")
        await timeline.advance_ms(90)
        assert edge.served[-1] == 7
        assert len(edge.served) <= 3
        statuses = {moving.status(numbered(n).change_id) for n in range(1, 8)}
        assert statuses == {"INSYNC"}
        await moving.stop()

    run(scenario)


def test_old_changes_are_forgotten_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(propagation, "CHANGES_REMEMBERED_MAX", 2)
    moving = plane([Edge()], Timeline())
    for number in (1, 2, 3):
        moving.publish_at_once(numbered(number))
    statuses = [moving.status(numbered(number).change_id) for number in (1, 2, 3)]
    assert statuses == [None, "INSYNC", "INSYNC"]
