"""Each action and probe does on a real stage what its docstring says."""

from __future__ import annotations

import json

import pytest
from chaoslib.exceptions import ActivityFailed
from stage_traces import eventually

from gameday.chaos import actions, probes
from gameday.chaos.readiness import await_ready
from gameday.chaos.running import STAGE_KEY, running
from gameday.chaos.safety_net import play_safety_net
from gameday.model.history import Op, Outcome
from gameday.stage.clocks import wrong_clocks

MAIN = "dynamodb.us-east-1.gameday.test"
FIPS = "dynamodb-fips.us-east-1.gameday.test"
AWAY = 20.0
"""Seconds after which a wait has failed; none of them takes a fraction of it."""


def test_a_ready_stage_meets_every_probe(on_stage):
    c = on_stage.configuration

    assert probes.endpoint_resolves(configuration=c) is True
    assert probes.endpoint_serves(configuration=c) is True
    assert probes.root_target_exists(configuration=c) is True
    assert probes.share_of_leases_kept(configuration=c) == 1.0
    assert probes.applied_generation(configuration=c) >= 1
    assert probes.plan_regressions(configuration=c) == 0
    assert probes.enactors_wedged(configuration=c) == []
    assert probes.detection_time_s(configuration=c) == -1.0
    assert probes.automation_frozen(configuration=c) is False
    answers = probes.endpoint_answers(configuration=c)
    assert set(answers) <= {"127.0.10.1", "127.0.10.2", "127.0.10.3"}
    assert answers == sorted(answers)


def test_probes_answer_for_one_zone_and_one_endpoint(on_stage):
    c = on_stage.configuration

    assert probes.endpoint_resolves(FIPS, "az2", configuration=c)
    assert probes.endpoint_serves(FIPS, "az3", configuration=c)
    assert len(probes.endpoint_answers(FIPS, "az1", configuration=c)) == 1


@pytest.mark.parametrize(
    ("probe", "arguments", "message"),
    [
        ("endpoint_resolves", {"endpoint": "nope"}, f"known: {MAIN}"),
        ("endpoint_serves", {"az": "az9"}, "known: az1, az2, az3"),
    ],
)
def test_a_name_that_does_not_exist_fails_on_one_line(
    probe: str, arguments: dict[str, str], message: str, on_stage
):
    with pytest.raises(ActivityFailed, match=message) as caught:
        getattr(probes, probe)(**arguments, configuration=on_stage.configuration)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("on_stage")
def test_a_stage_that_is_gone_is_an_error_and_not_an_answer():
    with pytest.raises(ActivityFailed, match="unknown stage 'gone'"):
        probes.endpoint_resolves(configuration={STAGE_KEY: "gone"})


def test_latency_is_injected_counted_and_cleared(on_stage):
    c = on_stage.configuration
    done = actions.inject_latency(
        80, actor="enactor-*", operation="Query, GetItem", rule="slow", configuration=c
    )
    assert json.loads(json.dumps(done)) == done
    assert done["rule"] == "slow"

    seen = actions.await_fired("slow", 2, AWAY, configuration=c)

    assert seen["fired"] >= 2
    assert probes.rule_fired("slow", configuration=c) >= 2
    (removed,) = actions.clear("slow", configuration=c)["removed"]
    assert removed["rule"] == "slow"
    assert removed["fired"] >= 2
    assert actions.clear("slow", configuration=c) == {"removed": []}
    assert probes.rule_fired("slow", configuration=c) == removed["fired"]


def test_an_injected_error_reaches_its_actor_only(on_stage):
    c = on_stage.configuration
    actions.inject_error(
        "ThrottlingException",
        actor="operator",
        service="dynamodb",
        operation="GetItem",
        status=400,
        rule="no-reads",
        configuration=c,
    )

    with pytest.raises(Exception, match="ThrottlingException"):
        probes.automation_frozen(configuration=c)
    assert probes.endpoint_serves(configuration=c), "an answer below 500 is service"
    assert probes.share_of_leases_kept(configuration=c) == 1.0


