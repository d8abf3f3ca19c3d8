"""What reaches only DynamoDB is explored: the customer of two regions, and the lever.

The state of the other emulated services cannot be put back, so what calls those is no
actor of an exploration.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from gameday.aws.directory import DIRECTORY_TABLE, Directory
from gameday.aws.lever_store import LeverStore
from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.clock import SystemClock
from gameday.explore import Actor, Exploration, Moment, explore
from gameday.model.levers import Levers
from gameday.model.verdict import Validity
from gameday.region.services.dynamodb_path import DynamoDbPath
from gameday.region.services.global_tables import TableIn
from gameday.region.services.levers_seen import LeversSeen
from gameday.region.services.two_region_customer import TwoRegionCustomer

GATEWAY = "http://127.0.0.1:4566"
TABLE = "gameday-baskets"
EAST, WEST = "us-east-1", "us-west-2"


def dynamodb(region: str = EAST) -> Any:
    return client(
        "dynamodb",
        Caller(access_key="AKIATWOREGIONS000001", endpoint_url=GATEWAY, region=region),
    )


def policy() -> CallPolicy:
    return CallPolicy(clock=SystemClock(), random=Random(0), attempts_max=1)


def make(table: str, region: str = EAST) -> None:
    dynamodb(region).create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )


def two_regions() -> None:
    for region in (EAST, WEST):
        make(TABLE, region)


def shop() -> None:
    """Write twice at home, be failed by it, and go to the copy."""
    behind: list[int] = []
    customer = TwoRegionCustomer(
        table=TABLE,
        home=TableIn(region=EAST, dynamodb=dynamodb(), streams=None),
        copy=TableIn(region=WEST, dynamodb=dynamodb(WEST), streams=None),
        failures_to_take_over=0,
        policy=policy(),
        clock=SystemClock(),
        tell=behind.append,
    )
    customer.write()
    customer.write()
    assert customer.region == WEST
    assert behind


def looked_for_through(pins: str) -> None:
    path = DynamoDbPath(
        program=pins,
        public=dynamodb(),
        internal=dynamodb(),
        levers=LeversSeen(
            LeverStore(dynamodb(), policy()), clock=SystemClock(), poll_ms=0
        ),
    )
    Directory(path.client, policy()).find("user/analyst")


def pin() -> None:
    LeverStore(dynamodb(), policy()).write(Levers(internal_path_for=("sts",)))


def never_two_baskets(moment: Moment) -> str | None:
    items = moment.items(TABLE)
    return None if len(items) <= 2 else f"{len(items)} baskets in two regions"


def explored(setup: Callable[[], None], *actors: Actor, **asked: Any) -> Exploration:
    return explore(setup=setup, actors=actors, **asked)


def test_a_customer_who_takes_over_hides_nothing_from_the_explorer():
    found = explored(
        two_regions,
        Actor(name="customer", program=shop),
        always=[never_two_baskets],
    )
    assert found.validity is Validity.VALID, found.reasons


def test_a_lever_may_be_pulled_between_any_two_calls_of_a_look_up():
    def setup() -> None:
        make(DIRECTORY_TABLE)
        make(SWITCHES_TABLE)

    found = explored(
        setup,
        Actor(name="sts", program=lambda: looked_for_through("sts")),
        Actor(name="operator", program=pin),
        always=[lambda moment: moment.items(DIRECTORY_TABLE) == ()],
    )
    assert found.validity is Validity.VALID, found.reasons
