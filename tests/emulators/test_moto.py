"""The embedded moto, as a process, over HTTP, with real boto3 clients."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

WRITERS = 8
SWAP_ROUNDS = 8
INCREMENTS = 50
COMMAND = (sys.executable, "-m", "gameday.emulators.moto")


def client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIAENACTORAZ1000001",
        aws_secret_access_key="gameday",  # noqa: S106 - nobody checks it
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def route53(moto_url: str) -> Any:
    return client("route53", moto_url)


@pytest.fixture
def dynamodb(moto_url: str) -> Any:
    created = client("dynamodb", moto_url)
    created.create_table(
        TableName="plans",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return created


@pytest.fixture
def zone_id(route53: Any) -> str:
    created = route53.create_hosted_zone(Name="example.com", CallerReference="1")
    found: str = created["HostedZone"]["Id"]
    return found


def lock(value: object) -> dict[str, Any]:
    return {
        "Name": "lock.example.com.",
        "Type": "TXT",
        "TTL": 1,
        "ResourceRecords": [{"Value": f'"{value}"'}],
    }


def change(route53: Any, zone_id: str, *lines: tuple[str, dict[str, Any]]) -> Any:
    changes = [{"Action": verb, "ResourceRecordSet": shape} for verb, shape in lines]
    return route53.change_resource_record_sets(
        HostedZoneId=zone_id, ChangeBatch={"Changes": changes}
    )


def swap(route53: Any, zone_id: str, old: object, new: object) -> str:
    """Return "" for a won swap, else the error's code."""
    try:
        change(route53, zone_id, ("DELETE", lock(old)), ("CREATE", lock(new)))
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    return ""


def at_once(work: Callable[[int], str]) -> list[str]:
    """Run `work(n)` on all writers, which start together."""
    barrier = threading.Barrier(WRITERS)

    def run(number: int) -> str:
        barrier.wait(timeout=10)
        return work(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def held(route53: Any, zone_id: str) -> list[dict[str, Any]]:
    listed = route53.list_resource_record_sets(HostedZoneId=zone_id)
    return [
        each
        for each in listed["ResourceRecordSets"]
        if each["Type"] not in ("SOA", "NS")
    ]


# --- zones --------------------------------------------------------------------


def test_of_eight_concurrent_swaps_exactly_one_wins(
    moto_url: str, route53: Any, zone_id: str
):
    change(route53, zone_id, ("CREATE", lock("start")))
    clients = [client("route53", moto_url) for _ in range(WRITERS)]
    current: object = "start"
    for turn in range(SWAP_ROUNDS):
        believed = current

        def work(number: int, turn: int = turn, believed: object = believed) -> str:
            return swap(clients[number], zone_id, believed, f"{turn}-{number}")

        codes = at_once(work)

        assert sorted(codes) == ["", *["InvalidChangeBatch"] * (WRITERS - 1)]
        current = f"{turn}-{codes.index('')}"
        assert held(route53, zone_id) == [lock(current)]


def test_of_eight_concurrent_creates_exactly_one_wins(
    moto_url: str, route53: Any, zone_id: str
):
    clients = [client("route53", moto_url) for _ in range(WRITERS)]

    def work(number: int) -> str:
        try:
            change(clients[number], zone_id, ("CREATE", lock(number)))
        except ClientError as error:
            code: str = error.response["Error"]["Code"]
            return code
        return ""

    codes = at_once(work)

    assert codes.count("") == 1
    assert held(route53, zone_id) == [lock(codes.index(""))]


def test_a_rejection_tells_everything_and_changes_nothing(route53: Any, zone_id: str):
    change(route53, zone_id, ("CREATE", lock(1)))
    outside = lock(1) | {"Name": "lock.example.org."}

    with pytest.raises(route53.exceptions.InvalidChangeBatch) as refused:
        change(
            route53,
            zone_id,
            ("CREATE", lock(1) | {"Name": "other.example.com."}),
            ("DELETE", lock(2)),
            ("CREATE", outside),
        )

    assert refused.value.response["Error"]["Message"] == (
        "[Tried to delete resource record set [name='lock.example.com.', type='TXT'] "
        "but the values provided do not match the current values, RRSet with DNS name "
        "lock.example.org. is not permitted in zone example.com.]"
    )
    assert held(route53, zone_id) == [lock(1)]


def test_an_alias_into_another_zone_of_the_account_needs_its_target(
    route53: Any, zone_id: str
):
    other = route53.create_hosted_zone(Name="example.org", CallerReference="2")
    target = {
        "HostedZoneId": other["HostedZone"]["Id"],
        "DNSName": "t.example.org",
        "EvaluateTargetHealth": False,
    }
    alias = {"Name": "a.example.com", "Type": "A", "AliasTarget": target}

    with pytest.raises(route53.exceptions.InvalidChangeBatch, match="was not found"):
        change(route53, zone_id, ("CREATE", alias))


def test_pages_cross_a_set_identifier_and_end(route53: Any, zone_id: str):
    sets = [
        {
            "Name": "w.example.com.",
            "Type": "A",
            "SetIdentifier": f"lb-{n}",
            "Weight": 1,
            "TTL": 1,
            "ResourceRecords": [{"Value": "127.0.0.1"}],
        }
        for n in range(5)
    ]
    change(route53, zone_id, *(("CREATE", each) for each in sets))

    pages = route53.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone_id, PaginationConfig={"PageSize": 2}
    )

    assert [each for page in pages for each in page["ResourceRecordSets"]][2:] == sets