def test_a_throttle_lets_its_burst_through(on_stage):
    c = on_stage.configuration
    actions.inject_throttle(
        0.001, burst=1, actor="operator", operation="Query", rule="t", configuration=c
    )

    assert probes.newest_generation(configuration=c) >= 1
    with pytest.raises(Exception, match="Throttling"):
        probes.newest_generation(configuration=c)


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("drop_requests", Outcome.FAIL), ("drop_responses", Outcome.INFO)],
)
def test_a_lost_reply_is_told_apart_from_a_lost_request(
    action: str, outcome: Outcome, on_stage
):
    c = on_stage.configuration
    getattr(actions, action)(
        actor="operator", operation="PutItem", count=1, rule=action, configuration=c
    )

    with pytest.raises(ActivityFailed):
        actions.freeze_automation(configuration=c)

    history = on_stage.running.edge.history()
    dropped = [op for op in history if op.rule == action]
    assert [op.outcome for op in dropped] == [outcome]
    assert probes.automation_frozen(configuration=c) is (outcome is Outcome.INFO)


def test_a_call_is_held_until_it_is_released(on_stage):
    c = on_stage.configuration
    before = probes.applied_generation(configuration=c)
    actions.hold(
        "gap",
        actor="enactor-*",
        service="route53",
        operation="ChangeResourceRecordSets",
        configuration=c,
    )
    plan = actions.publish_plan(configuration=c)

    held = actions.await_hold("gap", AWAY, configuration=c)["held"]
    assert held[0]["operation"] == "ChangeResourceRecordSets"
    assert probes.applied_generation(configuration=c) == before

    actions.clear("gap", configuration=c)
    reached = actions.await_generation(
        generation=str(plan["generation"]), timeout_s=AWAY, configuration=c
    )
    assert reached["generation"] >= plan["generation"]


def test_waiting_for_a_hold_that_never_comes_says_so(on_stage):
    c = on_stage.configuration
    actions.hold("never", actor="planner", operation="DeleteTable", configuration=c)

    with pytest.raises(ActivityFailed, match=r"no call was held by rule 'never' with"):
        actions.await_hold("never", 0.05, configuration=c)
    assert actions.release("never", configuration=c)["released"] == 0


def test_a_rule_that_the_edge_refuses_fails_on_one_line(on_stage):
    with pytest.raises(ActivityFailed, match="did you mean 'enactor-az3'") as caught:
        actions.inject_latency(
            1, actor="enactor-az9", configuration=on_stage.configuration
        )
    assert "\n" not in str(caught.value)


def test_a_plan_drops_load_balancers_and_is_applied_everywhere(on_stage):
    c = on_stage.configuration
    plan = actions.publish_plan(drop_load_balancers=["lb-1"], configuration=c)
    assert all(set(lbs) == {"lb-2", "lb-3"} for lbs in plan["endpoints"].values())

    settled = actions.await_settled(AWAY, configuration=c)
    assert set(settled["generations"].values()) == {plan["generation"]}

    whole = {"lb-1": 1, "lb-2": 0, "lb-3": 0}
    again = actions.publish_plan(weights={MAIN: whole}, configuration=c)
    assert again["endpoints"][MAIN] == whole
    assert again["endpoints"][FIPS] == plan["endpoints"][FIPS]
    actions.await_settled(AWAY, configuration=c)


def test_a_plan_with_a_load_balancer_that_does_not_exist_is_not_published(on_stage):
    c = on_stage.configuration
    before = probes.newest_generation(configuration=c)

    with pytest.raises(ActivityFailed, match="no load balancer is named 'lb-9'"):
        actions.publish_plan(weights={MAIN: {"lb-9": 1}}, configuration=c)
    assert probes.newest_generation(configuration=c) == before


def test_a_wait_that_runs_out_names_what_is_there_instead(on_stage):
    c = on_stage.configuration
    there = probes.applied_generation(configuration=c)

    with pytest.raises(
        ActivityFailed, match=rf"still points at plan {there}; waited for plan 9999"
    ):
        actions.await_generation(generation="9999", timeout_s=0.05, configuration=c)
    with pytest.raises(ActivityFailed, match=r"is not empty yet; last answers: az1"):
        actions.await_empty(timeout_s=0.05, configuration=c)


