"""What boto3 raises for each fault, and what the history says took effect."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from edge_lab import EdgeProcess, client

from gameday.edge.dispatch import FAULT_HEADER

LOOKS_MAX = 500
"""A write whose client has gone is looked for so often."""

pytestmark = pytest.mark.usefixtures("table")


def put(
    edge: EdgeProcess, key: str, actor: str = "enactor-az1", **settings: Any
) -> Any:
    return edge.client("dynamodb", actor, **settings).put_item(
        TableName="things", Item={"k": {"S": key}}
    )


def stored(edge: EdgeProcess, key: str) -> bool:
    reply = edge.client("dynamodb", "planner").get_item(
        TableName="things", Key={"k": {"S": key}}, ConsistentRead=True
    )
    return "Item" in reply


def rule(fault: dict[str, Any], **rest: Any) -> dict[str, Any]:
    match = {"actor": "enactor-az1", "operation": "PutItem"}
    return {"match": match, "fault": fault, **rest}


def test_a_call_without_a_rule_passes(edge):
    put(edge, "plain")
    op = edge.last(operation="PutItem")
    assert (op.actor, op.outcome, op.ruling, op.status) == (
        "enactor-az1",
        "ok",
        "pass",
        200,
    )
    assert op.writes == ("dynamodb:things/plain",)
    assert op.request == {"TableName": "things", "Item": {"k": {"S": "plain"}}}
    assert (op.via, op.region) == ("gateway", "us-east-1")


def test_a_delay_holds_up_only_the_calls_it_matches(edge):
    edge.control.set_rule(rule({"kind": "delay", "delay_ms": 200}))
    put(edge, "other", actor="enactor-az2")
    put(edge, "late")
    op = edge.last(operation="PutItem", actor="enactor-az1")
    assert op.ruling == "delay"
    assert op.end_ns - op.start_ns >= 200_000_000
    assert edge.last(operation="PutItem", actor="enactor-az2").ruling == "pass"


def test_a_delayed_response_comes_after_the_write_took_effect(edge):
    edge.control.set_rule(
        rule({"kind": "delay", "delay_ms": 60_000, "on": "response"}, count=1)
    )
    with pytest.raises(ReadTimeoutError):
        put(edge, "early", read_timeout_s=0.3)
    assert any(stored(edge, "early") for _ in range(LOOKS_MAX))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "exception", "status"),
    [
        (
            "dynamodb",
            "put_item",
            {"TableName": "things", "Item": {"k": {"S": "x"}}},
            "ProvisionedThroughputExceededException",
            "ProvisionedThroughputExceededException",
            400,
        ),
        (
            "route53",
            "get_hosted_zone",
            {"Id": "Z1"},
            "PriorRequestNotComplete",
            "PriorRequestNotComplete",
            400,
        ),
        ("route53", "list_hosted_zones", {}, "Throttling", None, 400),
        (
            "sts",
            "assume_role",
            {"RoleArn": "arn", "RoleSessionName": "n"},
            "ExpiredTokenException",
            "ExpiredTokenException",
            400,
        ),
        (
            "iam",
            "get_role",
            {"RoleName": "r"},
            "NoSuchEntity",
            "NoSuchEntityException",
            404,
        ),
        ("ec2", "describe_instances", {}, "RequestLimitExceeded", None, 503),
        (
            "lambda",
            "get_function",
            {"FunctionName": "f"},
            "TooManyRequestsException",
            "TooManyRequestsException",
            429,
        ),
        (
            "sqs",
            "get_queue_url",
            {"QueueName": "q"},
            "QueueDoesNotExist",
            "QueueDoesNotExist",
            400,
        ),
        (
            "cloudwatch",
            "set_alarm_state",
            {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"},
            "ResourceNotFound",
            "ResourceNotFound",
            404,
        ),
        (
            "s3",
            "get_object",
            {"Bucket": "bucket", "Key": "k"},
            "NoSuchKey",
            "NoSuchKey",
            404,
        ),
        ("s3", "put_object", {"Bucket": "bucket", "Key": "k"}, "SlowDown", None, 503),
        ("s3", "head_object", {"Bucket": "bucket", "Key": "k"}, "404", None, 404),
    ],
)
def test_boto3_raises_the_error_that_the_service_models(  # noqa: PLR0917 - columns
    edge, service, operation, parameters, code, exception, status
):
    chosen = edge.control.set_rule(
        {
            "match": {"service": service},
            "fault": {"kind": "error", "code": code, "message": "a & <b>"}
            | ({"status": 404} if code == "404" else {}),
        }
    )
    aws = edge.client(service)
    expected = getattr(aws.exceptions, exception) if exception else ClientError
    with pytest.raises(expected) as raised:
        getattr(aws, operation)(**parameters)
    response = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers[FAULT_HEADER] == chosen
    if operation != "head_object":
        assert response["Error"]["Code"] == code
        assert response["Error"]["Message"] == "a & <b>"
    op = edge.last(rule=chosen)
    assert (op.ruling, op.outcome, op.status) == ("error", "fail", status)
    if operation != "head_object":
        assert op.error == code


def test_sdk_retries_meet_a_limited_error_and_then_succeed(edge):
    edge.control.set_rule(
        rule({"kind": "error", "code": "InternalServerError", "status": 500}, count=2)
    )
    put(edge, "retried", attempts=3)
    (one,) = edge.control.rules()
    assert (one["seen"], one["fired"]) == (3, 2)


def test_only_the_nth_call_fails(edge):
    edge.control.set_rule(rule({"kind": "error", "code": "Throttling"}, nth=2))
    put(edge, "first")
    with pytest.raises(ClientError, match="Throttling"):
        put(edge, "second")
    put(edge, "third")


def test_chance_gives_the_same_calls_the_same_fate(edge):
    aws = edge.client("dynamodb")

    def fates() -> list[bool]:
        chosen = edge.control.set_rule(
            rule(
                {"kind": "error", "code": "ThrottlingException"},
                probability=0.4,
                seed=11,
            )
        )
        found = []
        for _ in range(25):
            try:
                aws.put_item(TableName="things", Item={"k": {"S": "dice"}})
                found.append(True)
            except ClientError:
                found.append(False)
        edge.control.remove_rule(chosen)
        return found

    first = fates()
    assert first == fates()
    assert 0 < sum(first) < 25


def test_a_throttle_lets_the_burst_through(edge):
    edge.control.set_rule(rule({"kind": "throttle", "rate_per_s": 0, "burst": 2}))
    put(edge, "a")
    put(edge, "b")
    with pytest.raises(ClientError) as raised:
        put(edge, "c")
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert edge.last(operation="PutItem").outcome == "fail"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("route53", "list_hosted_zones", "Throttling"),
        ("ec2", "describe_instances", "RequestLimitExceeded"),
        ("sts", "get_caller_identity", "Throttling"),
        ("lambda", "list_functions", "TooManyRequestsException"),
    ],
)
def test_each_service_throttles_in_its_own_words(edge, service, operation, code):
    edge.control.set_rule(
        {
            "match": {"service": service},
            "fault": {"kind": "throttle", "rate_per_s": 0, "burst": 0},
        }
    )
    with pytest.raises(ClientError) as raised:
        getattr(edge.client(service), operation)()
    assert raised.value.response["Error"]["Code"] == code


def test_a_dropped_request_never_takes_effect(edge):
    chosen = edge.control.set_rule(rule({"kind": "drop_request"}))
    with pytest.raises(ConnectionClosedError):
        put(edge, "lost")
    op = edge.last(rule=chosen)
    assert (op.ruling, op.outcome, op.status) == ("drop_request", "fail", None)
    edge.control.remove_rules()
    assert not stored(edge, "lost")


def test_a_dropped_response_leaves_the_write_and_is_never_called_a_failure(edge):
    chosen = edge.control.set_rule(rule({"kind": "drop_response"}))
    with pytest.raises(ConnectionClosedError):
        put(edge, "applied")
    op = edge.last(rule=chosen)
    assert (op.ruling, op.outcome, op.status) == ("drop_response", "info", None)
    assert stored(edge, "applied")


def test_the_winner_of_a_conditional_write_is_told_that_it_lost(edge):
    """The classic lock bug: the SDK retries after its own write took effect."""
    edge.control.set_rule(rule({"kind": "drop_response"}, count=1))
    aws = edge.client("dynamodb", attempts=3)
    with pytest.raises(aws.exceptions.ConditionalCheckFailedException):
        aws.put_item(
            TableName="things",
            Item={"k": {"S": "lock"}},
            ConditionExpression="attribute_not_exists(k)",
        )
    assert stored(edge, "lock")


def test_a_read_whose_response_is_dropped_has_failed(edge):
    edge.control.set_rule(
        {"match": {"operation": "GetItem"}, "fault": {"kind": "drop_response"}}
    )
    with pytest.raises(ConnectionClosedError):
        stored(edge, "x")
    assert edge.last(operation="GetItem").outcome == "fail"


@pytest.mark.parametrize(
    ("kind", "outcome", "takes_effect"),
    [("drop_request", "fail", False), ("drop_response", "info", True)],
)
def test_a_silent_loss_lasts_until_the_client_gives_up(
    edge, kind, outcome, takes_effect
):
    chosen = edge.control.set_rule(rule({"kind": kind, "as": "hang"}))
    with pytest.raises(ReadTimeoutError):
        put(edge, f"silent {kind}", read_timeout_s=0.2)
    assert edge.ruled_on(chosen).outcome == outcome
    edge.control.remove_rules()
    assert stored(edge, f"silent {kind}") is takes_effect


def test_rules_match_by_resource_and_by_parameters(edge):
    fault = {"kind": "error", "code": "Throttling"}
    edge.control.set_rule(
        {"match": {"resource": "dynamodb:things/one"}, "fault": fault}
    )
    edge.control.set_rule(
        {"match": {"parameters": "Item.k.S == 'two'"}, "fault": fault}
    )
    put(edge, "zero")
    for key in ("one", "two"):
        with pytest.raises(ClientError):
            put(edge, key)


def test_a_call_through_a_load_balancer_says_so(edge):
    port = edge.ready["load_balancer_port"]
    aws = client("dynamodb", f"http://127.0.10.71:{port}")
    edge.control.set_rule(
        {"match": {"via": "lb-1"}, "fault": {"kind": "error", "code": "Throttling"}}
    )
    with pytest.raises(ClientError):
        aws.list_tables()
    assert edge.last(operation="ListTables").via == "lb-1"
    edge.client("dynamodb").list_tables()
