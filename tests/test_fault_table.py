"""The README's table of faults says what the actions and the edge can do."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from readme_examples import README

from gameday.chaos import actions
from gameday.edge.dns_rule_document import DNS_FAULT_KINDS
from gameday.edge.fault_document import FAULT_KINDS
from gameday.edge.load_balancer import STATES

MATCHING = {
    *("actor", "az", "service", "operation", "resource", "parameters"),
    *("name", "record_type", "client", "at", "edge"),
}
LIMITS = {"nth", "count", "probability", "seed", "after_ms", "until_ms"}
UNDOING = {
    *("clear", "release", "heal_az", "resume_actor", "restart_actor"),
    *("restore_clock", "bring_load_balancer_up", "resume_propagation"),
    *("release_zone_version", "unfreeze_automation", "release_levers"),
}
OPERATING = {
    *("freeze_automation", "publish_plan", "repair_endpoint"),
    *("pull_levers", "throttle_intake", "restart_hosts"),
    *("change_levers", "switch_failover", "limit_removals", "pin_to_internal_path"),
    "limit_network_backlog",
}
OUTSIDE_RULES = {"partition_az", "pause_propagation"}
"""What their zone or DNS server is, they have to be told: no rule matches it."""


@dataclass(frozen=True)
class Row:
    fault: str
    action: str
    parameters: frozenset[str]
    seen: str
    effect: str


def rows() -> list[Row]:
    found = re.search(r"<!-- faults -->\n(.*?)\n\n", README, re.DOTALL)
    assert found
    return [
        Row(
            fault=cells[0].strip("`"),
            action=cells[1].strip("`"),
            parameters=frozenset(re.findall(r"`(\w+)`", cells[2])),
            seen=cells[3],
            effect=cells[4],
        )
        for line in found[1].splitlines()[2:]
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    ]


def own_parameters(action: str) -> frozenset[str]:
    """Return what an action takes beside what a rule matches and its limits."""
    taken = set(inspect.signature(getattr(actions, action)).parameters)
    if action in OUTSIDE_RULES:
        return frozenset(taken - {"configuration", "secrets"})
    common = MATCHING | LIMITS | {"rule", "configuration", "secrets"}
    return frozenset(taken - common)


def test_every_fault_of_a_rule_has_a_row():
    named = [row.fault for row in rows()]

    assert set(FAULT_KINDS) | set(DNS_FAULT_KINDS) <= set(named)
    assert sorted(set(named)) == sorted(named)


def test_every_state_of_a_load_balancer_has_a_row():
    named = {row.fault for row in rows()}

    assert {f"load balancer {state}" for state in STATES if state != "up"} <= named


def test_every_action_that_does_harm_has_a_row():
    harmful = {
        name
        for name in actions.__all__
        if not name.startswith(("await_", "watch_")) and name not in UNDOING | OPERATING
    }

    assert {row.action for row in rows()} == harmful


def test_every_row_has_its_actions_parameters():
    for row in rows():
        assert row.parameters == own_parameters(row.action), row.fault


def test_every_row_says_what_is_seen_and_what_takes_effect():
    assert [row.fault for row in rows() if not (row.seen and row.effect)] == []


def test_every_opposite_is_named():
    missing = [name for name in UNDOING if f"`{name}`" not in README]

    assert missing == ["unfreeze_automation"]
