"""Two regions see each other's writes, late when one of them cannot be reached."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from service_stage import EAST, WEST, ServiceStage

from gameday.region.services.global_tables import FROM_REGION, Replication, TableIn
from gameday.region.services.two_region_customer import ITEM, TwoRegionCustomer

TABLE = "gameday-baskets"


class TwoRegions:
    """One global table and its replication both ways."""

    def __init__(self, stage: ServiceStage) -> None:
        self.stage = stage
        self.latencies_ms: list[int] = []
        self.behind: list[int] = []
        self.at = {region: self._table_in(region) for region in (EAST, WEST)}
        stage.way.is_cut = False
        for each in (self.at[EAST].dynamodb, self.at[EAST].streams):
            each.meta.events.register("before-send", stage.way.guard)
        self.out = self._replication(EAST, WEST)
        self.back = self._replication(WEST, EAST)

    def customer(self, *, takes_over: bool) -> TwoRegionCustomer:
        return TwoRegionCustomer(
            table=TABLE,
            home=self.at[EAST],
            copy=self.at[WEST] if takes_over else None,
            failures_to_take_over=2,
            policy=self.stage.policy,
            clock=self.stage.clock,
            tell=self.behind.append,
        )

    def version(self, region: str) -> int:
        item = self.item(region)
        return int(item["version"]["N"]) if item else 0

    def item(self, region: str) -> dict[str, Any]:
        # Past the cut, as the test's own look.
        reply = self.stage.client("dynamodb", region).get_item(
            TableName=TABLE, Key={"name": {"S": ITEM}}
        )
        return dict(reply.get("Item", {}))

    def replicate(self) -> None:
        while self.out.turn() or self.back.turn():
            pass

    def _table_in(self, region: str) -> TableIn:
        self.stage.create_table(
            TABLE,
            region=region,
            StreamSpecification={
                "StreamEnabled": True,
                "StreamViewType": "NEW_IMAGE",
            },
        )
        return TableIn(
            region=region,
            dynamodb=self.stage.own_client("dynamodb", region),
            streams=self.stage.own_client("dynamodbstreams", region),
        )

    def _replication(self, source: str, target: str) -> Replication:
        return Replication(
            table=TABLE,
            source=self.at[source],
            target=self.at[target],
            policy=self.stage.policy,
            clock=self.stage.clock,
            tell=self.latencies_ms.append,
        )


@pytest.fixture
def regions(stage: ServiceStage) -> TwoRegions:
    return TwoRegions(stage)


def test_what_is_written_in_one_region_is_seen_in_the_other(regions: TwoRegions):
    customer = regions.customer(takes_over=False)
    for _ in range(3):
        customer.write()
        regions.stage.clock.sleep_ms(10)
    assert regions.version(WEST) == 0
    regions.replicate()
    assert regions.version(WEST) == 3
    assert regions.latencies_ms == [10]
    assert regions.item(WEST)[FROM_REGION] == {"S": EAST}


def test_what_was_replicated_goes_no_further(regions: TwoRegions):
    regions.customer(takes_over=False).write()
    regions.replicate()
    regions.replicate()
    assert FROM_REGION not in regions.item(EAST)


def test_a_region_that_cannot_be_reached_is_late_and_its_backlog_comes_over(
    regions: TwoRegions,
):
    customer = regions.customer(takes_over=False)
    customer.write()
    regions.replicate()
    customer.write()
    regions.stage.way.is_cut = True
    with pytest.raises(EndpointConnectionError):
        regions.out.turn()
    assert regions.version(WEST) == 1
    regions.stage.clock.sleep_ms(5_000)
    regions.stage.way.is_cut = False
    regions.replicate()
    assert regions.version(WEST) == 2
    assert regions.latencies_ms[-1] == 5_000


def test_the_last_writer_wins_however_often_records_come(regions: TwoRegions):
    customer = regions.customer(takes_over=False)
    customer.write()
    regions.stage.clock.sleep_ms(10)
    again = TwoRegions._replication(regions, EAST, WEST)
    for each in (regions.out, again):
        each.turn()
    customer.write()
    regions.replicate()
    # From the beginning, once more.
    TwoRegions._replication(regions, EAST, WEST).turn()
    assert regions.version(WEST) == 2


def test_a_customer_without_a_second_home_is_down_with_the_first(regions: TwoRegions):
    customer = regions.customer(takes_over=False)
    customer.write()
    regions.stage.way.is_cut = True
    for _ in range(5):
        with pytest.raises(EndpointConnectionError):
            customer.write()
    assert customer.region == EAST
    assert regions.behind == []


def test_a_customer_that_takes_over_finds_the_copy_behind_and_goes_on(
    regions: TwoRegions,
):
    customer = regions.customer(takes_over=True)
    customer.write()
    regions.replicate()
    for _ in range(3):
        customer.write()
    regions.stage.way.is_cut = True
    for _ in range(2):
        with pytest.raises(EndpointConnectionError):
            customer.write()
    regions.stage.clock.sleep_ms(10)
    assert customer.write() == 5
    assert customer.region == WEST
    assert regions.behind == [3]

    # What was late is older than what was written here meanwhile.
    regions.stage.way.is_cut = False
    regions.replicate()
    assert regions.version(WEST) == 5
    assert regions.version(EAST) == 5
