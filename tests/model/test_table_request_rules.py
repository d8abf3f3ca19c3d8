from __future__ import annotations

import pytest

from gameday.model.table_request_rules import ITEM_BYTES_MAX, table_request_problem

KEY = {"pk": {"S": "a"}}


def item_of(size_bytes: int) -> dict[str, object]:
    return {**KEY, "d": {"S": "x" * (size_bytes - len("pkad"))}}


def deep(levels: int) -> dict[str, object]:
    value: dict[str, object] = {"N": "1" * 39}
    for _ in range(levels):
        value = {"L": [value]}
    return value


@pytest.mark.parametrize(
    ("operation", "request_body"),
    [
        ("PutItem", {"TableName": "t", "Item": KEY}),
        ("PutItem", {"TableName": "t", "Item": item_of(ITEM_BYTES_MAX)}),
        ("PutItem", {"Item": {**KEY, "n": {"N": "-" + "1" * 38 + "e-5"}}}),
        # Zeros at either end are not significant.
        ("PutItem", {"Item": {**KEY, "n": {"N": "1" + "0" * 60}}}),
        (
            "UpdateItem",
            {
                "UpdateExpression": "SET #n = :v, o = :v2",
                "ExpressionAttributeNames": {"#n": "n"},
                "ExpressionAttributeValues": {":v": {"N": "1"}, ":v2": {"N": "2"}},
            },
        ),
        ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": KEY}}]}}),
        ("CreateTable", {"ExpressionAttributeValues": {":v": {"N": "1"}}}),
        # What has not the form of a request is for the emulator to judge.
        ("PutItem", {"Item": "nonsense", "ExpressionAttributeValues": 7}),
        ("TransactWriteItems", {"TransactItems": [None, {"Put": 3}]}),
        ("PutItem", {"Item": {"d": deep(100)}}),
    ],
)
def test_a_fair_request_has_no_problem(operation: str, request_body: dict[str, object]):
    assert table_request_problem(operation, request_body) == ""


@pytest.mark.parametrize(
    ("operation", "request_body", "message"),
    [
        (
            "PutItem",
            {"Item": item_of(ITEM_BYTES_MAX + 1)},
            "Item size has exceeded the maximum allowed size",
        ),
        (
            "PutItem",
            {"Item": {**KEY, "n": {"M": {"x": {"NS": ["1", "1" * 39]}}}}},
            "Attempting to store more than 38 significant digits in a Number",
        ),
        (
            "PutItem",
            {"Item": KEY, "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "ExpressionAttributeValues can only be specified when using expressions",
        ),
        (
            # ":v" is not ":v2".
            "UpdateItem",
            {
                "UpdateExpression": "SET n = :v2",
                "ExpressionAttributeValues": {":v": {"N": "1"}, ":v2": {"N": "2"}},
            },
            (
                "Value provided in ExpressionAttributeValues unused in expressions: "
                "keys: {:v}"
            ),
        ),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"Item": KEY}},
                    {
                        "ConditionCheck": {
                            "ConditionExpression": "attribute_exists(pk)",
                            "ExpressionAttributeNames": {"#n": "n"},
                        }
                    },
                ]
            },
            (
                "Value provided in ExpressionAttributeNames unused in expressions: "
                "keys: {#n}"
            ),
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"t": [{"DeleteRequest": {"Key": KEY}}] * 26}},
            "Too many items requested for the BatchWriteItem call",
        ),
    ],
)
def test_what_dynamodb_would_not_read_is_told(
    operation: str, request_body: dict[str, object], message: str
):
    assert table_request_problem(operation, request_body) == message
