"""A table with replicas exists in other regions too, and tells of its changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from service_stage import EAST, WEST, ServiceStage

from gameday.bundled import fixtures_folder
from gameday.errors import InvalidInput
from gameday.region.provisioning import provision
from gameday.region.settings import ActorConfig, Table, TableKey
from gameday.region.topology import load_region

BASKETS = Table(
    name="baskets", partition_key=TableKey(name="name", type="S"), replicas=(WEST,)
)
BARE = fixtures_folder() / "regions" / "bare.yaml"


def config_at(url: str) -> ActorConfig:
    return ActorConfig(
        actor="operator",
        az="az1",
        aws_region=EAST,
        gateway_url=url,
        resolver=("127.0.20.1", 53),
        managed_port=80,
        endpoints=(),
        load_balancers=(),
        tables=(BASKETS,),
    )


def test_it_is_made_in_each_region_and_made_afresh(stage: ServiceStage):
    config = config_at(stage.url)
    assert ActorConfig.parse(config.render()).tables == (BASKETS,)
    for _ in range(2):
        provision(config, access_key="AKIAOPERATOR00000001")
        for region in (EAST, WEST):
            dynamodb = stage.client("dynamodb", region)
            table = dynamodb.describe_table(TableName="baskets")["Table"]
            assert f":{region}:" in table["LatestStreamArn"]
            assert dynamodb.scan(TableName="baskets")["Count"] == 0
            dynamodb.put_item(TableName="baskets", Item={"name": {"S": "left over"}})


def test_the_region_itself_is_no_replica(tmp_path: Path):
    table = "{name: baskets, partition_key: {name: name, type: S}, replicas: [REGIONS]}"
    file = tmp_path / "region.yaml"
    text = BARE.read_text() + f"\ntables:\n  - {table}\n"

    file.write_text(text.replace("REGIONS", WEST))
    assert load_region(file).tables[0].replicas == (WEST,)

    file.write_text(text.replace("REGIONS", f"{WEST}, {EAST}"))
    with pytest.raises(InvalidInput, match="us-east-1 is the region itself"):
        load_region(file)
