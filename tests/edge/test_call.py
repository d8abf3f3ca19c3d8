"""Requests as boto3 really sends them, named by what they say."""

from __future__ import annotations

import json
from typing import Any

import botocore.awsrequest
import pytest
from edge_lab import ACTORS, client
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from gameday.edge.call import Call, CallNamer, RequestHead

NAMER = CallNamer(ACTORS)
ZONES = {"Z1": "shop.test."}
KEYS = {"plans": ("region", "generation"), "leases": ("droplet",)}


class _Captured(Exception):
    def __init__(self, request: Any) -> None:
        self.request = request


def sent(service: str, operation: str, **parameters: Any) -> Any:
    """The request that boto3 would send."""
    aws = client(service, "http://127.0.0.1:1")

    def capture(request: botocore.awsrequest.AWSPreparedRequest, **_: Any) -> None:
        raise _Captured(request)

    aws.meta.events.register("before-send", capture)
    with pytest.raises(_Captured) as captured:
        getattr(aws, operation)(**parameters)
    return captured.value.request


def name(
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Call:
    head = RequestHead.parse(method, target, CIMultiDict(headers or {}))
    return NAMER.complete(
        NAMER.identify(head, body), via="gateway", keys_of=KEYS.get, zone_name=ZONES.get
    )


def named(service: str, operation: str, **parameters: Any) -> Call:
    request = sent(service, operation, **parameters)
    headers = {
        key: value.decode() if isinstance(value, bytes) else value
        for key, value in request.headers.items()
    }
    body = request.body or b""
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else body.read()
    return name(
        request.method, request.url.removeprefix("http://127.0.0.1:1"), headers, body
    )


CHANGE = {
    "Action": "CREATE",
    "ResourceRecordSet": {
        "Name": "Lock.shop.test",
        "Type": "TXT",
        "TTL": 5,
        "ResourceRecords": [{"Value": '"a"'}, {"Value": '"b"'}],
    },
}
ALIAS = {
    "Action": "UPSERT",
    "ResourceRecordSet": {
        "Name": "shop.test.",
        "Type": "A",
        "SetIdentifier": "one",
        "Weight": 3,
        "AliasTarget": {
            "HostedZoneId": "Z1",
            "DNSName": "plan.shop.test.",
            "EvaluateTargetHealth": False,
        },
    },
}


def test_a_change_batch_is_named_with_every_record_it_writes():
    call = named(
        "route53",
        "change_resource_record_sets",
        HostedZoneId="/hostedzone/Z1",
        ChangeBatch={"Comment": "c", "Changes": [CHANGE, ALIAS]},
    )
    assert (call.actor, call.service) == ("enactor-az1", "route53")
    assert call.operation == "ChangeResourceRecordSets"
    assert call.writes == (
        "route53:shop.test/lock.shop.test/TXT",
        "route53:shop.test/shop.test/A",
    )
    assert call.parameters == {
        "HostedZoneId": "Z1",
        "ChangeBatch": {"Comment": "c", "Changes": [CHANGE, ALIAS]},
    }


P = {"region": {"S": "us"}, "generation": {"N": "7"}}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "name", "reads", "writes"),
    [
        (
            "route53",
            "list_resource_record_sets",
            {"HostedZoneId": "Z1", "StartRecordName": "a", "MaxItems": "3"},
            "ListResourceRecordSets",
            ("route53:shop.test/*",),
            (),
        ),
        (
            "route53",
            "get_change",
            {"Id": "C1"},
            "GetChange",
            ("route53:change/C1",),
            (),
        ),
        (
            "route53",
            "create_hosted_zone",
            {"Name": "new.test", "CallerReference": "1"},
            "CreateHostedZone",
            (),
            ("route53:new.test/*",),
        ),
        (
            "dynamodb",
            "get_item",
            {"TableName": "plans", "Key": P},
            "GetItem",
            ("dynamodb:plans/us/7",),
            (),
        ),
        (
            "dynamodb",
            "put_item",
            {"TableName": "plans", "Item": {"x": {"S": "y"}, **P}},
            "PutItem",
            (),
            ("dynamodb:plans/us/7",),
        ),
        (
            "dynamodb",
            "put_item",
            {
                "TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/plans",
                "Item": P,
                "ConditionExpression": "attribute_not_exists(generation)",
            },
            "PutItem",
            ("dynamodb:plans/us/7",),
            ("dynamodb:plans/us/7",),
        ),
        (
            "dynamodb",
            "put_item",
            {"TableName": "strange", "Item": P},
            "PutItem",
            (),
            ("dynamodb:strange",),
        ),
        (
            "dynamodb",
            "query",
            {"TableName": "plans", "KeyConditionExpression": "r = :r"},
            "Query",
            ("dynamodb:plans",),
            (),
        ),
        (
            "dynamodb",
            "transact_write_items",
            {
                "TransactItems": [
                    {
                        "ConditionCheck": {
                            "TableName": "plans",
                            "Key": P,
                            "ConditionExpression": "a = b",
                        }
                    },
                    {
                        "Update": {
                            "TableName": "leases",
                            "Key": {"droplet": {"S": "d1"}},
                            "UpdateExpression": "SET a = :a",
                        }
                    },
                ]
            },
            "TransactWriteItems",
            ("dynamodb:plans/us/7", "dynamodb:leases/d1"),
            ("dynamodb:leases/d1",),
        ),
        (
            "dynamodb",
            "batch_write_item",
            {
                "RequestItems": {
                    "leases": [{"PutRequest": {"Item": {"droplet": {"S": "d"}}}}]
                }
            },
            "BatchWriteItem",
            (),
            ("dynamodb:leases/d",),
        ),
        ("dynamodb", "list_tables", {}, "ListTables", ("dynamodb:*",), ()),
        (
            "cloudwatch",
            "set_alarm_state",
            {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"},
            "SetAlarmState",
            (),
            ("cloudwatch:a",),
        ),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://127.0.0.1:1/q", "MessageBody": "m"},
            "SendMessage",
            (),
            ("sqs:http://127.0.0.1:1/q",),
        ),
        (
            "elbv2",
            "describe_target_health",
            {"TargetGroupArn": "arn"},
            "DescribeTargetHealth",
            ("elbv2:arn",),
            (),
        ),
        (
            "elb",
            "describe_load_balancers",
            {"LoadBalancerNames": ["a", "b"]},
            "DescribeLoadBalancers",
            ("elb:*",),
            (),
        ),
        (
            "lambda",
            "invoke",
            {"FunctionName": "f", "Payload": b"{}"},
            "Invoke",
            (),
            ("lambda:f",),
        ),
        (
            "s3",
            "put_object",
            {"Bucket": "bucket", "Key": "a/b c", "Body": b"x"},
            "PutObject",
            (),
            ("s3:bucket/a/b c",),
        ),
        ("sts", "get_caller_identity", {}, "GetCallerIdentity", ("sts:*",), ()),
        (
            "stepfunctions",
            "start_execution",
            {"stateMachineArn": "arn"},
            "StartExecution",
            (),
            ("stepfunctions:arn",),
        ),
    ],
)
def test_a_call_is_named_with_what_it_touches(  # noqa: PLR0917 - a table's columns
    service, operation, parameters, name, reads, writes
):
    call = named(service, operation, **parameters)
    assert (call.service, call.operation) == (service, name)
    assert call.region == "us-east-1"
    assert call.problem == ""
    assert (call.reads, call.writes) == (reads, writes)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        (
            "ec2",
            "describe_instances",
            {"Filters": [{"Name": "tag:a", "Values": ["x", "y"]}], "MaxResults": 5},
        ),
        (
            "ec2",
            "run_instances",
            {
                "ImageId": "ami-1",
                "MinCount": 1,
                "MaxCount": 2,
                "ClientToken": "t",
                "SecurityGroupIds": ["sg-1", "sg-2"],
            },
        ),
        (
            "elbv2",
            "register_targets",
            {"TargetGroupArn": "arn", "Targets": [{"Id": "i-1", "Port": 80}]},
        ),
        ("sts", "assume_role", {"RoleArn": "arn", "RoleSessionName": "n"}),
        ("redshift", "describe_clusters", {"ClusterIdentifier": "c", "TagKeys": ["k"]}),
        ("sns", "publish", {"TopicArn": "arn", "Message": "hello & <you>"}),
        (
            "route53",
            "create_health_check",
            {
                "CallerReference": "1",
                "HealthCheckConfig": {"Type": "TCP", "Port": 80, "Inverted": True},
            },
        ),
        ("lambda", "list_functions", {"MaxItems": 3}),
        (
            "lambda",
            "update_function_configuration",
            {
                "FunctionName": "f",
                "Timeout": 3,
                "Environment": {"Variables": {"a": "b"}},
            },
        ),
        (
            "s3",
            "delete_objects",
            {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}},
        ),
    ],
)
def test_parameters_come_back_as_boto3_was_given_them(service, operation, parameters):
    call = named(service, operation, **parameters)
    assert call.problem == ""
    assert {key: call.parameters.get(key) for key in parameters} == parameters