def test_a_change_has_its_own_id_and_an_unknown_one_is_refused(
    route53: Any, zone_id: str
):
    one = change(route53, zone_id, ("CREATE", lock(1)))["ChangeInfo"]
    two = change(route53, zone_id, ("DELETE", lock(1)))["ChangeInfo"]

    assert one["Status"] == "PENDING"
    assert one["Id"] != two["Id"]
    assert route53.get_change(Id=one["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    with pytest.raises(route53.exceptions.NoSuchChange):
        route53.get_change(Id="CNEVERSUBMITTED")


def test_the_change_of_a_new_zone_can_be_waited_for(route53: Any):
    created = route53.create_hosted_zone(Name="example.net", CallerReference="3")

    found = route53.get_change(Id=created["ChangeInfo"]["Id"])

    assert found["ChangeInfo"]["Status"] == "INSYNC"


def test_a_zone_is_deleted_only_when_it_is_empty(route53: Any, zone_id: str):
    change(route53, zone_id, ("CREATE", lock(1)))
    with pytest.raises(route53.exceptions.HostedZoneNotEmpty):
        route53.delete_hosted_zone(Id=zone_id)
    count = route53.get_hosted_zone(Id=zone_id)["HostedZone"]["ResourceRecordSetCount"]
    assert count == 3

    change(route53, zone_id, ("DELETE", lock(1)))
    route53.delete_hosted_zone(Id=zone_id)

    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        route53.list_resource_record_sets(HostedZoneId=zone_id)
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        change(route53, zone_id, ("CREATE", lock(1)))


def test_a_listing_that_starts_nowhere_is_invalid_input(route53: Any, zone_id: str):
    with pytest.raises(ClientError, match="InvalidInput"):
        route53.list_resource_record_sets(HostedZoneId=zone_id, StartRecordType="A")


# --- DynamoDB -----------------------------------------------------------------


def test_no_increment_of_eight_clients_is_lost(moto_url: str, dynamodb: Any):
    """Optimistic increments: write on the condition that nobody else did."""
    key = {"pk": {"S": "counter"}}
    dynamodb.put_item(TableName="plans", Item={**key, "n": {"N": "0"}})
    clients = [client("dynamodb", moto_url) for _ in range(WRITERS)]
    attempts_max = WRITERS * INCREMENTS * 4

    def work(number: int) -> str:
        mine, done = clients[number], 0
        seen = "0"
        for _ in range(attempts_max):
            if done == INCREMENTS:
                return ""
            wanted = str(int(seen) + 1)
            try:
                mine.put_item(
                    TableName="plans",
                    Item={**key, "n": {"N": wanted}},
                    ConditionExpression="n = :seen",
                    ExpressionAttributeValues={":seen": {"N": seen}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except mine.exceptions.ConditionalCheckFailedException as error:
                seen = error.response["Item"]["n"]["N"]
            else:
                seen = wanted
                done += 1
        return f"gave up after {done}"

    assert at_once(work) == [""] * WRITERS
    item = dynamodb.get_item(TableName="plans", Key=key)["Item"]
    assert int(item["n"]["N"]) == WRITERS * INCREMENTS


def add(dynamodb: Any, number: int, token: str) -> Any:
    update = {
        "TableName": "plans",
        "Key": {"pk": {"S": "counter"}},
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": str(number)}},
    }
    return dynamodb.transact_write_items(
        TransactItems=[{"Update": update}], ClientRequestToken=token
    )


def total(dynamodb: Any) -> str:
    item = dynamodb.get_item(TableName="plans", Key={"pk": {"S": "counter"}})
    number: str = item["Item"]["n"]["N"]
    return number


def test_a_replayed_transaction_applies_once(dynamodb: Any):
    first = add(dynamodb, 1, "token-1")
    replay = add(dynamodb, 1, "token-1")
    add(dynamodb, 1, "token-2")

    assert total(dynamodb) == "2"
    for reply in (first, replay):
        del reply["ResponseMetadata"]
    assert first == replay


def test_a_token_stands_for_one_transaction(dynamodb: Any):
    add(dynamodb, 1, "token-1")

    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        add(dynamodb, 5, "token-1")

    assert total(dynamodb) == "1"


def test_a_failed_transaction_may_be_tried_again_under_its_token(dynamodb: Any):
    key = {"pk": {"S": "plan"}}

    def publish() -> None:
        check = {
            "TableName": "plans",
            "Key": key,
            "ConditionExpression": "attribute_exists(pk)",
        }
        put = {"TableName": "plans", "Item": {"pk": {"S": "applied"}}}
        dynamodb.transact_write_items(
            TransactItems=[{"ConditionCheck": check}, {"Put": put}],
            ClientRequestToken="token-1",
        )

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        publish()
    dynamodb.put_item(TableName="plans", Item=key)
    publish()

    assert "Item" in dynamodb.get_item(TableName="plans", Key={"pk": {"S": "applied"}})


# --- the process --------------------------------------------------------------


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit status and what was written to standard error."""
    _, errors = process.communicate(timeout=10)
    return process.returncode, errors


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_it_says_where_it_is_works_quietly_and_ends_with_its_lifeline():
    process = started("--lifeline")
    line = ready(process)

    assert line["pid"] == process.pid
    route53 = client("route53", line["url"])
    created = route53.create_hosted_zone(Name="example.com", CallerReference="1")
    change(route53, created["HostedZone"]["Id"], ("CREATE", lock(1)))

    assert finished(process) == (0, "")


def test_it_stops_at_sigterm():
    process = started()
    ready(process)
    process.send_signal(signal.SIGTERM)

    assert finished(process) == (0, "")


def test_a_taken_port_is_named_and_ends_with_status_two():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        status, errors = finished(started("--port", port))

    assert status == 2
    assert f"moto cannot listen on 127.0.0.1:{port}: Address already in use" in errors


def test_a_port_that_cannot_be_is_refused():
    status, errors = finished(started("--port", "70000"))

    assert status == 2
    assert "70000 is not a port" in errors


# --- HTTP ---------------------------------------------------------------------


def test_a_connection_stays_open_from_call_to_call(moto_url: str):
    connection = http.client.HTTPConnection(moto_url.partition("//")[2], timeout=10)
    connection.connect()
    used = connection.sock
    for body in (b"", b"<broken", b"x" * 100_000):
        connection.request("POST", "/2013-04-01/hostedzone/Z1/rrset", body)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 404
        assert connection.sock is used
    connection.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"garbage\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_malformed_request_is_answered_and_the_server_lives(
    moto_url: str, route53: Any, request_bytes: bytes
):
    host, _, port = moto_url.partition("//")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_bytes)
        answered = b""
        while chunk := connection.recv(4096):
            answered += chunk

    assert b"400" in answered
    assert route53.list_hosted_zones()["HostedZones"] == []


def test_a_body_cut_short_is_not_carried_out(moto_url: str, route53: Any, zone_id: str):
    host, _, port = moto_url.partition("//")[2].partition(":")
    head = (
        f"DELETE /2013-04-01{zone_id} HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 50\r\n\r\nshort"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        answered = connection.recv(4096)

    assert b"went away" in answered
    assert len(route53.list_hosted_zones()["HostedZones"]) == 1
