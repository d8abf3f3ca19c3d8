"""Replacements, lock-outs, query paths and takeovers, as histories tell of them."""

from __future__ import annotations

import json
from typing import Any

from histories import WORLD, Recorder

from gameday.checkers import (
    blocked_by_invalid_answer,
    foreign_region_on_query_path,
    stuck_replacement,
    unserved_customer,
)
from gameday.model.history import OpKind, Outcome
from gameday.model.replication_seen import copy_lags
from gameday.model.verdict import Finding, Validity

VALID, INVALID, UNKNOWN = Validity.VALID, Validity.INVALID, Validity.UNKNOWN


def call(
    recorder: Recorder,
    operation: str,
    *,
    actor: str = "redshift-hosts",
    service: str = "redshift",
    region: str = "us-east-1",
    outcome: Outcome = Outcome.OK,
    **request: Any,
) -> None:
    recorder.add(
        kind=OpKind.CALL,
        actor=actor,
        service=service,
        operation=operation,
        region=region,
        outcome=outcome,
        request=request,
    )


def metric(
    recorder: Recorder,
    namespace: str,
    name: str,
    dimension: str,
    *,
    value: float = 1.0,
    actor: str = "redshift-hosts",
) -> None:
    call(
        recorder,
        "PutMetricData",
        actor=actor,
        service="cloudwatch",
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": "any", "Value": dimension}],
                "Value": value,
            }
        ],
    )


def launch(recorder: Recorder, outcome: str, *, actor: str = "redshift-hosts") -> None:
    metric(recorder, "gameday/ec2", "Launches", outcome, actor=actor)


def out_and_back(refused: int, *, by: str = "redshift-hosts") -> Finding:
    recorder = Recorder()
    call(recorder.at(1_000), "PauseCluster", ClusterIdentifier="warehouse-1")
    for _ in range(refused):
        launch(recorder.at(2_000), "InsufficientInstanceCapacity", actor=by)
    launch(recorder.at(9_000), "launched")
    call(recorder, "ResumeCluster", ClusterIdentifier="warehouse-1")
    return stuck_replacement.check(recorder.history(), WORLD)


def test_a_replacement_that_gets_its_launch_is_right():
    assert out_and_back(0).validity is VALID
    assert out_and_back(2).validity is VALID


def test_one_whose_launches_are_refused_again_and_again_was_begun_too_early():
    finding = out_and_back(3)
    assert finding.validity is INVALID
    assert "warehouse-1 was out from 1.0 s" in finding.summary
    assert "refused 3 launches and was back after 8.0 s" in finding.summary


def test_launches_of_others_are_their_own_affair():
    assert out_and_back(5, by="launch-desk").validity is VALID


def test_a_cluster_that_is_never_back_is_told():
    recorder = Recorder()
    call(recorder.at(1_000), "PauseCluster", ClusterIdentifier="warehouse-1")
    for at_ms in (2_000, 3_000, 4_000):
        launch(recorder.at(at_ms), "RequestLimitExceeded")
    finding = stuck_replacement.check(recorder.history(), WORLD)
    assert finding.validity is INVALID
    assert "and was not back after 3.0 s" in finding.summary


def test_a_pause_that_was_refused_began_nothing_and_no_cluster_proves_nothing():
    recorder = Recorder()
    assert stuck_replacement.check(recorder.history(), WORLD).validity is UNKNOWN
    call(recorder, "PauseCluster", ClusterIdentifier="w", outcome=Outcome.FAIL)
    for _ in range(4):
        launch(recorder, "RequestLimitExceeded")
    assert stuck_replacement.check(recorder.history(), WORLD).validity is VALID


def decided(access: str, answer: dict[str, str] | None) -> Validity:
    recorder = Recorder()
    body = {"access": access, "asked": "1234", "answer": answer}
    call(
        recorder,
        "SendMessage",
        actor="support",
        service="sqs",
        MessageBody=json.dumps({"id": "1", "body": body}),
    )
    return blocked_by_invalid_answer.check(recorder.history(), WORLD).validity


def test_an_answer_about_nobody_may_lock_nobody_out():
    nobody = {"account": "", "status": ""}
    assert decided("blocked", nobody) is INVALID
    assert decided("bypassed", nobody) is VALID
    assert decided("bypassed", None) is VALID
    assert decided("allowed", {"account": "1234", "status": "active"}) is VALID


def test_who_is_suspended_may_be_locked_out():
    assert decided("blocked", {"account": "1234", "status": "suspended"}) is VALID


def test_without_a_decision_nothing_is_known_of_lock_outs():
    recorder = Recorder()
    for text in ("no json", '["a list"]', '{"id": "1", "body": "text"}', "{}"):
        call(recorder, "SendMessage", service="sqs", MessageBody=text)
    finding = blocked_by_invalid_answer.check(recorder.history(), WORLD)
    assert finding.validity is UNKNOWN


def queries(*regions: str, outcome: Outcome = Outcome.OK) -> Finding:
    recorder = Recorder()
    for region in regions:
        call(
            recorder,
            "SendMessage",
            actor="redshift-west",
            service="sqs",
            region=region,
            outcome=outcome,
        )
    call(
        recorder,
        "ExecuteStatement",
        actor="redshift-west",
        service="redshift-data",
        region="us-west-2",
    )
    return foreign_region_on_query_path.check(recorder.history(), WORLD)


def test_a_query_stays_in_its_region_or_it_depends_on_another():
    assert queries("us-west-2").validity is VALID
    finding = queries("us-west-2", "us-east-1")
    assert finding.validity is INVALID
    assert "queries in us-west-2 called us-east-1 1 times" in finding.summary
    assert queries("us-east-1", outcome=Outcome.FAIL).validity is INVALID


def test_without_a_query_nothing_is_known_of_its_path():
    recorder = Recorder()
    call(recorder, "SendMessage", service="sqs")
    finding = foreign_region_on_query_path.check(recorder.history(), WORLD)
    assert finding.validity is UNKNOWN


def customer(*works: tuple[int, float]) -> Finding:
    recorder = Recorder()
    for at_ms, value in works:
        recorder.at(at_ms)
        metric(recorder, "gameday/services", "Works", "two-regions", value=value)
        # The dimension of a canary has a name.
        datum = recorder.ops[-1].request["MetricData"][0]
        datum["Dimensions"][0]["Name"] = "Service"
    return unserved_customer.check(recorder.history(), WORLD)


def test_a_customer_who_goes_to_the_other_region_in_time_was_served():
    assert customer((0, 1), (1_000, 0), (4_000, 0), (5_000, 1)).validity is VALID


def test_one_who_stays_is_not():
    finding = customer((0, 1), (1_000, 0), (6_000, 0), (7_000, 1), (8_000, 0))
    assert finding.validity is INVALID
    assert "without service for 5.0 s from 1.0 s on" in finding.summary
    assert customer().validity is UNKNOWN


def test_how_late_copies_were_is_read_from_what_was_told():
    recorder = Recorder()
    namespace = "gameday/global-tables"
    metric(recorder.at(1_000), namespace, "ReplicationLatency", "us-west-2", value=120)
    metric(recorder.at(5_000), namespace, "VersionsBehind", "us-west-2", value=3)
    metric(recorder, "gameday/ec2", "Launches", "launched")
    history = recorder.history()
    assert [(each.metric, each.value) for each in copy_lags(history)] == [
        ("ReplicationLatency", 120),
        ("VersionsBehind", 3),
    ]
    assert [each.value for each in copy_lags(history, since_ns=2_000_000_000)] == [3]