def test_a_body_that_is_another_document_has_a_problem_and_no_parameters_of_its_own():
    path = "/2013-04-01/hostedzone/Z1/rrset"
    authorization = "AWS4-HMAC-SHA256 Credential=A/20251020/us-east-1/route53/x"
    call = name(
        "POST",
        path,
        {"Authorization": authorization},
        b"<Other><ChangeBatch/></Other>",
    )
    assert call.operation == "ChangeResourceRecordSets"
    assert call.problem == "expected ChangeResourceRecordSetsRequest, found Other"
    assert call.parameters == {"HostedZoneId": "Z1"}


def test_a_key_that_belongs_to_nobody_is_an_unknown_actor():
    scope = "AKIASTRANGER/20251020/eu-west-1/sqs/aws4_request"
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    )
    call = name("POST", "/", {"Authorization": authorization})
    assert (call.actor, call.region) == ("unknown:AKIASTRANGER", "eu-west-1")
    assert (call.service, call.operation) == ("sqs", "POST /")


def test_an_unsigned_request_is_anonymous_and_still_named():
    call = name("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
    assert call.actor == "anonymous"
    assert (call.service, call.operation) == ("dynamodb", "ListTables")


def test_an_unsigned_query_request_is_named_by_its_version():
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    call = name("POST", "/", headers, body)
    assert (call.service, call.operation) == ("sts", "AssumeRoleWithWebIdentity")
    assert call.parameters == {"RoleArn": "arn"}


def test_the_signature_of_a_presigned_url_names_its_caller():
    aws = client("s3", "http://127.0.0.1:1", "planner")
    url = aws.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})
    call = name("GET", url.removeprefix("http://127.0.0.1:1"))
    assert (call.actor, call.service) == ("planner", "s3")
    assert (call.operation, call.reads) == ("GetObject", ("s3:bucket/k",))


