"""A request that arrives twice: what its caller is told, and what it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from edge_lab import EdgeProcess, read_history, running_edge

from gameday.model.history import Op

pytestmark = pytest.mark.usefixtures("table")


def duplicate(edge: EdgeProcess, operation: str, **fault: Any) -> str:
    return edge.control.set_rule(
        {
            "match": {"operation": operation},
            "fault": {"kind": "duplicate", **fault},
            "count": 1,
        }
    )


def deliveries(edge: EdgeProcess, rule: str, wanted: int) -> list[Op]:
    """The ops of one request, once all of its deliveries have been made."""
    found = []
    for op in edge.control.follow(idle_s=20):
        if op.rule == rule:
            found.append(op)
        if len(found) == wanted:
            return sorted(found, key=lambda each: each.request["Delivery"])
    raise AssertionError(f"only {len(found)} of {wanted} deliveries were made")


def put_new(edge: EdgeProcess, key: str) -> Any:
    return edge.client("dynamodb").put_item(
        TableName="things",
        Item={"k": {"S": key}},
        ConditionExpression="attribute_not_exists(k)",
    )


def add_one(edge: EdgeProcess, key: str) -> Any:
    return edge.client("dynamodb").update_item(
        TableName="things",
        Key={"k": {"S": key}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )


def test_the_winner_that_is_told_of_its_second_delivery_has_lost(edge):
    rule = duplicate(edge, "PutItem", reply="last")
    aws = edge.client("dynamodb")
    with pytest.raises(aws.exceptions.ConditionalCheckFailedException):
        put_new(edge, "twice")
    first, second = deliveries(edge, rule, 2)
    assert (first.outcome, first.status, first.error) == ("ok", None, "")
    assert (second.outcome, second.status) == ("fail", 400)
    assert second.error == "ConditionalCheckFailedException"
    assert first.writes == second.writes == ("dynamodb:things/twice",)
    assert first.reads == second.reads
    assert first.end_ns <= second.end_ns
    assert "ConditionalCheck" not in str(first.response)


def test_the_winner_that_is_told_of_its_first_delivery_has_won(edge):
    rule = duplicate(edge, "PutItem", reply="first")
    put_new(edge, "late copy")
    first, second = deliveries(edge, rule, 2)
    assert (first.outcome, first.status) == ("ok", 200)
    assert (second.outcome, second.status) == ("fail", None)
    assert second.error == "ConditionalCheckFailedException"
    assert (second.ruling, second.request["Deliveries"]) == ("duplicate", 2)


def test_an_increment_counts_as_often_as_it_is_delivered(edge):
    duplicate(edge, "UpdateItem", copies=3)
    told = add_one(edge, "counter")
    assert told["Attributes"]["n"] == {"N": "3"}


def test_a_copy_that_arrives_late_undoes_what_was_written_since(edge):
    """The retransmission: its caller has gone on, and writes again."""
    rule = duplicate(edge, "PutItem", reply="first", gap_ms=1000)
    aws = edge.client("dynamodb")
    for value in ("old", "new"):
        aws.put_item(TableName="things", Item={"k": {"S": "late"}, "v": {"S": value}})
    _, late = deliveries(edge, rule, 2)
    assert (late.outcome, late.status) == ("ok", None)
    item = aws.get_item(
        TableName="things", Key={"k": {"S": "late"}}, ConsistentRead=True
    )
    assert item["Item"]["v"] == {"S": "old"}


def test_a_transaction_with_a_token_applies_once_however_often_it_arrives(edge):
    rule = duplicate(edge, "TransactWriteItems", copies=3, reply="last")
    edge.client("dynamodb").transact_write_items(
        ClientRequestToken="only once",
        TransactItems=[
            {
                "Update": {
                    "TableName": "things",
                    "Key": {"k": {"S": "tokened"}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
        ],
    )
    assert [op.outcome for op in deliveries(edge, rule, 3)] == ["ok"] * 3
    assert add_one(edge, "tokened")["Attributes"]["n"] == {"N": "2"}


@pytest.fixture
def zone_id(edge: EdgeProcess) -> Iterator[str]:
    made = edge.client("route53").create_hosted_zone(
        Name="twice.gameday.test", CallerReference="twice"
    )
    yield made["HostedZone"]["Id"]
    edge.control.remove_rules()
    edge.client("route53").delete_hosted_zone(Id=made["HostedZone"]["Id"])


def change(edge: EdgeProcess, zone_id: str, action: str) -> Any:
    record = {
        "Name": "lock.twice.gameday.test",
        "Type": "TXT",
        "TTL": 5,
        "ResourceRecords": [{"Value": '"mine"'}],
    }
    return edge.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def test_a_lock_that_is_created_twice_is_refused_to_its_holder(edge, zone_id):
    rule = duplicate(edge, "ChangeResourceRecordSets", reply="last")
    aws = edge.client("route53")
    with pytest.raises(aws.exceptions.InvalidChangeBatch, match="it already exists"):
        change(edge, zone_id, "CREATE")
    assert [op.outcome for op in deliveries(edge, rule, 2)] == ["ok", "fail"]
    change(edge, zone_id, "DELETE")


def test_a_caller_that_gave_up_while_the_copies_went_out_cannot_know(edge):
    rule = duplicate(edge, "UpdateItem", reply="last", gap_ms=600)
    with pytest.raises(ReadTimeoutError):
        edge.client("dynamodb", read_timeout_s=0.2).update_item(
            TableName="things",
            Key={"k": {"S": "gone"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    first, last = deliveries(edge, rule, 2)
    assert [(op.outcome, op.status) for op in (first, last)] == [
        ("ok", None),
        ("info", None),
    ]


def test_what_was_not_delivered_when_the_edge_ends_never_is(stock_moto_url, tmp_path):
    with running_edge(stock_moto_url, tmp_path) as edge:
        rule = duplicate(edge, "UpdateItem", reply="first", gap_ms=600_000)
        add_one(edge, "ended")
    ops = [op for op in read_history(edge.history_file) if op.rule == rule]
    assert [(op.request["Delivery"], op.outcome) for op in ops] == [
        (1, "ok"),
        (2, "fail"),
    ]
