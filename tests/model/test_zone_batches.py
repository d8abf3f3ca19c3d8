"""The change-batch contract, row by row, and the mutants that the rows catch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import zone_cases
from zone_cases import EMPTY, ROWS, ZONE, Row, a, alias, create, delete, upsert

from gameday.model import zone as contract
from gameday.model import zone_rules
from gameday.model.record_set import Action, RecordSet, Routing
from gameday.model.zone import (
    Rejection,
    Zone,
    apply_batch,
    new_zone,
    parse_change_batch,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_contract_agrees_with_aws(row: Row):
    assert row.outcome() == row.expected


def test_the_apex_sets_are_as_route_53_creates_them():
    zone = new_zone("Z1", "Example.COM")

    soa, ns = zone.record_set("example.com", "SOA"), zone.record_set(ZONE, "NS")

    assert zone.name == ZONE
    assert set(zone.record_sets.values()) == {soa, ns}
    assert soa is not None
    assert ns is not None
    assert (soa.ttl_s, ns.ttl_s) == (900, 172_800)
    assert soa.values == (
        f"{ns.values[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
    )


def test_a_compressed_zone_has_its_negative_ttl_in_both_places():
    soa = new_zone("Z1", ZONE, negative_ttl_s=5).record_set(ZONE, "SOA")

    assert soa is not None
    assert (soa.ttl_s, soa.values[0].split()[-1]) == (5, "5")


def test_a_rejected_batch_and_an_accepted_one_leave_the_given_zone_alone():
    record_sets = dict(EMPTY.record_sets)
    zone = replace(EMPTY, record_sets=record_sets)

    apply_batch(zone, (create(a("x")), create(a("x"))))
    apply_batch(zone, (create(a("x")),))

    assert record_sets == EMPTY.record_sets


def test_names_are_judged_as_route_53_keeps_them():
    def line(action: str, name: str) -> dict[str, Any]:
        record_set = {
            "Name": name,
            "Type": "A",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        }
        return {"Action": action, "ResourceRecordSet": record_set}

    def batch(*lines: dict[str, Any]) -> Any:
        return parse_change_batch({"Changes": lines})

    zone = apply_batch(EMPTY, batch(line("CREATE", "*.Deep.example.COM")))

    assert isinstance(zone, Zone)
    assert zone.record_set(r"\052.deep.example.com.", "A") is not None
    again = apply_batch(zone, batch(line("CREATE", r"\052.deep.example.com.")))
    assert isinstance(again, Rejection)
    gone = apply_batch(zone, batch(line("DELETE", "*.deep.example.com.")))
    assert isinstance(gone, Zone)
    assert gone.record_sets == EMPTY.record_sets


def test_a_zone_takes_ten_thousand_sets_and_no_more():
    full = zone_cases.zone_with(*(a(f"h{n}") for n in range(9_998)))

    assert apply_batch(full, (create(a("x")),)) == Rejection(
        code="InvalidChangeBatch",
        messages=("Exceeded limit MAX_RRSETS_BY_ZONE for zone: ZONE1",),
    )
    assert isinstance(apply_batch(full, (upsert(a("h1", "192.0.2.7")),)), Zone)


def test_a_zone_that_never_had_an_soa_is_not_refused_for_it():
    """Somebody else's emulator may keep zones without one."""
    bare = replace(EMPTY, record_sets={})

    assert isinstance(apply_batch(bare, (create(a("x")),)), Zone)


# --- mutants ------------------------------------------------------------------


def _everything_same(self: RecordSet, other: RecordSet) -> bool:
    return self.key == other.key


def _same_in_order(self: RecordSet, other: RecordSet) -> bool:
    return self == other


def _same_values(self: RecordSet, other: RecordSet) -> bool:
    return sorted(self.values) == sorted(other.values)


def _lenient(*_: object, **__: object) -> tuple[str, ...]:
    return ()


def _first_problem_only(*arguments: Any, **options: Any) -> Zone | Rejection:
    outcome = apply_batch(*arguments, **options)
    if isinstance(outcome, Rejection):
        return replace(outcome, messages=outcome.messages[:1])
    return outcome


