"""Small boto3 programs that tests explore: a counter that several increase."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from gameday.explore import Actor, Moment

TABLE = "counters"
KEY = {"name": {"S": "hits"}}


def dynamodb() -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="AKIACOUNTER000000001",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
    )


def setup() -> None:
    client = dynamodb()
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )
    client.put_item(TableName=TABLE, Item={**KEY, "value": {"N": "0"}})


def read_value(client: Any) -> int:
    item = client.get_item(TableName=TABLE, Key=KEY, ConsistentRead=True)["Item"]
    return int(item["value"]["N"])


def increase_blindly() -> None:
    """Read, then write: the update of whoever wrote in between is lost."""
    client = dynamodb()
    value = read_value(client) + 1
    client.put_item(TableName=TABLE, Item={**KEY, "value": {"N": str(value)}})


def increase_safely() -> None:
    """Read, then write on condition that nobody did in between; else again."""
    client = dynamodb()
    while True:
        value = read_value(client)
        try:
            client.put_item(
                TableName=TABLE,
                Item={**KEY, "value": {"N": str(value + 1)}},
                ConditionExpression="#v = :seen",
                ExpressionAttributeNames={"#v": "value"},
                ExpressionAttributeValues={":seen": {"N": str(value)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        else:
            return


def counters(program: Any, count: int) -> list[Actor]:
    return [Actor(name=f"counter-{n}", program=program) for n in range(1, count + 1)]


def counts_to(count: int) -> Any:
    def all_counted(moment: Moment) -> str | None:
        (item,) = moment.items(TABLE)
        wanted = f'"value": {{"N": "{count}"}}'
        return None if wanted in item else f"{count} increased it, and it is {item}"

    return all_counted