def test_a_presigned_call_of_version_4_names_its_caller():
    scope = "AKIAPLANNER000000001%2F20251020%2Fus-west-2%2Froute53%2Faws4_request"
    call = name("GET", f"/2013-04-01/hostedzone/Z1?X-Amz-Credential={scope}")
    assert (call.actor, call.region) == ("planner", "us-west-2")
    assert (call.operation, call.reads) == ("GetHostedZone", ("route53:shop.test/*",))


def test_the_query_form_of_a_json_service_is_read_too():
    scope = "AKIAPLANNER000000001/20251020/us-east-1/monitoring/aws4_request"
    call = name(
        "POST",
        "/",
        {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        },
        b"Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1=a",
    )
    assert (call.service, call.operation) == ("cloudwatch", "DeleteAlarms")
    assert call.protocol == "query"
    assert call.parameters == {"AlarmNames": ["a"]}


TARGETS = [
    ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.TransactWriteItems"}),
    ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.BatchWriteItem"}),
    ("POST", "/2013-04-01/hostedzone/Z1/rrset", {"Authorization": "route53"}),
    ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("PUT", "/2015-03-31/functions/f/configuration", {"Authorization": "lambda"}),
]
NO_TTL = (
    b"<ChangeBatch><Changes><Change><ResourceRecordSet><TTL>x</TTL>"
    b"</ResourceRecordSet></Change></Changes></ChangeBatch>"
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["TransactItems", "Put", "Key", "TableName", "Item", "x"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=10,
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"<a><b/></a>",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
            b"<Delete><Object><Key/></Object></Delete>",
            NO_TTL,
            b"Action=ListUsers&Version=2010-05-08&A.1.2.member.x=3&A=2&A.1=3",
            b"Action=DescribeInstances&Version=2016-11-15&Filter.x.Name=a&Filter.1=2",
            b"[" * 100_000,
        ]
    ),
)


@given(st.sampled_from(TARGETS), BODIES)
def test_no_body_makes_naming_fail(target, body):
    method, path, headers = target
    if "Authorization" in headers:
        scope = f"AKIA/20251020/us-east-1/{headers['Authorization']}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
    assert name(method, path, headers, body).operation


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_no_head_makes_naming_fail(target, authorization, amz_target):
    headers = {"Authorization": f"AWS4-{authorization}", "X-Amz-Target": amz_target}
    assert name("POST", f"/{target}", headers).operation
