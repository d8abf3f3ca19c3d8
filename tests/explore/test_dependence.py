from __future__ import annotations

from typing import Any

import pytest
from counter_programs import counters, increase_safely
from counter_programs import setup as set_up
from small_programs import ZONE, Call, actors, put, space_of
from small_programs import set_up as set_up_small
from test_region_actors import region

from gameday.explore import Moment, Property, explore
from gameday.explore.dependence import Dependence
from gameday.explore.footprint import Footprint, footprint_of, matches
from gameday.explore.interleaving import Faults
from gameday.explore.reduction_check import check_reduction
from gameday.explore.strategy_names import strategies_named
from gameday.model.verdict import Validity


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


@pytest.mark.parametrize("strategy", ["sleep-sets", "source-dpor"])
def test_a_property_of_two_services_tells_writes_to_each_apart(strategy: str):
    def nobody_puts_beside_a_record(moment: Moment) -> bool:
        zone = moment.zone(ZONE)
        assert zone is not None
        made = moment.made
        is_there = any(key.name == f"x.{ZONE}" for key in zone.record_sets)
        return made is None or made.operation != "PutItem" or not is_there

    # Only one of the two orders breaks it, and the calls touch nothing in common.
    found = explore(
        setup=set_up_small,
        actors=actors(put("a"), (Call("upsert", ("x",)),)),
        always=[nobody_puts_beside_a_record],
        strategies=strategies_named(strategy, preemptions=0, seed=0),
    )

    assert found.validity is Validity.INVALID


def test_a_property_is_asked_only_where_a_service_changes_that_it_looks_at():
    asked: list[str] = []

    def note(moment: Moment) -> None:
        asked.append(moment.made.operation if moment.made else "")

    explore(
        setup=set_up_small,
        actors=actors(put("a"), (Call("upsert", ("x",)),)),
        always=[Property(name="note", check=note, services=("route53",))],
    )

    assert set(asked) == {"", "ChangeResourceRecordSets"}
