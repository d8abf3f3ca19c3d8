"""DNS faults and holds on a real stage, by the activities that set them."""

from __future__ import annotations

import json

import pytest
from chaoslib.exceptions import ActivityFailed

from gameday.chaos import actions, probes
from gameday.chaos.activities.polling import wait_until
from gameday.chaos.looking_up import look_up
from gameday.chaos.safety_net import play_safety_net

MAIN = "dynamodb.us-east-1.gameday.test"
ONLY_EDGE = "127.0.30.1"


@pytest.mark.parametrize(
    ("kind", "rcode"),
    [
        ("nxdomain", "NXDOMAIN"),
        ("empty", "NOERROR"),
        ("servfail", "SERVFAIL"),
        ("refused", "REFUSED"),
    ],
)
def test_dns_fails_in_one_zone_and_is_counted(kind: str, rcode: str, on_stage):
    c = on_stage.configuration
    done = actions.fail_dns(kind, name=MAIN, az="az1", rule=kind, configuration=c)

    assert json.loads(json.dumps(done)) == done
    assert done["match"] == {"name": MAIN, "az": "az1"}
    answer = look_up(on_stage.running, MAIN, "az1")
    assert (answer.rcode, answer.addresses) == (rcode, ())
    assert probes.endpoint_resolves(az="az2", configuration=c)
    assert probes.endpoint_serves(az="az1", configuration=c) is False
    assert actions.await_fired(kind, 2, 5, configuration=c)["fired"] >= 2
    (removed,) = actions.clear(kind, configuration=c)["removed"]
    assert removed["fired"] == probes.rule_fired(kind, configuration=c) >= 2
    assert probes.endpoint_serves(az="az1", configuration=c)


def test_dns_is_slow_for_as_many_questions_as_told(on_stage):
    c = on_stage.configuration
    actions.slow_dns(150, az="az2", count=1, rule="late-answers", configuration=c)

    assert probes.endpoint_resolves(az="az2", configuration=c)
    op = next(op for op in on_stage.running.edge.history() if op.rule == "late-answers")
    assert op.end_ns - op.start_ns >= 150_000_000
    assert op.ruling == "slow"


def test_a_zone_is_held_at_the_version_of_now_and_let_go(on_stage):
    c = on_stage.configuration
    held = actions.hold_zone_version(MAIN, az="az1", rule="old", configuration=c)
    assert held["held"] == {MAIN: on_stage.running.edge.zone(MAIN)["version"]}

    plan = actions.publish_plan(
        weights={MAIN: {"lb-2": 1}}, force=True, configuration=c
    )
    actions.await_generation(generation=str(plan["generation"]), configuration=c)
    wait_until(
        lambda: (
            "127.0.10.2" in look_up(on_stage.running, MAIN, "az2").addresses or None
        ),
        10,
        lambda: "az2 still has the answers of before",
    )

    def held_back() -> bool:
        """Whether az1, just asked, was given an address that is in no plan now."""
        look_up(on_stage.running, MAIN, "az1")
        given = [op for op in on_stage.running.edge.history() if op.rule == "old"]
        return bool(given) and given[-1].response["answers"] != ["127.0.10.2"]

    wait_until(lambda: held_back() or None, 10, lambda: "az1 has the answers of now")

    (removed,) = actions.release_zone_version("old", configuration=c)["removed"]
    assert removed["rule"] == "old"
    assert removed["fired"] >= 1
    assert actions.release_zone_version(configuration=c) == {"removed": []}
    whole = {"lb-1": 1, "lb-2": 1, "lb-3": 1}
    actions.publish_plan(weights={MAIN: whole}, configuration=c)
    actions.await_settled(configuration=c)


def test_releasing_holds_leaves_other_rules_alone(on_stage):
    c = on_stage.configuration
    actions.hold_zone_version(age_ms=1000, rule="late", configuration=c)
    actions.fail_dns("drop", az="az1", nth=99, rule="other", configuration=c)
    (removed,) = actions.release_zone_version(configuration=c)["removed"]
    assert removed["rule"] == "late"
    assert [each["id"] for each in on_stage.running.edge.rules()] == ["other"]


def test_what_the_edge_refuses_fails_on_one_line(on_stage):
    with pytest.raises(ActivityFailed, match="did you mean 'az1'") as caught:
        actions.fail_dns("drop", az="az11", configuration=on_stage.configuration)
    assert "\n" not in str(caught.value)


def test_propagation_to_one_dns_server_is_paused_and_resumed(on_stage):
    c = on_stage.configuration
    done = actions.pause_propagation(ONLY_EDGE, configuration=c)
    assert done == {"propagation": "paused", "edge": ONLY_EDGE}
    assert on_stage.running.edge.status()["dns_edges"] == {ONLY_EDGE: "paused"}
    actions.resume_propagation(ONLY_EDGE, configuration=c)
    assert on_stage.running.edge.status()["dns_edges"] == {ONLY_EDGE: "running"}
    with pytest.raises(ActivityFailed, match="unknown DNS edge"):
        actions.pause_propagation("127.0.30.9", configuration=c)


def test_a_change_that_one_dns_server_lacks_has_not_propagated(on_stage):
    c = on_stage.configuration
    actions.await_settled(configuration=c)
    actions.pause_propagation(ONLY_EDGE, configuration=c)
    plan = actions.publish_plan(configuration=c)["generation"]
    actions.await_generation(generation=str(plan), configuration=c)
    assert probes.endpoint_propagated(configuration=c) is False
    assert probes.endpoint_resolves(configuration=c)

    actions.resume_propagation(ONLY_EDGE, configuration=c)
    wait_until(
        lambda: probes.endpoint_propagated(configuration=c) or None,
        20,
        lambda: "the change is still on its way",
    )


def test_the_safety_net_takes_dns_faults_away(on_stage):
    c = on_stage.configuration
    actions.hold_zone_version(az="az1", rule="old", configuration=c)
    actions.fail_dns("drop", az="az3", rule="mute", configuration=c)
    actions.pause_propagation(ONLY_EDGE, configuration=c)

    undone, failed = play_safety_net(on_stage.running)

    assert undone == [
        "removed rule 'old'",
        "removed rule 'mute'",
        "let propagation run",
    ]
    assert failed == []
    assert probes.endpoint_serves(configuration=c)