def _half_applied(zone: Zone, changes: Any, **options: Any) -> Zone | Rejection:
    """Moto's way: apply line by line and keep what went before the failure."""
    for change in changes:
        after = apply_batch(zone, (change,), **options)
        if isinstance(after, Rejection):
            return zone if zone is not EMPTY else after
        zone = after
    return zone


def _journal(zone: Zone, changes: Any, **options: Any) -> Zone | Rejection:
    """Moto's way: a DELETE is good if the key exists, whatever it holds."""
    current = dict(zone.record_sets)
    believed = tuple(
        replace(
            change, record_set=current.get(change.record_set.key, change.record_set)
        )
        if change.action is Action.DELETE
        else change
        for change in changes
    )
    return apply_batch(zone, believed, **options)


def _keep_deleted(
    change: Any, current: dict[Any, Any], written: dict[Any, Any]
) -> None:
    if change.action is not Action.DELETE:
        current[change.record_set.key] = change.record_set
        written[change.record_set.key] = change.record_set


PATCHES: dict[str, tuple[object, str, object]] = {
    "DELETE looks at the key only": (RecordSet, "same_as", _everything_same),
    "DELETE minds the order of values": (RecordSet, "same_as", _same_in_order),
    "DELETE looks at the values only": (RecordSet, "same_as", _same_values),
    "every policy is simple": (RecordSet, "policy", Routing.SIMPLE),
    "the request is never looked at": (contract, "request_problems", _lenient),
    "no limits": (contract, "size_problems", _lenient),
    "one key as often as one likes": (contract, "_turn_problems", _lenient),
    "names and values are never looked at": (contract, "_content_problems", _lenient),
    "no change is looked at": (contract, "_change_problems", _lenient),
    "any name is in the zone": (contract, "is_within", lambda *_: True),
    "a suffix is enough": (contract, "is_within", str.endswith),
    "the zone afterwards is never looked at": (contract, "zone_problems", _lenient),
    "aliases may dangle": (zone_rules, "_alias_problems", _lenient),
    "any target is there": (zone_rules._Targets, "has", lambda *_: True),
    "policies may mix": (zone_rules, "_policy_problems", _lenient),
    "CNAME beside anything": (zone_rules, "_place_problems", _lenient),
    "SOA and NS may go": (zone_rules, "_whole_zone_problems", _lenient),
    "DELETE does nothing": (contract, "_carry_out", _keep_deleted),
}

REPLACED: dict[str, Callable[..., Zone | Rejection]] = {
    "only the first problem": _first_problem_only,
    "half applied": _half_applied,
    "DELETE by journal": _journal,
}


@pytest.mark.parametrize("mutant", PATCHES)
def test_a_patched_mutant_is_caught(mutant: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(*PATCHES[mutant])

    assert any(row.outcome() != row.expected for row in ROWS)


@pytest.mark.parametrize("mutant", REPLACED)
def test_a_rewritten_mutant_is_caught(mutant: str):
    assert any(row.outcome(REPLACED[mutant]) != row.expected for row in ROWS)


def test_the_race_ends_in_a_dangling_alias_and_the_wedge():
    """Deleting the live tree is accepted; pointing at it afterwards is not."""
    leaf, tree = a("lb-1.plan-110"), alias("plan-110", f"lb-1.plan-110.{ZONE}")
    newer = alias("plan-146", "lb.elb.amazonaws.com.", zone_id="ELB")
    root = alias("root", f"plan-110.{ZONE}")
    live = zone_cases.zone_with(leaf, tree, newer, root)

    emptied = apply_batch(live, (delete(tree), delete(leaf)))

    assert isinstance(emptied, Zone)
    assert root in emptied.record_sets.values()
    flip = (
        upsert(alias("rollback", f"plan-110.{ZONE}")),
        upsert(alias("root", f"plan-146.{ZONE}")),
    )
    wedged = apply_batch(emptied, flip)
    assert isinstance(wedged, Rejection)
    assert "but that target was not found" in wedged.messages[0]
    healed = apply_batch(emptied, flip[1:])
    assert isinstance(healed, Zone)
