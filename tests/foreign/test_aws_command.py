"""`aws` in a shell does its ordinary work through the edge, and DNS follows.

It is given nothing but AWS_ENDPOINT_URL, credentials and a region.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from foreign_programs import FIRST_START_S, Neighbourhood, Ran
from stage_traces import eventually

from gameday.model.history import Outcome

pytestmark = pytest.mark.timeout(FIRST_START_S)

CONDITION_FAILED = "ConditionalCheckFailedException"
CHANGE = "ChangeResourceRecordSets"
ONE_ATTEMPT = {"AWS_MAX_ATTEMPTS": "1"}
DRAWN = 100


class Zone:
    """A hosted zone and what `aws` does in it."""

    def __init__(self, around: Neighbourhood, name: str, zone_id: str) -> None:
        self.around = around
        self.name = name
        self.id = zone_id

    def aws(self, *arguments: object, **environment: str) -> Ran:
        return self.around.run(
            "aws", "aws", "route53", *arguments, environment=environment
        )

    def change(self, *changes: tuple[str, dict[str, Any]], **environment: str) -> Ran:
        """Submit a batch from a JSON file, as people do."""
        lines = [
            {"Action": action, "ResourceRecordSet": self._placed(record_set)}
            for action, record_set in changes
        ]
        file = self.around.folder / "batch.json"
        file.write_text(json.dumps({"Comment": "by hand", "Changes": lines}))
        return self.aws(
            *("change-resource-record-sets", "--hosted-zone-id", self.id),
            *("--change-batch", f"file://{file}"),
            **environment,
        )

    def listed(self, *arguments: object) -> Any:
        listing = ("list-resource-record-sets", "--hosted-zone-id", self.id)
        return ok(self.aws(*listing, *arguments)).json

    def below(self, name: str) -> str:
        return f"{name}.{self.name}"

    def _placed(self, record_set: dict[str, Any]) -> dict[str, Any]:
        return {**record_set, "Name": self.below(record_set["Name"])}


def ok(ran: Ran) -> Ran:
    assert ran.status == 0, ran.err
    return ran


def address(name: str, *values: str, **more: Any) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": records, **more}


def text(name: str, *values: str) -> dict[str, Any]:
    return {**address(name, *values), "Type": "TXT"}


def named(request: pytest.FixtureRequest) -> str:
    return "-".join(request.node.originalname.split("_")[1:5])


@pytest.fixture
def zone(neighbourhood: Neighbourhood, request: pytest.FixtureRequest) -> Zone:
    """A new zone that is none of `aws`'s doing, to save it a start."""
    name = f"{named(request)}.aws.gameday.test"
    made = neighbourhood.edge.client("route53").create_hosted_zone(
        Name=name, CallerReference=name
    )
    return Zone(neighbourhood, name, made["HostedZone"]["Id"].rpartition("/")[2])


def test_a_zone_is_made_served_and_removed(neighbourhood: Neighbourhood):
    route53, name = ("aws", "aws", "route53"), "made.aws.gameday.test"

    made = ok(
        neighbourhood.run(
            *(*route53, "create-hosted-zone"),
            *("--name", name, "--caller-reference", name),
        )
    ).json
    served = eventually(lambda: neighbourhood.ask(name, "NS"))
    removed = ok(
        neighbourhood.run(
            *(*route53, "delete-hosted-zone"), "--id", made["HostedZone"]["Id"]
        )
    ).json

    # AWS gives them without the last dot, MiniStack with it.
    servers = [each.rstrip(".") for each in made["DelegationSet"]["NameServers"]]
    assert [f"{each}." for each in sorted(servers)] == served
    assert removed["ChangeInfo"]["Status"] in {"PENDING", "INSYNC"}
    neighbourhood.await_answer(name, record_type="NS")