def test_an_endpoint_behind_dead_load_balancers_resolves_and_does_not_serve(on_stage):
    c = on_stage.configuration
    for name in ("lb-1", "lb-2", "lb-3"):
        actions.take_load_balancer_down(name, "refusing", configuration=c)

    assert probes.endpoint_resolves(configuration=c)
    assert not probes.endpoint_serves(configuration=c)

    for name in ("lb-1", "lb-2", "lb-3"):
        actions.bring_load_balancer_up(name, configuration=c)
    assert probes.endpoint_serves(configuration=c)


def test_a_load_balancer_goes_down_in_one_of_three_ways(on_stage):
    with pytest.raises(ActivityFailed, match="refusing, black-holed, resetting"):
        actions.take_load_balancer_down(
            "lb-1", "sideways", configuration=on_stage.configuration
        )


def test_a_clock_is_skewed_jumps_and_is_restored(on_stage):
    c = on_stage.configuration
    assert actions.skew_clock("enactor-az1", 9_000, configuration=c) == {
        "actor": "enactor-az1",
        "offset_ms": 9_000,
    }
    moved = actions.jump_clock("enactor-az1", -10_000, configuration=c)
    assert moved["offset_ms"] == -1_000
    assert wrong_clocks(on_stage.running.state) == {"enactor-az1": -1_000}
    assert actions.restore_clock("enactor-az1", configuration=c)["offset_ms"] == 0
    assert wrong_clocks(on_stage.running.state) == {}
    marks = [op for op in on_stage.running.edge.history() if "clock" in op.operation]
    assert [mark.operation for mark in marks[-3:]] == [
        "skew_clock",
        "jump_clock",
        "restore_clock",
    ]


def test_a_program_whose_clock_is_off_by_more_than_aws_allows_is_refused(on_stage):
    c = on_stage.configuration
    actions.reject_skewed_signatures(rule="late", configuration=c)
    actions.skew_clock("enactor-az1", -360_000, configuration=c)
    (first, *_) = eventually(lambda: ruled_on(on_stage, "reject_skew"))
    assert (first.service, first.error) in {
        ("dynamodb", "InvalidSignatureException"),
        ("route53", "SignatureDoesNotMatch"),
    }

    actions.restore_clock("enactor-az1", configuration=c)
    now = first.index
    eventually(
        lambda: any(
            op.actor == "enactor-az1" and op.outcome is Outcome.OK
            for op in on_stage.running.edge.history(now)
        )
    )
    refused = {op.actor for op in ruled_on(on_stage, "reject_skew")}
    assert refused <= {"enactor-az1", "cleaner-az1"}


def ruled_on(on_stage, ruling: str) -> list[Op]:
    return [op for op in on_stage.running.edge.history() if op.ruling == ruling]


def test_a_zone_is_cut_off_and_healed(on_stage):
    c = on_stage.configuration
    done = actions.partition_az("az2", "reset", configuration=c)
    assert done == {"az": "az2", "state": "cut", "how": "reset", "direction": "both"}
    met = {op.actor for op in eventually(lambda: ruled_on(on_stage, "partition"))}
    assert met <= {"enactor-az2", "cleaner-az2", "lease-manager"}
    assert on_stage.running.edge.status()["load_balancers"]["lb-2"] == "black-holed"

    assert actions.heal_az("az2", configuration=c) == {"az": "az2", "state": "healed"}
    with pytest.raises(ActivityFailed, match="unknown availability zone 'az9'"):
        actions.partition_az("az9", configuration=c)


def test_propagation_is_paused_and_resumed(on_stage):
    c = on_stage.configuration
    actions.pause_propagation(configuration=c)
    assert on_stage.running.edge.status()["propagation"] == "paused"

    actions.resume_propagation(configuration=c)
    assert on_stage.running.edge.status()["propagation"] == "running"


