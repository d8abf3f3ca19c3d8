from __future__ import annotations

from typing import Any

import pytest
from counter_programs import counters, increase_safely
from counter_programs import setup as set_up
from small_programs import space_of
from test_region_actors import region

from gameday.explore.dependence import Dependence
from gameday.explore.footprint import Footprint, footprint_of, matches
from gameday.explore.interleaving import Faults
from gameday.explore.reduction_check import check_reduction


def keys_of(_region: str, table: str) -> tuple[str, ...] | None:
    return {"plans": ("region", "generation")}.get(table)


def touched(service: str, operation: str, **parameters: Any) -> Footprint:
    return footprint_of(
        service, operation, parameters, region="us-east-1", keys_of=keys_of
    )


PLAN = {"region": {"S": "r"}, "generation": {"N": "1"}}
ITEM = 'dynamodb:us-east-1/plans/[{"S": "r"}, {"N": "1"}]'


def test_a_plain_write_does_not_read_and_a_conditional_one_does():
    plain = touched("dynamodb", "PutItem", TableName="plans", Item=PLAN)
    conditional = touched(
        "dynamodb", "PutItem", TableName="plans", Item=PLAN, ConditionExpression="x"
    )

    assert plain == Footprint(reads=(), writes=(ITEM,))
    assert conditional == Footprint(reads=(ITEM,), writes=(ITEM,))


def test_a_query_of_a_partition_sees_an_item_that_is_not_there_yet():
    query = touched(
        "dynamodb",
        "Query",
        TableName="plans",
        KeyConditionExpression="#r = :r",
        ExpressionAttributeNames={"#r": "region"},
        ExpressionAttributeValues={":r": {"S": "r"}},
    )
    other = touched(
        "dynamodb",
        "PutItem",
        TableName="plans",
        Item={"region": {"S": "elsewhere"}, "generation": {"N": "1"}},
    )

    assert query.depends_on(
        touched("dynamodb", "PutItem", TableName="plans", Item=PLAN)
    )
    assert not query.depends_on(other)


def test_a_transaction_touches_its_whole_set():
    transaction = touched(
        "dynamodb",
        "TransactWriteItems",
        TransactItems=[
            {"ConditionCheck": {"TableName": "plans", "Key": PLAN}},
            {"Put": {"TableName": "plans", "Item": {**PLAN, "region": {"S": "s"}}}},
        ],
    )

    assert transaction.reads == (ITEM, ITEM.replace('"r"', '"s"'))
    assert transaction.writes == (ITEM.replace('"r"', '"s"'),)


def test_a_batch_touches_its_names_and_the_targets_of_its_aliases():
    alias = {
        "Name": "root.test.",
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": "Z1",
            "DNSName": "tree.root.test.",
            "EvaluateTargetHealth": False,
        },
    }
    flip = touched(
        "route53",
        "ChangeResourceRecordSets",
        HostedZoneId="Z1",
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": alias}]},
    )

    assert flip.writes == ("route53:Z1/root.test./A/",)
    assert flip.reads == ("route53:Z1/root.test./*", "route53:Z1/tree.root.test./*")


def test_an_unknown_operation_depends_on_everything_of_its_service():
    unknown = touched("dynamodb", "TagResource", ResourceArn="a")

    assert not unknown.is_known
    assert unknown.depends_on(
        touched("dynamodb", "GetItem", TableName="plans", Key=PLAN)
    )
    assert not unknown.depends_on(
        touched("route53", "ListResourceRecordSets", HostedZoneId="Z1")
    )


def test_a_pattern_with_a_star_stands_for_what_begins_so():
    assert matches("route53:Z1/*", "route53:Z1/a./A/")
    assert not matches("route53:Z1/*", "route53:Z10/a./A/")
    assert not matches("route53:Z1/a./A/", "route53:Z1/a./A/x")


@pytest.mark.parametrize("views", [[], [frozenset({"dynamodb"})]])
def test_independent_steps_of_the_counters_commute_everywhere(views):
    with space_of(set_up, counters(increase_safely, 3), Faults()) as space:
        checked = check_reduction(space, Dependence(space, views=views))

    assert checked.broken == ()
    assert checked.exhausted
    assert checked.pairs > 5


def test_independent_steps_of_the_region_commute():
    under = region("as-built", plans=2, enactors=2)
    with space_of(under.provision, under.actors(), Faults(tick_ms=1_000)) as space:
        dependence = Dependence(space, views=[frozenset({"route53"})])
        checked = check_reduction(space, dependence, states_max=1_500)

    assert checked.broken == ()
    assert checked.pairs > 50


def test_a_wrong_footprint_is_noticed(monkeypatch):
    monkeypatch.setattr(Footprint, "depends_on", lambda _one, _other: False)
    with space_of(set_up, counters(increase_safely, 2), Faults()) as space:
        checked = check_reduction(space, Dependence(space, views=()))

    assert checked.broken