def test_records_are_created_changed_listed_and_deleted(zone: Zone):
    around, www = zone.around, address("www", "127.0.10.1")
    many = address("many", "127.0.10.1", "127.0.10.2", "127.0.10.3")
    words = text("words", '"say \\"hi\\""', '"two" "strings"')
    alias = {
        "Name": "front",
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": zone.id,
            "DNSName": zone.below("www"),
            "EvaluateTargetHealth": False,
        },
    }

    made = zone.change(*(("CREATE", each) for each in (www, many, words, alias)))
    change = ok(made).json["ChangeInfo"]
    assert change["Status"] == "PENDING"
    ok(zone.aws("wait", "resource-record-sets-changed", "--id", change["Id"]))

    # INSYNC says that every server has it: nothing is waited for.
    assert around.ask(zone.below("www")) == ["127.0.10.1"]
    assert around.ask(zone.below("front")) == ["127.0.10.1"]
    assert around.ask(zone.below("many")) == ["127.0.10.1", "127.0.10.2", "127.0.10.3"]
    told = around.ask(zone.below("words"), "TXT")
    assert told == [r'"say \"hi\""', '"two" "strings"']
    assert around.ask_resolver(zone.below("front")) == ["127.0.10.1"]

    listed = {each["Name"]: each for each in zone.listed()["ResourceRecordSets"]}
    kept = listed[f"{zone.below('words')}."]["ResourceRecords"]
    assert kept == words["ResourceRecords"]

    ok(zone.change(("UPSERT", address("www", "127.0.10.7"))))
    around.await_answer(zone.below("www"), "127.0.10.7")
    around.await_answer(zone.below("front"), "127.0.10.7")

    stale = zone.change(("DELETE", www))
    assert stale.status != 0
    assert "InvalidChangeBatch" in stale.err
    ok(zone.change(("DELETE", alias), ("DELETE", many)))
    around.await_answer(zone.below("many"))
    around.await_answer(zone.below("front"))
    assert around.ask(zone.below("www")) == ["127.0.10.7"]


def test_weighted_records_are_drawn_by_their_weights(zone: Zone):
    around, name = zone.around, zone.below("w")
    first = address("w", "127.0.10.1", SetIdentifier="lb-1", Weight=3)
    other = address("w", "127.0.10.2", SetIdentifier="lb-2", Weight=1)
    ok(zone.change(("CREATE", first), ("CREATE", other)))
    eventually(lambda: around.ask(name))

    drawn = Counter(around.ask(name)[0] for _ in range(DRAWN))
    assert drawn.keys() == {"127.0.10.1", "127.0.10.2"}
    assert 0.6 < drawn["127.0.10.1"] / DRAWN < 0.9

    ok(zone.change(("UPSERT", {**first, "Weight": 0})))
    eventually(lambda: {around.ask(name)[0] for _ in range(DRAWN)} == {"127.0.10.2"})


def test_a_listing_in_pages_is_the_whole(zone: Zone):
    """Also where a page ends within a weighted name."""
    sets = [address(f"n{place}", "127.0.10.1") for place in range(2)] + [
        address("w", "127.0.10.1", SetIdentifier=f"lb-{place}", Weight=place)
        for place in range(3)
    ]
    ok(zone.change(*(("CREATE", each) for each in sets)))
    whole = zone.listed()["ResourceRecordSets"]

    first = zone.listed("--max-items", 4)
    rest = zone.listed("--starting-token", first["NextToken"])
    small_pages = zone.listed("--page-size", 2)

    assert len(whole) == len(sets) + 2
    assert first["ResourceRecordSets"] + rest["ResourceRecordSets"] == whole
    assert small_pages["ResourceRecordSets"] == whole


def test_a_lost_reply_looks_like_a_failure_and_is_none(zone: Zone):
    around, create = zone.around, ("CREATE", address("www", "127.0.10.1"))

    with around.meeting_once("drop_response", "aws", CHANGE):
        ran, ops = around.watch("aws", lambda: zone.change(create, **ONE_ATTEMPT))

    assert ran.status != 0
    assert "Connection was closed" in ran.err
    assert [op.outcome for op in ops] == [Outcome.INFO]
    around.await_answer(zone.below("www"), "127.0.10.1")


def test_trying_again_after_a_lost_reply_is_refused_because_it_had_worked(zone: Zone):
    """What botocore does by itself turns a change that was made into an error."""
    around, create = zone.around, ("CREATE", address("www", "127.0.10.1"))

    with around.meeting_once("drop_response", "aws", CHANGE):
        ran, ops = around.watch("aws", lambda: zone.change(create))

    assert [op.outcome for op in ops] == [Outcome.INFO, Outcome.FAIL]
    assert "InvalidChangeBatch" in ran.err
    assert "already exists" in ran.err
    around.await_answer(zone.below("www"), "127.0.10.1")


