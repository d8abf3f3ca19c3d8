"""LocalStack's Chaos API on the edge: what it takes, answers and does to calls.

Where LocalStack's documents or its OpenAPI give an example, it is used as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError
from edge_lab import EdgeProcess, client, raw_exchange, running_edge, start_thread
from emulator_processes import ministack, running

from gameday.edge.localstack_chaos import WARNING_HEADER

MESSAGE = "Operation failed due to a simulated fault"
TIMEOUT_S = 10
S3_IN_US_EAST_1 = {"service": "s3", "region": "us-east-1"}
S3_IN_AP_SOUTH_1 = {"service": "s3", "region": "ap-south-1"}
LAMBDA = {"service": "lambda"}
DOCUMENTED = [S3_IN_US_EAST_1, S3_IN_AP_SOUTH_1, LAMBDA]
KINESIS = {
    "service": "kinesis",
    "operation": "PutRecord",
    "probability": 0.3,
    "error": {"statusCode": 400, "code": "ProvisionedThroughputExceededException"},
}


class Chaos:
    """The API as any HTTP client sees it."""

    def __init__(self, edge: EdgeProcess) -> None:
        self.edge = edge

    def ask(self, method: str, part: str, document: Any = None) -> requests.Response:
        url = f"{self.edge.url}/_localstack/chaos/{part}"
        if method in ("GET", "HEAD"):
            return requests.request(method, url, timeout=TIMEOUT_S)
        return requests.request(method, url, json=document, timeout=TIMEOUT_S)

    def done(self, method: str, part: str, document: Any = None) -> Any:
        reply = self.ask(method, part, document)
        assert reply.status_code == 200, reply.text
        assert reply.headers["Content-Type"] == "application/json"
        return reply.json()

    def set(self, *faults: dict[str, Any]) -> None:
        assert self.done("POST", "faults", list(faults)) == list(faults)

    def faults(self) -> Any:
        return self.done("GET", "faults")

    def refused(self, method: str, part: str, document: Any) -> tuple[str, list[str]]:
        reply = self.ask(method, part, document)
        assert reply.status_code == 400, reply.text
        assert set(reply.json()) == {"message", "errors"}
        return reply.json()["message"], reply.json()["errors"]

    def warnings(self, *faults: dict[str, Any]) -> str | None:
        return self.ask("POST", "faults", list(faults)).headers.get(WARNING_HEADER)


@pytest.fixture
def chaos(scripted_edge: EdgeProcess) -> Iterator[Chaos]:
    """The API of an edge whose emulator answers {} to everything."""
    yield Chaos(scripted_edge)
    scripted_edge.control.set_latency(0)


def error_of(call: Any) -> tuple[str, int, str]:
    """Code, status and message of what boto3 raises."""
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    status = raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], status, error["Message"]


def test_at_first_there_are_no_faults_and_no_latency(chaos):
    assert chaos.faults() == []
    assert chaos.done("GET", "effects") == {"latency": 0}


def test_post_replaces_the_list_and_answers_it(chaos):
    chaos.set(*DOCUMENTED)
    assert chaos.faults() == DOCUMENTED
    chaos.set(KINESIS)
    assert chaos.faults() == [KINESIS]
    chaos.set()
    assert chaos.faults() == []


def test_patch_appends_and_answers_the_whole_list(chaos):
    chaos.set(LAMBDA)
    assert chaos.done("PATCH", "faults", [KINESIS]) == [LAMBDA, KINESIS]
    assert chaos.faults() == [LAMBDA, KINESIS]


def test_patch_leaves_a_rule_that_is_there_already_where_it_is(chaos):
    chaos.set(LAMBDA, KINESIS)
    before = [rule["id"] for rule in chaos.edge.control.rules()]
    assert chaos.done("PATCH", "faults", [LAMBDA]) == [LAMBDA, KINESIS]
    assert [rule["id"] for rule in chaos.edge.control.rules()] == before


def test_delete_removes_only_rules_that_are_exactly_the_same(chaos):
    chaos.set(*DOCUMENTED)
    reply = chaos.ask("DELETE", "faults", [LAMBDA, {"service": "s3"}])
    assert reply.json() == [S3_IN_US_EAST_1, S3_IN_AP_SOUTH_1]
    assert reply.status_code == 200
    assert reply.headers[WARNING_HEADER] == (
        '[1]: there is no such rule: {"service": "s3"}'
    )


def test_a_path_may_end_with_a_slash(chaos):
    assert chaos.done("POST", "faults/", [LAMBDA]) == [LAMBDA]


@pytest.mark.parametrize(
    ("method", "part", "status", "message", "allowed"),
    [
        ("PUT", "faults", 405, "faults takes GET, POST, PATCH, DELETE, not PUT", True),
        ("DELETE", "effects", 405, "effects takes GET, POST, not DELETE", True),
        (
            "POST",
            "fault",
            404,
            "unknown part of the Chaos API 'fault'; did you mean 'faults'?",
            False,
        ),
        (
            "DELETE",
            "faults/1",
            404,
            "unknown part of the Chaos API 'faults/1'; did you mean 'faults'?",
            False,
        ),
    ],
)
def test_what_the_api_does_not_have_is_refused(  # noqa: PLR0917 - columns
    chaos, method, part, status, message, allowed
):
    reply = chaos.ask(method, part, [])
    assert (reply.status_code, reply.json()["message"]) == (status, message)
    assert ("Allow" in reply.headers) == allowed


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"foo": "bar"},
            "Additional properties are not allowed ('foo' was unexpected)",
        ),
        ({"region": "us*"}, "'us*' does not match '^[a-zA-Z0-9-]+$'"),
        ({"region": ""}, "'' does not match '^[a-zA-Z0-9-]+$'"),
        ({"service": "a b"}, "'a b' does not match '^[a-zA-Z0-9-_]+$'"),
        ({"operation": "Put42Items"}, "'Put42Items' does not match '^[a-zA-Z]+$'"),
        ({"probability": 1.1}, "1.1 is greater than the maximum of 1"),
        ({"probability": -1}, "-1 is less than the minimum of 0"),
        ({"probability": "1"}, "'1' is not of type 'number'"),
        ({"probability": True}, "True is not of type 'number'"),
        (
            {"error": {"blah": 814}},
            "Additional properties are not allowed ('blah' was unexpected)",
        ),
        ({"error": {"statusCode": 300}}, "300 is less than the minimum of 400"),
        ({"error": {"statusCode": 600}}, "600 is greater than the maximum of 599"),
        ({"error": {"code": ""}}, "'' does not match '^[a-zA-Z0-9]+$'"),
        ({"description": 1}, "1 is not of type 'string'"),
        ("s3", "'s3' is not of type 'object'"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_wrong_rule_is_refused_in_localstacks_words(chaos, method, fault, message):
    chaos.set(LAMBDA)
    said, _ = chaos.refused(method, "faults", [fault])
    assert said == f"Error validating JSON schema: {message}"
    assert chaos.faults() == [LAMBDA]


def test_every_reason_is_told_with_the_nearest_name(chaos):
    _, errors = chaos.refused(
        "POST",
        "faults",
        [
            {"servce": "s3", "probability": 7},
            {"error": {"status": 500, "code": "a b"}},
            {"service": "s3", "operation": "ListObjectV2"},
        ],
    )
    assert errors == [
        "[0]: unknown key 'servce'; did you mean 'service'?",
        "[0].probability: 7 is greater than the maximum of 1",
        "[1].error: unknown key 'status'; did you mean 'statusCode'?",
        "[1].error.code: 'a b' does not match '^[a-zA-Z0-9]+$'",
        (
            "[2].operation: 'ListObjectV2' does not match '^[a-zA-Z]+$', "
            "and AWS has no such operation"
        ),
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "{} is not of type 'array'"),
        ([LAMBDA, LAMBDA], f"{[LAMBDA, LAMBDA]} has non-unique elements"),
        ([{"seed": n} for n in range(1001)], "1001 rules are more than 1000"),
    ],
)
def test_a_wrong_list_is_refused(chaos, document, message):
    said, _ = chaos.refused("POST", "faults", document)
    assert said == f"Error validating JSON schema: {message}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"invalidJSON", "Expecting value: line 1 column 1 (char 0)"),
        (b'[{"probability": NaN}]', "NaN is not JSON"),
        (b"[" * 100_000, "maximum recursion depth exceeded"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff"),
    ],
)
@pytest.mark.parametrize("part", ["faults", "effects"])
def test_what_is_not_json_is_refused(chaos, part, body, message):
    reply = requests.post(
        f"{chaos.edge.url}/_localstack/chaos/{part}", data=body, timeout=TIMEOUT_S
    )
    assert reply.status_code == 400
    assert reply.json()["message"].startswith(f"Error decoding JSON: {message}")


@pytest.mark.parametrize(
    ("effects", "message"),
    [
        ({"latency": "abcd"}, "'abcd' is not of type 'integer'"),
        ({"latency": -3}, "-3 is less than the minimum of 0"),
        ({"latency": 6.9}, "6.9 is not of type 'integer'"),
        ({"latency": 600_001}, "600001 is greater than the maximum of 600000"),
        (
            {"latency": 64, "jitter": 32},
            "Additional properties are not allowed ('jitter' was unexpected)",
        ),
        ({}, "'latency' is a required property"),
        ([], "[] is not of type 'object'"),
    ],
)
def test_wrong_effects_are_refused_and_change_nothing(chaos, effects, message):
    chaos.done("POST", "effects", {"latency": 5})
    said, _ = chaos.refused("POST", "effects", effects)
    assert said == f"Error validating JSON schema: {message}"
    assert chaos.done("GET", "effects") == {"latency": 5}


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("dynamodb", "list_tables", {}),  # json
        ("route53", "list_hosted_zones", {}),  # rest-xml
        ("sts", "get_caller_identity", {}),  # query
        ("sqs", "list_queues", {}),  # json that also has a query code
        ("ec2", "describe_instances", {}),  # ec2
        ("s3", "list_buckets", {}),  # rest-xml without a namespace
        ("lambda", "list_functions", {}),  # rest-json
    ],
)
def test_an_empty_rule_strikes_every_aws_operation_as_its_own_protocol_says(
    chaos, service, operation, arguments
):
    chaos.set({})
    call = getattr(chaos.edge.client(service), operation)
    assert error_of(lambda: call(**arguments)) == ("ServiceUnavailable", 503, MESSAGE)
    op = chaos.edge.last(service=service)
    assert (op.ruling, op.outcome, op.error) == ("error", "fail", "ServiceUnavailable")


def test_an_empty_rule_leaves_localstacks_own_paths_to_the_emulator(chaos, scripted):
    chaos.set({})
    chaos.done("POST", "effects", {"latency": 60_000})
    reply = requests.get(f"{chaos.edge.url}/_localstack/health", timeout=TIMEOUT_S)
    assert reply.text == "{}"
    assert [seen.target for seen in scripted.seen] == ["/_localstack/health"]


def test_the_api_never_reaches_the_emulator(chaos, scripted):
    chaos.set(LAMBDA)
    chaos.done("GET", "effects")
    assert scripted.seen == []


def test_status_and_code_are_the_rules_own(chaos):
    chaos.set({"error": {"statusCode": 450, "code": "TeaPotError"}})
    tables = chaos.edge.client("dynamodb").list_tables
    assert error_of(tables) == ("TeaPotError", 450, MESSAGE)


def test_a_code_alone_is_a_503_and_a_status_alone_is_service_unavailable(chaos):
    tables = chaos.edge.client("dynamodb").list_tables
    chaos.set({"error": {"code": "ResourceInUseException"}})
    assert error_of(tables) == ("ResourceInUseException", 503, MESSAGE)
    chaos.set({"error": {"statusCode": 500.0}})
    assert error_of(tables) == ("ServiceUnavailable", 500, MESSAGE)


def test_a_modelled_code_is_the_modelled_exception(chaos):
    chaos.set(
        {
            "service": "dynamodb",
            "operation": "PutItem",
            "error": {
                "statusCode": 400,
                "code": "ProvisionedThroughputExceededException",
            },
        }
    )
    table = chaos.edge.client("dynamodb")
    with pytest.raises(table.exceptions.ProvisionedThroughputExceededException):
        table.put_item(TableName="t", Item={"k": {"S": "x"}})
    assert table.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_first_rule_that_matches_wins(chaos):
    chaos.set(
        {"operation": "ListTables", "error": {"code": "First"}},
        {"service": "dynamodb", "error": {"code": "Second"}},
    )
    table = chaos.edge.client("dynamodb")
    assert error_of(table.list_tables)[0] == "First"
    assert error_of(table.describe_limits)[0] == "Second"


def test_a_region_is_that_of_the_signature(chaos):
    chaos.set({"service": "dynamodb", "region": "eu-west-1"})
    table = chaos.edge.client("dynamodb")
    abroad = chaos.edge.client("dynamodb", region="eu-west-1")
    assert table.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert error_of(abroad.list_tables)[0] == "ServiceUnavailable"


def test_a_service_may_be_written_with_an_underscore(chaos):
    assert chaos.warnings({"service": "cognito_identity"}) is None
    pools = chaos.edge.client("cognito-identity").list_identity_pools
    assert error_of(lambda: pools(MaxResults=1))[0] == "ServiceUnavailable"


def test_an_operation_with_a_digit_is_taken_where_aws_has_it(chaos):
    chaos.set({"service": "s3", "operation": "ListObjectsV2"})
    listing = chaos.edge.client("s3").list_objects_v2
    assert error_of(lambda: listing(Bucket="bucket"))[0] == "ServiceUnavailable"


def test_probability_is_a_share_of_the_calls(chaos):
    chaos.set({"probability": 0.5, "seed": 7})
    tables = chaos.edge.client("dynamodb").list_tables
    struck = 0
    for _ in range(60):
        try:
            tables()
        except ClientError:
            struck += 1
    assert 20 <= struck <= 40
    (rule,) = chaos.edge.control.rules()
    assert (rule["seen"], rule["fired"]) == (60, struck)


def test_latency_holds_up_every_call_and_is_answered_back(chaos):
    assert chaos.done("POST", "effects", {"latency": 300}) == {"latency": 300}
    assert chaos.edge.control.status()["latency_ms"] == 300
    began_s = time.monotonic()
    chaos.edge.client("dynamodb").list_tables()
    assert time.monotonic() - began_s >= 0.3
    op = chaos.edge.last(service="dynamodb")
    assert op.end_ns - op.start_ns >= 300_000_000
    assert op.outcome == "ok"


def test_latency_adds_up_with_a_fault_and_with_a_rule_of_the_edge(chaos):
    chaos.done("POST", "effects", {"latency": 200})
    chaos.set(LAMBDA)
    chaos.edge.control.set_rule(
        {"match": {"service": "sts"}, "fault": {"kind": "delay", "delay_ms": 200}}
    )
    functions = chaos.edge.client("lambda").list_functions
    assert error_of(functions)[0] == "ServiceUnavailable"
    op = chaos.edge.last(service="lambda")
    assert op.end_ns - op.start_ns >= 200_000_000
    began_s = time.monotonic()
    requests.post(
        chaos.edge.url,
        data={"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        timeout=TIMEOUT_S,
    )
    assert time.monotonic() - began_s >= 0.4


def test_a_call_that_waits_for_the_network_meets_the_rules_of_then(chaos):
    chaos.done("POST", "effects", {"latency": 1500})
    tables = start_thread(chaos.edge.client("dynamodb").list_tables)
    chaos.set({})
    assert error_of(tables.wait)[0] == "ServiceUnavailable"


def test_faults_are_rules_of_the_edge(chaos):
    own = chaos.edge.control.set_rule(
        {"match": {"actor": "planner"}, "fault": {"kind": "error", "code": "Own"}}
    )
    chaos.set(KINESIS)
    first, second = chaos.edge.control.rules()
    assert first["id"] == own
    assert second["rule"]["owner"] == "localstack-chaos"
    assert second["rule"]["match"] == {"service": "kinesis", "operation": "PutRecord"}
    assert second["rule"]["localstack"] == KINESIS
    assert error_of(chaos.edge.client("lambda", "planner").list_functions)[0] == "Own"
    chaos.set()
    assert [rule["id"] for rule in chaos.edge.control.rules()] == [own]


def test_a_fault_that_is_removed_at_the_control_interface_is_gone_here(chaos):
    chaos.set(LAMBDA, KINESIS)
    chaos.edge.control.remove_rule(chaos.edge.control.rules()[0]["id"])
    assert chaos.faults() == [KINESIS]
    chaos.edge.control.remove_rules()
    assert chaos.faults() == []


def test_every_change_leaves_a_mark(chaos):
    begun = chaos.edge.control.mark("begin", {})
    chaos.set(LAMBDA)
    error_of(chaos.edge.client("lambda").list_functions)
    chaos.set()
    chaos.done("POST", "effects", {"latency": 5})
    marks = [op for op in chaos.edge.control.history(begun + 1) if op.kind == "mark"]
    assert [op.operation for op in marks] == [
        "set_rule",
        "remove_rule",
        "network_effects",
    ]
    assert marks[0].request["rule"]["localstack"] == LAMBDA
    assert (marks[1].request["seen"], marks[1].request["fired"]) == (1, 1)
    assert marks[2].request == {"latency_ms": 5}


@pytest.mark.parametrize(
    ("faults", "warning"),
    [
        (
            [{"service": "dynamo"}],
            "[0] never strikes: unknown service 'dynamo'; did you mean 'dynamodb'?",
        ),
        (
            [{"region": "us-eats-1"}],
            "[0] never strikes: unknown region 'us-eats-1'; did you mean 'us-east-1'?",
        ),
        (
            [{"service": "s3", "operation": "PutObjects"}],
            (
                "[0] never strikes: unknown s3 operation 'PutObjects'; did you mean "
                "'PutObject'?"
            ),
        ),
        (
            [{"operation": "DoSomething"}],
            "[0] never strikes: no service has an operation 'DoSomething'",
        ),
        ([{"probability": 0}], "[0] never strikes: its probability is 0"),
        (
            [{"service": "s3"}, {"service": "s3", "operation": "GetObject"}],
            (
                "[1] never strikes: rule [0], which comes first, "
                "strikes every call of its"
            ),
        ),
        ([{"service": "s3", "count": 1}, {"service": "s3"}], None),
        ([{"service": "s3", "probability": 0.9}, {"service": "s3"}], None),
        ([{"service": "s3"}, {"service": "sqs"}, KINESIS], None),
    ],
)
def test_a_rule_that_can_never_strike_is_taken_and_told(chaos, faults, warning):
    assert chaos.warnings(*faults) == warning
    assert chaos.faults() == faults
    told = chaos.edge.control.rules()[-1]["rule"].get("warnings", [])
    assert [f"[{len(faults) - 1}] never strikes: {why}" for why in told] == (
        [warning] if warning else []
    )


def test_the_extra_keys_are_those_of_the_edges_rules(chaos):
    chaos.set(
        {
            "description": "the second call of one actor is never answered",
            "service": "dynamodb",
            "actor": "enactor-az*",
            "nth": 2,
            "fault": {"kind": "drop_response"},
        }
    )
    table = chaos.edge.client("dynamodb")
    table.list_tables()
    chaos.edge.client("dynamodb", "planner").list_tables()
    with pytest.raises(ConnectionClosedError):
        table.list_tables()
    assert chaos.edge.last(ruling="drop_response").actor == "enactor-az1"


def test_an_error_may_have_its_own_message(chaos):
    chaos.set({"error": {"message": "the disk is on fire"}, "count": 1})
    tables = chaos.edge.client("dynamodb").list_tables
    assert error_of(tables) == ("ServiceUnavailable", 503, "the disk is on fire")
    tables()


def test_wrong_extra_keys_are_refused_with_every_reason(chaos):
    chaos.set(LAMBDA)
    message, errors = chaos.refused(
        "PATCH",
        "faults",
        [
            {"actor": "plannr", "nth": 0, "fault": {"kind": "drop_respons"}},
            {"fault": {"kind": "delay", "delay_ms": 5}, "error": {}},
            {"service": "sqs", "fault": {"kind": "stale_read", "staleness_ms": 5}},
        ],
    )
    assert errors == [
        "[0].actor: unknown actor 'plannr'; did you mean 'planner'?",
        (
            "[0].fault.kind: unknown kind of fault 'drop_respons'; did you mean "
            "'drop_response'?"
        ),
        "[0].nth: should be at least 1, not 0",
        "[1].fault: give either 'fault' or 'error', not both",
        errors[-1],
    ]
    assert errors[-1].startswith("[2].service: stale_read strikes only")
    assert message == f"Error validating JSON schema: {errors[0]}"
    assert chaos.faults() == [LAMBDA]


def test_a_call_that_a_removed_fault_holds_is_let_go(chaos):
    chaos.set({"fault": {"kind": "hold"}})
    (rule,) = chaos.edge.control.rules()
    tables = start_thread(chaos.edge.client("dynamodb").list_tables)
    assert chaos.edge.control.await_hold(rule["id"])
    chaos.set()
    assert tables.wait()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_faults_and_the_edges_own_rules_share_one_limit(chaos):
    chaos.edge.control.set_rule(
        {"match": {"actor": "planner"}, "fault": {"kind": "error", "code": "Own"}}
    )
    chaos.set(*({"seed": number} for number in range(999)))
    message, _ = chaos.refused("PATCH", "faults", [LAMBDA])
    assert message.endswith("the edge takes 1000 rules, counting its own")
    assert len(chaos.faults()) == 999


def test_a_plain_socket_is_enough(chaos):
    body = b'[{"service": "lambda"}]'
    answer = raw_exchange(
        chaos.edge.port,
        b"PATCH /_localstack/chaos/faults?x=1 HTTP/1.1\r\nHost: localhost:4566\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
    )
    head, _, document = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert document == body


@pytest.fixture(scope="module")
def ministack_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    folder = tmp_path_factory.mktemp("chaos")
    with running(*ministack()) as url, running_edge(url, folder) as edge:
        yield edge


@pytest.fixture(scope="module")
def localstack_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    """LocalStack's community edition, which has no Chaos API of its own."""
    command = (sys.executable, "-m", "gameday.emulators.localstack", "--lifeline")
    folder = tmp_path_factory.mktemp("localstack")
    with (
        (folder / "stderr").open("w") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "stderr").read_text()
        with running_edge(json.loads(line)["url"], folder) as edge:
            yield edge
        process.communicate(timeout=30)


@pytest.mark.parametrize(
    "emulator",
    [
        "shared_edge",
        "ministack_edge",
        pytest.param("localstack_edge", marks=pytest.mark.localstack),
    ],
)
def test_it_is_the_same_on_every_emulator(
    emulator: str, request: pytest.FixtureRequest
):
    edge: EdgeProcess = request.getfixturevalue(emulator)
    chaos = Chaos(edge)
    zones = client("route53", edge.url).list_hosted_zones
    tables = client("dynamodb", edge.url).list_tables
    try:
        chaos.set({"service": "route53", "operation": "ListHostedZones"})
        assert error_of(zones) == ("ServiceUnavailable", 503, MESSAGE)
        assert isinstance(tables()["TableNames"], list)
        chaos.set()
        assert isinstance(zones()["HostedZones"], list)
        chaos.done("POST", "effects", {"latency": 200})
        began_s = time.monotonic()
        tables()
        assert time.monotonic() - began_s >= 0.2
    finally:
        edge.control.remove_rules()
        edge.control.set_latency(0)
