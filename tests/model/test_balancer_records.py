"""What stands in a load balancer's hosted zone, and which batch changes it."""

from __future__ import annotations

from gameday.model.balancer_records import balancer_changes, zone_weights, zones_in_dns
from gameday.model.record_set import Action, RecordSet, Rejection
from gameday.model.velocity import Removal
from gameday.model.zonal_failover import ZonesInDns
from gameday.model.zone import Zone, apply_batch, new_zone

NAME = "nlb.us-east-1.gameday.test"
NODES = {"az1": "127.0.40.1", "az2": "127.0.40.2", "az3": "127.0.40.3"}
ALL = ZonesInDns(names=tuple(NODES))


def changed(zone: Zone, wanted: ZonesInDns) -> Zone:
    after = apply_batch(
        zone, balancer_changes(NAME, records(zone), wanted=wanted, nodes=NODES)
    )
    assert not isinstance(after, Rejection), after
    return after


def records(zone: Zone) -> tuple[RecordSet, ...]:
    return tuple(zone.record_sets.values())


def begun() -> Zone:
    return changed(new_zone("Z1", f"{NAME}."), ALL)


def test_before_the_first_batch_nothing_is_known():
    assert zones_in_dns(NAME, records(new_zone("Z1", f"{NAME}."))) is None


def test_each_zone_is_a_weighted_set_with_its_nodes_address():
    assert zone_weights(NAME, records(begun())) == {"az1": 1, "az2": 1, "az3": 1}
    assert zones_in_dns(NAME, records(begun())) == ALL


def test_a_zone_leaves_with_what_it_took_and_both_are_read_again():
    out = ZonesInDns(
        names=("az1", "az3"),
        removals=(Removal(at_ms=1_000, targets=6), Removal(at_ms=2_000, targets=1)),
    )
    zone = changed(begun(), out)

    assert zone_weights(NAME, records(zone)) == {"az1": 1, "az2": 0, "az3": 1}
    assert zones_in_dns(NAME, records(zone)) == out
    assert zones_in_dns(NAME, records(changed(zone, ALL))) == ALL


def test_what_two_zones_took_at_the_same_time_adds_up():
    both = (Removal(at_ms=1_000, targets=6), Removal(at_ms=1_000, targets=6))
    zone = changed(begun(), ZonesInDns(names=("az1",), removals=both))

    found = zones_in_dns(NAME, records(zone))
    assert found is not None
    assert found.removals == (Removal(at_ms=1_000, targets=12),)


def test_what_is_right_already_takes_no_batch():
    zone = records(begun())
    assert balancer_changes(NAME, zone, wanted=ALL, nodes=NODES) == ()


def test_only_the_zone_that_changes_is_touched_and_only_as_it_was_read():
    out = ZonesInDns(names=("az1", "az3"))
    changes = balancer_changes(NAME, records(begun()), wanted=out, nodes=NODES)

    assert [(c.action, c.record_set.set_identifier) for c in changes] == [
        (Action.DELETE, "az2"),
        (Action.CREATE, "az2"),
    ]
    again = apply_batch(changed(begun(), out), changes)
    assert isinstance(again, Rejection)
