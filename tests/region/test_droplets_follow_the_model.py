"""Does the program do in real time what the model says it does?

300 droplets, 60 times compressed: a story minute is a second. What a call to the table
takes depends on the machine, so the model is played with what it took in this run;
every other number is the same in both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from droplet_hosts import Host, create_lease_table

from gameday.aws.leases import LEASES_TABLE
from gameday.clock import SystemClock
from gameday.model.lease_fleet import LeaseFleet
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.simulate.scenario import Outage, Pull, Scenario
from gameday.simulate.series import Series
from gameday.simulate.virtual import play

CHECK_MS, INVENTORY_MS = 8, 126
FLEET = LeaseFleet(
    droplets=300,
    workers=4,
    renew_every_ms=4_000,
    lease_ms=12_000,
    timeout_ms=4_000,
    renew_cost_ms=CHECK_MS,
    establish_cost_ms=CHECK_MS + INVENTORY_MS,
    fail_cost_ms=CHECK_MS,
)
"""The program's: what the droplets take, without the calls to the table."""

DARK_MS, BACK_MS, DROP_MS, END_MS = 4_000, 24_000, 44_000, 64_000
CHECKPOINT_MS = 1_000
TOLERANCE = 0.10


class Timed:
    """What calls to the table took."""

    def __init__(self) -> None:
        self.spent_ms: list[float] = []

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.monotonic()
            reply = call(*arguments)
            self.spent_ms.append((time.monotonic() - began) * 1000)
            return reply

        return timed

    def mean_ms(self) -> float:
        return sum(self.spent_ms) / len(self.spent_ms)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(FLEET.workers) as pool:
        yield pool


@pytest.fixture
def host(moto_url: str, threads: ThreadPoolExecutor) -> Iterator[Host]:
    def start(serve_next: Callable[[], bool]) -> Future[None]:
        def serve() -> None:
            while serve_next():
                pass

        return threads.submit(serve)

    made = Host(url=moto_url, fleet=FLEET, clock=SystemClock(), start=start)
    create_lease_table(made.dynamodb)
    yield made
    made.manager.stop()
    made.close()


def hold_every_lease(host: Host) -> None:
    """Write the leases of a host in mid-life: renewals spread over the interval."""
    now_ms = host.clock.now_ms()
    first_due_ms = FLEET.lease_ms - FLEET.renew_every_ms
    for start in range(0, FLEET.droplets, 25):
        entries = [
            {
                "droplet": {"S": f"droplet-{droplet:04d}"},
                "holder": {"S": host.name},
                "version": {"N": "1"},
                "expires_at_ms": {
                    "N": str(
                        now_ms
                        + first_due_ms
                        + droplet * FLEET.renew_every_ms // FLEET.droplets
                    )
                },
            }
            for droplet in range(start, start + 25)
        ]
        host.dynamodb.batch_write_item(
            RequestItems={
                LEASES_TABLE: [{"PutRequest": {"Item": entry}} for entry in entries]
            }
        )


def played(host: Host) -> list[tuple[int, float, int]]:
    """Play the drill; return (time, share held, queued) at every checkpoint."""
    began_ms = host.clock.monotonic_ns() // 1_000_000
    seen = []
    drop: Levers = mitigations(FLEET)[Mitigation.DROP].levers
    for wanted_ms in range(CHECKPOINT_MS, END_MS + 1, CHECKPOINT_MS):
        while (now_ms := host.clock.monotonic_ns() // 1_000_000 - began_ms) < wanted_ms:
            host.way.is_cut = DARK_MS <= now_ms < BACK_MS
            host.manager.pull(drop if now_ms >= DROP_MS else AS_BUILT)
            host.manager.turn()
            host.clock.sleep_ms(5)
        held = sum(until > began_ms + now_ms for until in host.workflow.held_until_ms)
        seen.append((now_ms, held / FLEET.droplets, host.workflow.queued))
    return seen


def modelled(call_ms: float, seed: int) -> Series:
    fleet = replace(
        FLEET,
        renew_cost_ms=round(CHECK_MS + call_ms),
        establish_cost_ms=round(CHECK_MS + INVENTORY_MS + 2 * call_ms),
    )
    drop = mitigations(FLEET)[Mitigation.DROP].levers
    scenario = Scenario(
        fleet=fleet,
        horizon_ms=END_MS + 2 * CHECKPOINT_MS,
        outage=Outage(from_ms=DARK_MS, to_ms=BACK_MS),
        pulls=(Pull(at_ms=DROP_MS, levers=drop),),
        sample_every_ms=50,
    )
    return play(scenario, seed=seed)


@pytest.mark.thorough
def test_the_share_of_leases_held_follows_the_model_at_every_checkpoint(host: Host):
    calls = Timed()
    host.table.write = calls.around(host.table.write)  # type: ignore[method-assign]
    host.table.read = calls.around(host.table.read)  # type: ignore[method-assign]
    hold_every_lease(host)
    host.begin(rediscovery_ms=FLEET.renew_every_ms)
    seen = played(host)

    model = modelled(calls.mean_ms(), host.seed)
    table = [
        (at_ms, share, round(model.held_at(at_ms), 3), queued, model.queued_at(at_ms))
        for at_ms, share, queued in seen
    ]
    apart = [row for row in table if abs(row[1] - row[2]) > TOLERANCE]
    assert apart == [], (calls.mean_ms(), table)
    assert table[-1][1] > 0.8
