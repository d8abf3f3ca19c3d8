"""What brings the program back, each beside the same run with nobody's help?

The expectations are those of the model in virtual time, for hosts a hundred times as
large; the program is one small host, and the null has the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from droplet_hosts import FLEET, Host, create_lease_table

from gameday.model.levers import AS_BUILT
from gameday.model.mitigations import Mitigation, mitigations

SETTLE_MS, OUTAGE_MS = 10_000, 6_000
STUCK_MS = 2 * FLEET.lease_ms
RECOVERY_MS = 5 * FLEET.lease_ms
HELD_MS = 3 * FLEET.lease_ms

HELPS = (
    Mitigation.THROTTLE_AND_RESTART,
    Mitigation.DROP,
    Mitigation.BOUND_AND_DROP,
    Mitigation.ONE_PER_DROPLET,
    Mitigation.LIFO,
    Mitigation.RESTART_SLOWLY,
    Mitigation.SLOW_BREAKER_AND_DROP,
)
DOES_NOT = (
    Mitigation.THROTTLE,
    Mitigation.RESTART,
    Mitigation.BREAKER,
    Mitigation.RETRY_QUOTA,
)


@pytest.fixture
def stuck(moto_url: str) -> Iterator[Host]:
    host = Host(url=moto_url)
    create_lease_table(host.dynamodb)
    host.begin()
    assert host.play(SETTLE_MS) == 1.0
    host.play_outage(OUTAGE_MS)
    host.play(STUCK_MS)
    yield host
    host.close()


def treat(host: Host, which: Mitigation) -> float:
    pulled = mitigations(FLEET)[which]
    if pulled.rediscovery_ms is not None:
        host.begin(rediscovery_ms=pulled.rediscovery_ms)
    host.manager.pull(pulled.levers)
    return host.play(RECOVERY_MS)


@pytest.mark.thorough
def test_with_nobodys_help_it_stays_stuck(stuck: Host):
    assert stuck.play(RECOVERY_MS + HELD_MS) < 0.1


@pytest.mark.thorough
@pytest.mark.parametrize("which", HELPS)
def test_what_helps_brings_every_lease_back(stuck: Host, which: Mitigation):
    assert treat(stuck, which) == 1.0


@pytest.mark.thorough
@pytest.mark.parametrize("which", [Mitigation.DROP, Mitigation.THROTTLE_AND_RESTART])
def test_and_it_lasts_when_it_is_taken_away(stuck: Host, which: Mitigation):
    treat(stuck, which)
    stuck.manager.pull(AS_BUILT)
    assert stuck.play(HELD_MS) == 1.0


@pytest.mark.thorough
@pytest.mark.parametrize("which", DOES_NOT)
def test_what_does_not_help_leaves_leases_lost(stuck: Host, which: Mitigation):
    assert treat(stuck, which) < 0.9
