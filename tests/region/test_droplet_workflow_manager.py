"""Does the program collapse by itself, and what brings it back?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from droplet_hosts import FLEET, Host, create_lease_table

from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.work_queue import QueueRule

OUTAGE_MS = 6_000
"""Longer than a lease and a renewal's slack: D* of this fleet is 2.9 s."""
TO_SETTLE_MS = 10_000


@pytest.fixture
def host(moto_url: str) -> Iterator[Host]:
    made = Host(url=moto_url)
    create_lease_table(made.dynamodb)
    made.begin()
    yield made
    made.close()


def test_a_host_that_loses_nothing_keeps_every_lease(host: Host):
    assert host.play(TO_SETTLE_MS) == 1.0
    assert host.play(3 * FLEET.lease_ms) == 1.0
    assert host.workflow.tally.late == 0


def test_after_a_short_outage_the_same_host_stays_stuck_and_busy(host: Host):
    host.play(TO_SETTLE_MS)
    assert host.play_outage(OUTAGE_MS) == 0.0

    host.play(3 * FLEET.lease_ms)
    before, queued = replace(host.workflow.tally), host.workflow.queued
    began_ms = host.clock.now_ms()
    assert host.play(4 * FLEET.lease_ms) == 0.0

    spent_ms = host.clock.now_ms() - began_ms
    after = host.workflow.tally
    busy_ms = after.busy_ms - before.busy_ms
    assert busy_ms > 0.95 * spent_ms
    assert after.late_ms - before.late_ms > 0.95 * busy_ms
    growth_per_s = 1000 * (host.workflow.queued - queued) / spent_ms
    # On this clock a time-out waits until the one worker has ended its job.
    assert growth_per_s == pytest.approx(FLEET.queue_growth_per_s, rel=0.2)


def test_a_deadline_drop_lets_it_recover_and_it_stays_well_without(host: Host):
    host.play(TO_SETTLE_MS)
    host.play_outage(OUTAGE_MS)
    host.play(FLEET.lease_ms)

    host.manager.pull(mitigations(FLEET)[Mitigation.DROP].levers)
    assert host.play(3 * FLEET.lease_ms) == 1.0
    host.manager.pull(AS_BUILT)
    assert host.play(3 * FLEET.lease_ms) == 1.0


@pytest.mark.parametrize(
    ("done", "recovers"),
    [
        ({"throttle"}, False),
        ({"restart"}, False),
        ({"throttle", "restart"}, True),
    ],
    ids=["throttle alone", "restart alone", "throttle and restart"],
)
def test_throttle_and_restart_work_together_only(
    host: Host, done: set[str], *, recovers: bool
):
    host.play(TO_SETTLE_MS)
    host.play_outage(OUTAGE_MS)
    host.play(2 * FLEET.lease_ms)

    if "throttle" in done:
        host.levers = mitigations(FLEET)[Mitigation.THROTTLE].levers
    if "restart" in done:
        host.begin()
    host.manager.pull(host.levers)
    share = host.play(4 * FLEET.lease_ms)
    assert share == 1.0 if recovers else share < 0.6


def test_a_host_that_starts_again_finds_its_leases_and_renews_them(host: Host):
    host.play(TO_SETTLE_MS)
    host.begin(commission_ms=1_000_000)
    assert host.play(FLEET.lease_ms) == 1.0
    assert host.workflow.tally.established == 0


def test_a_host_whose_table_cannot_be_read_begins_later(host: Host):
    host.way.is_cut = True
    assert not host.manager.begin(rediscovery_ms=1, commission_ms=1)


def test_what_a_worker_breaks_at_ends_the_program(
    host: Host, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(host.table, "write", broken)
    with pytest.raises(ZeroDivisionError):
        host.play(TO_SETTLE_MS)


def test_levers_may_be_pulled_while_the_host_works(host: Host):
    host.manager.pull(Levers(queue=QueueRule(one_per_droplet=True)))
    assert host.play(TO_SETTLE_MS) == 1.0