def test_a_paused_actor_is_resumed_and_a_killed_one_restarted(on_stage):
    c = on_stage.configuration
    paused = actions.pause_actor("enactor-az3", configuration=c)
    assert on_stage.running.state.actors["enactor-az3"].state == "paused"
    assert actions.resume_actor("enactor-az3", configuration=c)["pid"] == paused["pid"]

    killed = actions.kill_actor("enactor-az3", configuration=c)
    restarted = actions.restart_actor("enactor-az3", configuration=c)
    assert killed["pid"] == paused["pid"]
    assert restarted["pid"] != killed["pid"]
    marks = [op.operation for op in on_stage.running.edge.history() if not op.status]
    assert [m for m in marks if m.endswith("_actor")][-4:] == [
        "pause_actor",
        "resume_actor",
        "kill_actor",
        "restart_actor",
    ]


def test_the_freeze_switch_is_turned_on_and_off(on_stage):
    c = on_stage.configuration
    assert actions.freeze_automation(configuration=c) == {
        "frozen": True,
        "obeyed": False,
    }
    assert probes.automation_frozen(configuration=c)
    actions.unfreeze_automation(configuration=c)
    assert not probes.automation_frozen(configuration=c)


def test_leases_and_plans_are_waited_for(on_stage):
    c = on_stage.configuration
    assert actions.await_leases(1.0, AWAY, configuration=c)["share"] == 1.0
    with pytest.raises(ActivityFailed, match="the newest plan is"):
        actions.await_plans(1, 0.05, configuration=c)


def test_a_repair_installs_the_newest_plan_with_the_operators_own_key(on_stage):
    """Root and rollback both point at the tree, so that the next flip finds it."""
    c = on_stage.configuration
    actions.hold("all", actor="enactor-*", operation="Query", configuration=c)
    plan = actions.publish_plan(configuration=c)

    done = actions.repair_endpoint(timeout_s=AWAY, configuration=c)

    assert done["generation"] == plan["generation"]
    view = on_stage.running.view(MAIN)
    assert (view.active, view.kept_for_rollback) == (plan["generation"],) * 2
    assert view.lock is None
    assert actions.await_answer(timeout_s=AWAY, configuration=c)["endpoint"] == MAIN


def test_the_safety_net_undoes_everything_and_finds_nothing_the_second_time(on_stage):
    c = on_stage.configuration
    actions.inject_latency(1, actor="canary", rule="r", configuration=c)
    actions.pause_actor("canary", configuration=c)
    actions.take_load_balancer_down("lb-2", configuration=c)
    actions.partition_az("az1", configuration=c)
    actions.jump_clock("planner", 5, configuration=c)
    actions.pause_propagation(configuration=c)
    actions.freeze_automation(configuration=c)
    on_stage.running.edge.set_latency(3)

    undone, failed = play_safety_net(on_stage.running)

    assert undone == [
        "removed rule 'r'",
        "ended the network's latency of 3 ms",
        "resumed canary",
        "set the clock of planner right, which was 5 ms ahead",
        "healed az1",
        "brought lb-2 up",
        "let propagation run",
        "unfroze automation",
    ]
    assert failed == []
    assert play_safety_net(on_stage.running) == ([], [])


def test_levers_need_a_region_with_droplet_hosts(on_stage):
    c = on_stage.configuration

    for act in (actions.pull_levers, actions.throttle_intake, actions.restart_hosts):
        with pytest.raises(ActivityFailed, match="has no droplet host"):
            act(configuration=c)


def test_failover_needs_a_region_with_a_load_balancer(on_stage):
    c = on_stage.configuration

    for act in (
        actions.switch_failover,
        actions.limit_removals,
        actions.await_zones_in_dns,
        probes.zones_in_dns,
        probes.fewest_zones_in_dns,
    ):
        with pytest.raises(ActivityFailed, match="take the region balancing"):
            act(configuration=c)
    with pytest.raises(ActivityFailed, match="off or on, not 'of'"):
        actions.switch_failover("of", configuration=c)
    assert probes.share_of_connections_served(configuration=c) == 0.0


def test_a_bound_on_network_changes_needs_a_region_with_a_network_manager(on_stage):
    with pytest.raises(ActivityFailed, match="take the region network"):
        actions.limit_network_backlog(configuration=on_stage.configuration)


def test_readiness_of_a_ready_stage_takes_no_time_worth_naming(on_stage):
    assert await_ready(running(on_stage.configuration), deadline_s=AWAY) < AWAY
