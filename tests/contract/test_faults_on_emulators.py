"""Every fault of a call, on every emulator: what boto3 raises, and what took effect.

The faults are the edge's, so they are the same whatever stands behind it; these
rows hold that, and they are the reference table of the README.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from edge_lab import client

from gameday.bundled import fixtures_folder
from gameday.edge.control_client import ControlClient
from gameday.model.history import Op
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage

DEADLINE_S = 20.0
PATIENCE_S = 0.5
"""How long a client waits for a reply that shall not come in time."""

_numbers = count()


@dataclass(frozen=True)
class Ground:
    """An emulator behind an edge, with a table."""

    url: str
    control: ControlClient

    def aws(self, service: str, **settings: Any) -> Any:
        return client(service, self.url, **settings)

    def ruled_on(self, rule: str, wanted: int = 1) -> list[Op]:
        """The ops that a rule ruled on, once there are so many."""
        found = []
        for op in self.control.follow(idle_s=DEADLINE_S):
            if op.rule == rule:
                found.append(op)
            if len(found) == wanted:
                return found
        raise AssertionError(f"{rule} ruled on {len(found)} calls, not on {wanted}")


@pytest.fixture(
    scope="module",
    params=[
        "moto",
        "ministack",
        pytest.param("localstack", marks=pytest.mark.localstack),
    ],
)
def shared_ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    region = load_region(fixtures_folder() / "regions" / "bare.yaml")
    with open_stage(region, emulator=request.param) as stage:
        url = stage.state.gateway_url
        with ControlClient(url) as control:
            made = Ground(url=url, control=control)
            made.aws("dynamodb").create_table(
                TableName="faults",
                KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            yield made


@pytest.fixture
def ground(shared_ground: Ground) -> Iterator[Ground]:
    yield shared_ground
    shared_ground.control.remove_rules()


SLOW = {"kind": "delay", "delay_ms": 3 * PATIENCE_S * 1000}
RESET = {"as": "reset"}
HANG = {"as": "hang"}


@pytest.mark.parametrize(
    ("fault", "raised", "outcome", "takes_effect"),
    [
        ({"kind": "delay", "delay_ms": 20}, None, "ok", True),
        (SLOW, ReadTimeoutError, "info", True),
        ({**SLOW, "on": "response"}, ReadTimeoutError, "info", True),
        (
            {"kind": "error", "code": "ProvisionedThroughputExceededException"},
            "ProvisionedThroughputExceededException",
            "fail",
            False,
        ),
        (
            {"kind": "error", "code": "InternalServerError"},
            "InternalServerError",
            "fail",
            False,
        ),
        (
            {"kind": "throttle", "rate_per_s": 0, "burst": 0},
            "ThrottlingException",
            "fail",
            False,
        ),
        ({"kind": "drop_request", **RESET}, ConnectionClosedError, "fail", False),
        ({"kind": "drop_request", **HANG}, ReadTimeoutError, "fail", False),
        ({"kind": "drop_response", **RESET}, ConnectionClosedError, "info", True),
        ({"kind": "drop_response", **HANG}, ReadTimeoutError, "info", True),
        ({"kind": "hold", "timeout_ms": 20}, None, "ok", True),
        ({"kind": "hold", "timeout_ms": 1500}, ReadTimeoutError, "info", True),
        ({"kind": "hold", "on_disconnect": "drop"}, ReadTimeoutError, "fail", False),
        ({"kind": "duplicate", "reply": "first"}, None, "ok", True),
        ({"kind": "duplicate"}, "ConditionalCheckFailedException", "fail", True),
        (
            {"kind": "reject_skew", "skew_ms_max": 0},
            "InvalidSignatureException",
            "fail",
            False,
        ),
    ],
    ids=lambda value: (
        "-".join(map(str, value.values())) if isinstance(value, dict) else ""
    ),
)
def test_a_write_that_meets_a_fault(ground, fault, raised, outcome, takes_effect):
    """A put that only succeeds once, so that trying again tells whether it did."""
    patience_s = PATIENCE_S if raised is ReadTimeoutError else DEADLINE_S
    aws = ground.aws("dynamodb", read_timeout_s=patience_s)
    key = {"k": {"S": f"row {next(_numbers)}"}}
    rule = ground.control.set_rule({"match": {"operation": "PutItem"}, "fault": fault})

    expected = (
        getattr(aws.exceptions, raised, None) if isinstance(raised, str) else raised
    )
    try:
        aws.put_item(
            TableName="faults",
            Item=key,
            ConditionExpression="attribute_not_exists(k)",
        )
    except Exception as error:  # noqa: BLE001 - compared with what is expected
        seen: BaseException | None = error
    else:
        seen = None

    assert name_of(seen) == (
        raised if isinstance(raised, str) else name_of_type(raised)
    )
    assert expected is None or isinstance(seen, expected)
    ops = ground.ruled_on(rule, 2 if fault["kind"] == "duplicate" else 1)
    told = [op for op in ops if op.status is not None] or ops
    assert (told[0].ruling, told[0].outcome) == (fault["kind"], outcome)
    ground.control.remove_rules()
    found = ground.aws("dynamodb").get_item(
        TableName="faults", Key=key, ConsistentRead=True
    )
    assert ("Item" in found) is takes_effect


def name_of(error: BaseException | None) -> str:
    """AWS's code of an error, or the name of botocore's class."""
    if error is None:
        return ""
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else type(error).__name__


def name_of_type(kind: type[BaseException] | None) -> str:
    return kind.__name__ if kind else ""


def test_a_read_that_is_behind(ground):
    aws = ground.aws("dynamodb")
    key = {"k": {"S": "stale"}}
    aws.put_item(TableName="faults", Item={**key, "v": {"S": "old"}})
    ground.control.set_rule(
        {"fault": {"kind": "stale_read", "staleness_ms": 3_600_000}}
    )
    aws.update_item(
        TableName="faults",
        Key=key,
        UpdateExpression="SET v = :new",
        ExpressionAttributeValues={":new": {"S": "new"}},
    )
    asked = {
        "KeyConditionExpression": "k = :k",
        "ExpressionAttributeValues": {":k": key["k"]},
    }
    for consistent, value in ((False, "old"), (True, "new")):
        got = aws.get_item(TableName="faults", Key=key, ConsistentRead=consistent)
        assert got["Item"]["v"] == {"S": value}
        listed = aws.query(TableName="faults", ConsistentRead=consistent, **asked)
        assert [item["v"] for item in listed["Items"]] == [{"S": value}]


def test_a_listing_that_is_behind(ground):
    aws = ground.aws("route53")
    zone = aws.create_hosted_zone(Name="faults.gameday.test", CallerReference="f")
    zone_id = zone["HostedZone"]["Id"]
    record = {
        "Name": "faults.gameday.test",
        "Type": "TXT",
        "TTL": 5,
        "ResourceRecords": [{"Value": '"new"'}],
    }

    def change(action: str) -> None:
        aws.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
        )

    def types() -> set[str]:
        listed = aws.list_resource_record_sets(HostedZoneId=zone_id)
        return {each["Type"] for each in listed["ResourceRecordSets"]}

    ground.control.set_rule(
        {"fault": {"kind": "stale_read", "staleness_ms": 3_600_000}}
    )
    change("CREATE")
    assert types() == {"NS", "SOA"}
    ground.control.remove_rules()
    assert types() == {"NS", "SOA", "TXT"}
    change("DELETE")
    aws.delete_hosted_zone(Id=zone_id)