class Table:
    """A DynamoDB table and what `aws` does with it."""

    def __init__(self, around: Neighbourhood, name: str) -> None:
        self.around = around
        self.name = name

    def aws(self, *arguments: object) -> Ran:
        """Run a command about this table."""
        return self.run(*arguments, "--table-name", self.name)

    def run(self, *arguments: object) -> Ran:
        return self.around.run("aws", "aws", "dynamodb", *arguments)

    def put(self, generation: int, **more: str) -> list[object]:
        item = {**key(generation), "state": {"S": "new"}}
        options = [
            part for name, value in more.items() for part in (f"--{name}", value)
        ]
        return ["put-item", "--item", json.dumps(item), *options]


def key(generation: int) -> dict[str, Any]:
    return {"endpoint": {"S": "e"}, "generation": {"N": str(generation)}}


@pytest.fixture
def table(neighbourhood: Neighbourhood, request: pytest.FixtureRequest) -> Table:
    table = Table(neighbourhood, named(request))
    made = table.aws(
        "create-table",
        *("--billing-mode", "PAY_PER_REQUEST", "--attribute-definitions"),
        *(f"AttributeName={name},AttributeType={kind}" for name, kind, _ in KEY),
        "--key-schema",
        *(f"AttributeName={name},KeyType={role}" for name, _, role in KEY),
    )
    assert ok(made).json["TableDescription"]["TableName"] == table.name
    neighbourhood.edge.client("dynamodb").get_waiter("table_exists").wait(
        TableName=table.name
    )
    return table


KEY = (("endpoint", "S", "HASH"), ("generation", "N", "RANGE"))
ABSENT = {"condition-expression": "attribute_not_exists(generation)"}


def test_a_conditional_put_wins_once(table: Table):
    ok(table.aws("wait", "table-exists"))
    ok(table.aws(*table.put(1, **ABSENT)))
    refused = table.aws(*table.put(1, **ABSENT))

    assert refused.status != 0
    assert CONDITION_FAILED in refused.err


def test_a_transaction_applies_whole_or_not_at_all(table: Table):
    def write(*generations: int) -> Ran:
        lines = [
            {
                "Put": {
                    "TableName": table.name,
                    "Item": key(generation),
                    "ConditionExpression": ABSENT["condition-expression"],
                }
            }
            for generation in generations
        ]
        items = json.dumps(lines)
        return table.run("transact-write-items", "--transact-items", items)

    ok(write(1, 2))
    cancelled = write(3, 2)

    assert cancelled.status != 0
    assert "TransactionCanceledException" in cancelled.err
    assert "[None, ConditionalCheckFailed]" in cancelled.err
    query = table.aws(
        *("query", "--no-scan-index-forward", "--consistent-read"),
        *("--key-condition-expression", "endpoint = :e"),
        *("--expression-attribute-values", '{":e": {"S": "e"}}'),
    )
    found = [int(item["generation"]["N"]) for item in ok(query).json["Items"]]
    assert found == [2, 1]


def test_a_query_in_pages_is_the_whole(table: Table):
    puts = [{"PutRequest": {"Item": key(generation)}} for generation in range(1, 6)]
    batch = json.dumps({table.name: puts})
    ok(table.run("batch-write-item", "--request-items", batch))

    asked = (
        *("query", "--key-condition-expression", "endpoint = :e"),
        *("--expression-attribute-values", '{":e": {"S": "e"}}', "--max-items", 2),
    )
    first = ok(table.aws(*asked)).json
    rest = ok(table.aws(*asked[:-1], 9, "--starting-token", first["NextToken"])).json

    items = first["Items"] + rest["Items"]
    assert [int(item["generation"]["N"]) for item in items] == [1, 2, 3, 4, 5]


def test_a_lost_reply_fails_the_lock_that_was_won(table: Table):
    around = table.around

    with around.meeting_once("drop_response", "aws", "PutItem"):
        ran, ops = around.watch("aws", lambda: table.aws(*table.put(1, **ABSENT)))

    assert [op.outcome for op in ops] == [Outcome.INFO, Outcome.FAIL]
    assert CONDITION_FAILED in ran.err
    got = ok(table.aws("get-item", "--key", json.dumps(key(1)))).json
    assert got["Item"]["state"] == {"S": "new"}


def test_it_is_told_who_it_is_and_the_history_knows(neighbourhood: Neighbourhood):
    ran, (op,) = neighbourhood.watch(
        "aws", lambda: neighbourhood.run("aws", "aws", "sts", "get-caller-identity")
    )

    assert len(ok(ran).json["Account"]) == 12
    assert (op.service, op.operation) == ("sts", "GetCallerIdentity")
    assert op.outcome is Outcome.OK
