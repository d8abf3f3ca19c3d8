"""Reads that are behind: what boto3 returns, and what the history says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from edge_lab import EdgeProcess, start_thread

AN_HOUR_MS = 3_600_000
"""Longer than any test: whatever was so when the rule was set is answered."""


@pytest.fixture(scope="session")
def plans(shared_edge: EdgeProcess) -> str:
    """A table of plans, newest last within its part."""
    shared_edge.client("dynamodb").create_table(
        TableName="plans",
        KeySchema=[
            {"AttributeName": "part", "KeyType": "HASH"},
            {"AttributeName": "plan", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "part", "AttributeType": "S"},
            {"AttributeName": "plan", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "plans"


@pytest.fixture
def part(edge: EdgeProcess, plans: str, request: pytest.FixtureRequest) -> str:  # noqa: ARG001 - the table must be there
    """A part of its own with the plans 1 to 4."""
    name = str(request.node.name)
    for plan in range(1, 5):
        put(edge, name, plan)
    return name


def put(edge: EdgeProcess, part: str, plan: int, state: str = "old") -> None:
    edge.client("dynamodb", "planner").put_item(
        TableName="plans",
        Item={"part": {"S": part}, "plan": {"N": str(plan)}, "state": {"S": state}},
    )


def key(part: str, plan: int) -> dict[str, Any]:
    return {"part": {"S": part}, "plan": {"N": str(plan)}}


def delete(edge: EdgeProcess, part: str, plan: int) -> None:
    edge.client("dynamodb", "planner").delete_item(
        TableName="plans", Key=key(part, plan)
    )


def make_stale(edge: EdgeProcess, staleness_ms: int = AN_HOUR_MS, **fault: Any) -> str:
    return edge.control.set_rule(
        {
            "match": {"actor": "enactor-az1"},
            "fault": {"kind": "stale_read", "staleness_ms": staleness_ms, **fault},
        }
    )


def get(edge: EdgeProcess, part: str, plan: int, **rest: Any) -> Any:
    reply = edge.client("dynamodb").get_item(
        TableName="plans", Key=key(part, plan), **rest
    )
    return reply.get("Item")


def query(edge: EdgeProcess, part: str, **rest: Any) -> Any:
    parameters = {
        "KeyConditionExpression": "#p = :p",
        "ExpressionAttributeNames": {"#p": "part"},
        "ExpressionAttributeValues": {":p": {"S": part}},
        **rest,
    }
    return edge.client("dynamodb").query(TableName="plans", **parameters)


def numbers(reply: Any) -> list[int]:
    return [int(item["plan"]["N"]) for item in reply["Items"]]


def test_one_does_not_read_ones_own_write(edge, part):
    rule = make_stale(edge)
    edge.client("dynamodb").update_item(
        TableName="plans",
        Key=key(part, 4),
        UpdateExpression="SET #s = :new",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":new": {"S": "new"}},
    )
    assert get(edge, part, 4)["state"] == {"S": "old"}
    op = edge.last(operation="GetItem")
    assert (op.ruling, op.rule, op.outcome, op.status) == (
        "stale_read",
        rule,
        "ok",
        200,
    )
    assert 0 < op.request["StalenessMs"] < AN_HOUR_MS
    assert op.response["Item"]["state"] == {"S": "old"}


def test_a_strongly_consistent_read_is_never_behind(edge, part):
    rule = make_stale(edge)
    put(edge, part, 4, "new")
    assert get(edge, part, 4, ConsistentRead=True)["state"] == {"S": "new"}
    assert edge.last(operation="GetItem").ruling == "pass"
    (counted,) = edge.control.rules()
    assert (counted["id"], counted["seen"]) == (rule, 0)


def test_consistent_reads_are_behind_if_the_rule_says_so(edge, part):
    make_stale(edge, consistent_too=True)
    put(edge, part, 4, "new")
    assert get(edge, part, 4, ConsistentRead=True)["state"] == {"S": "old"}


def test_only_the_reader_that_the_rule_names_is_behind(edge, part):
    make_stale(edge)
    put(edge, part, 4, "new")
    seen = edge.client("dynamodb", "enactor-az2").get_item(
        TableName="plans", Key=key(part, 4)
    )
    assert seen["Item"]["state"] == {"S": "new"}


def test_the_newest_plan_is_not_there_yet(edge, part):
    """The classic: an enactor picks up the newest plan, and is behind."""
    make_stale(edge)
    put(edge, part, 5)
    put(edge, part, 6)
    newest = {"ScanIndexForward": False, "Limit": 1}
    assert numbers(query(edge, part, **newest)) == [4]
    assert numbers(query(edge, part, ConsistentRead=True, **newest)) == [6]


def test_a_query_shows_what_was_changed_and_deleted_since(edge, part):
    make_stale(edge)
    put(edge, part, 1, "new")
    delete(edge, part, 3)
    put(edge, part, 9)
    reply = query(edge, part)
    assert numbers(reply) == [1, 2, 3, 4]
    assert (reply["Count"], reply["ScannedCount"]) == (4, 4)
    assert {item["state"]["S"] for item in reply["Items"]} == {"old"}
    assert numbers(query(edge, part, ConsistentRead=True)) == [1, 2, 4, 9]


def test_a_query_keeps_its_condition_its_order_its_pages_and_its_projection(edge, part):
    make_stale(edge)
    for plan in (1, 2):
        delete(edge, part, plan)
    put(edge, part, 5)
    asked = {
        "KeyConditionExpression": "(#p = :p AND #n BETWEEN :low AND :high)",
        "ExpressionAttributeNames": {"#p": "part", "#n": "plan", "#s": "state"},
        "ExpressionAttributeValues": {
            ":p": {"S": part},
            ":low": {"N": "1"},
            ":high": {"N": "3"},
        },
        "ScanIndexForward": False,
        "ProjectionExpression": "#n, #s",
    }
    first = query(edge, part, Limit=2, **asked)
    assert numbers(first) == [3, 2]
    assert set(first["Items"][0]) == {"plan", "state"}
    assert first["LastEvaluatedKey"] == key(part, 2)
    second = query(
        edge, part, Limit=2, ExclusiveStartKey=first["LastEvaluatedKey"], **asked
    )
    assert numbers(second) == [1]
    assert "LastEvaluatedKey" not in second
    assert query(edge, part, Select="COUNT")["Count"] == 4


def test_a_batch_is_behind_where_it_is_not_consistent(edge, part):
    make_stale(edge)
    put(edge, part, 1, "new")
    delete(edge, part, 2)
    put(edge, part, 7)
    asked = {
        "Keys": [key(part, plan) for plan in (1, 2, 3, 7)],
        "ProjectionExpression": "#s",
        "ExpressionAttributeNames": {"#s": "state"},
    }
    aws = edge.client("dynamodb")
    found = aws.batch_get_item(RequestItems={"plans": asked})
    assert found["Responses"]["plans"] == [{"state": {"S": "old"}}] * 3
    assert found["UnprocessedKeys"] == {}
    found = aws.batch_get_item(
        RequestItems={"plans": {**asked, "ConsistentRead": True}}
    )
    assert sorted(each["state"]["S"] for each in found["Responses"]["plans"]) == [
        "new",
        "old",
        "old",
    ]


def test_transactions_and_batches_of_writes_leave_their_past(edge, part):
    make_stale(edge)
    aws = edge.client("dynamodb", "planner")
    aws.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "plans", "Key": key(part, 1)}},
            {"Put": {"TableName": "plans", "Item": key(part, 5)}},
        ]
    )
    aws.batch_write_item(
        RequestItems={"plans": [{"DeleteRequest": {"Key": key(part, 2)}}]}
    )
    assert numbers(query(edge, part)) == [1, 2, 3, 4]
    assert numbers(query(edge, part, ConsistentRead=True)) == [3, 4, 5]


def test_a_write_that_was_refused_leaves_no_past(edge, part):
    make_stale(edge)
    aws = edge.client("dynamodb")
    with pytest.raises(aws.exceptions.ConditionalCheckFailedException):
        aws.put_item(
            TableName="plans",
            Item=key(part, 4),
            ConditionExpression="attribute_not_exists(part)",
        )
    put(edge, part, 4, "new")
    assert get(edge, part, 4)["state"] == {"S": "old"}


def test_a_scan_is_behind(edge, plans):
    for item in edge.client("dynamodb", "planner").scan(TableName=plans)["Items"]:
        delete(edge, item["part"]["S"], int(item["plan"]["N"]))
    put(edge, "a", 1)
    make_stale(edge)
    put(edge, "b", 2)
    delete(edge, "a", 1)
    aws = edge.client("dynamodb")
    assert aws.scan(TableName=plans)["Items"] == [
        {**key("a", 1), "state": {"S": "old"}}
    ]
    assert aws.scan(TableName=plans, ConsistentRead=True)["Items"] == [
        {**key("b", 2), "state": {"S": "old"}}
    ]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"FilterExpression": "attribute_not_exists(note)"}, "FilterExpression is not"),
        ({"ProjectionExpression": "deep.down"}, "'deep.down' is nested"),
    ],
)
def test_a_read_whose_past_cannot_be_told_passes_and_the_rule_has_not_fired(
    edge, part, asked, reason
):
    rule = make_stale(edge)
    put(edge, part, 5)
    assert numbers_seen(query(edge, part, **asked)) == 5
    assert edge.last(operation="Query").ruling == "pass"
    mark = edge.last(operation="stale_read_not_applied")
    assert mark.request["rule"] == rule
    assert reason in mark.request["reason"]
    (counted,) = edge.control.rules()
    assert (counted["seen"], counted["fired"]) == (1, 0)


def numbers_seen(reply: Any) -> int:
    return int(reply["Count"])


def test_a_filter_that_nothing_was_written_for_is_as_good_as_any_read(edge, part):
    make_stale(edge)
    put(edge, f"{part} elsewhere", 5)
    assert (
        query(edge, part, FilterExpression="attribute_not_exists(note)")["Count"] == 4
    )
    assert edge.last(operation="Query").ruling == "stale_read"


def test_a_read_catches_up_when_its_time_has_come(edge, part):
    make_stale(edge, staleness_ms=1_000)
    put(edge, part, 4, "new")
    written_ns = edge.last(operation="PutItem").end_ns
    for _ in range(1_000):
        if get(edge, part, 4)["state"] == {"S": "new"}:
            break
    op = edge.last(operation="GetItem")
    assert op.response["Item"]["state"] == {"S": "new"}
    assert op.end_ns - written_ns >= 900_000_000


def test_beside_busy_writers_every_answer_was_so_at_its_time(edge, part):
    """What is read lies between the writes surely done and those begun by then."""
    make_stale(edge, staleness_ms=60)
    reader = edge.client("dynamodb")
    writers = [start_thread(lambda: increment(edge, part, 4, 25)) for _ in range(2)]
    while not all(writer.done.is_set() for writer in writers):
        reader.get_item(TableName="plans", Key=key(part, 4))
    for writer in writers:
        writer.wait()
    ops = edge.control.history()
    writes = [
        op
        for op in ops
        if op.operation == "UpdateItem" and op.request.get("Key") == key(part, 4)
    ]
    answers = [
        op
        for op in ops
        if op.ruling == "stale_read" and op.request.get("Key") == key(part, 4)
    ]
    assert len(writes) == 50
    assert len(answers) > 10
    for op in answers:
        back_ns = int(op.request["StalenessMs"] * 1_000_000)
        done = sum(each.end_ns <= op.start_ns - back_ns for each in writes)
        begun = sum(each.start_ns <= op.end_ns - back_ns for each in writes)
        seen = int(op.response["Item"].get("n", {"N": "0"})["N"])
        assert done <= seen <= begun


def increment(edge: EdgeProcess, part: str, plan: int, times: int) -> None:
    aws = edge.client("dynamodb", "planner")
    for _ in range(times):
        aws.update_item(
            TableName="plans",
            Key=key(part, plan),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def test_the_past_is_forgotten_with_the_rule(edge, part):
    make_stale(edge)
    put(edge, part, 4, "new")
    edge.control.remove_rules()
    make_stale(edge)
    assert get(edge, part, 4)["state"] == {"S": "new"}


@pytest.fixture
def zone_id(edge: EdgeProcess) -> Iterator[str]:
    aws = edge.client("route53", "planner")
    zone = aws.create_hosted_zone(Name="stale.gameday.test", CallerReference="stale")
    yield zone["HostedZone"]["Id"]
    edge.control.remove_rules()
    change(edge, zone["HostedZone"]["Id"], "DELETE", "10.0.0.2")
    aws.delete_hosted_zone(Id=zone["HostedZone"]["Id"])


def change(edge: EdgeProcess, zone_id: str, action: str, value: str) -> None:
    record = {
        "Name": "root.stale.gameday.test",
        "Type": "A",
        "TTL": 5,
        "ResourceRecords": [{"Value": value}],
    }
    edge.client("route53", "planner").change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def addresses(edge: EdgeProcess, zone_id: str, actor: str) -> list[str]:
    listed = edge.client("route53", actor).list_resource_record_sets(
        HostedZoneId=zone_id, StartRecordName="root.stale.gameday.test"
    )
    return [
        value["Value"]
        for each in listed["ResourceRecordSets"]
        if each["Type"] == "A"
        for value in each["ResourceRecords"]
    ]


def test_a_listing_shows_an_older_version_of_the_zone(edge, zone_id):
    change(edge, zone_id, "CREATE", "10.0.0.1")
    rule = make_stale(edge)
    change(edge, zone_id, "UPSERT", "10.0.0.2")
    assert addresses(edge, zone_id, "planner") == ["10.0.0.2"]
    assert addresses(edge, zone_id, "enactor-az1") == []
    op = edge.last(operation="ListResourceRecordSets")
    assert (op.ruling, op.rule, op.outcome) == ("stale_read", rule, "ok")
    assert op.request["StalenessMs"] < AN_HOUR_MS


def test_a_listing_catches_up_when_its_time_has_come(edge, zone_id):
    make_stale(edge, staleness_ms=1_000)
    change(edge, zone_id, "CREATE", "10.0.0.2")
    written_ns = edge.last(operation="ChangeResourceRecordSets").end_ns
    for _ in range(1_000):
        if addresses(edge, zone_id, "enactor-az1") == ["10.0.0.2"]:
            break
    op = edge.last(operation="ListResourceRecordSets")
    assert op.end_ns - written_ns >= 900_000_000
    assert addresses(edge, zone_id, "enactor-az1") == ["10.0.0.2"]
