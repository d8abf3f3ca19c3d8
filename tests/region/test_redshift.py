"""What queries need, and what expired credentials do to a cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from service_stage import EAST, WEST, ServiceStage

from gameday.aws.directory import Directory
from gameday.errors import ServiceUnavailable
from gameday.model.query_path import GroupLookup
from gameday.model.replacement import ReplacementGate
from gameday.region.droplets.launches import LAUNCHED
from gameday.region.services.iam import ANALYST, IAM, IdentityService, enrol
from gameday.region.services.redshift_hosts import HostAutomation
from gameday.region.services.redshift_queries import (
    REDSHIFT,
    QueryService,
    cluster_name,
)
from gameday.region.services.sts import NODE_ROLE, STS, TokenService

CLUSTERS = [cluster_name(n) for n in (1, 2)]
TTL_MS = 4_000
EVIDENCE_MS = 2_000
OF_IAM = {"user": "iam", "cluster": CLUSTERS[0], "sql": "select 1"}
OF_CLUSTER = {**OF_IAM, "user": "cluster"}


def open_sts(stage: ServiceStage) -> None:
    stage.known(role=NODE_ROLE)
    service = TokenService(
        directory=stage.directory(STS), sts=stage.client("sts"), policy=stage.policy
    )
    stage.serve(STS, service.serve)


class Ec2:
    """Launches, as far as there is room."""

    def __init__(self) -> None:
        self.outcome = LAUNCHED
        self.asked = 0

    def launch(self) -> str:
        self.asked += 1
        return self.outcome


class Warehouses:
    """The hosts of two clusters, and who keeps them."""

    def __init__(self, stage: ServiceStage, gate: ReplacementGate) -> None:
        self.stage = stage
        self.gate = gate
        self.ec2 = Ec2()
        self.redshift = stage.client("redshift")
        open_sts(stage)
        self.start()

    def start(self) -> None:
        self.automation = HostAutomation(
            clusters=CLUSTERS,
            redshift=self.redshift,
            sts=self.stage.way_to(STS, caller=REDSHIFT),
            launch=self.ec2.launch,
            gate=self.gate,
            credentials_ttl_ms=TTL_MS,
            evidence_ms=EVIDENCE_MS,
            modifying_max=1,
            policy=self.stage.policy,
            clock=self.stage.clock,
        )
        self.automation.prepare()

    def play(self, for_ms: int) -> list[str]:
        """Let time pass; return the status of each cluster at its end."""
        end_ms = self.stage.clock.now_ms() + for_ms
        while self.stage.clock.now_ms() < end_ms:
            self.automation.turn()
            self.stage.clock.sleep_ms(250)
        clusters = self.redshift.describe_clusters()["Clusters"]
        return [each["ClusterStatus"] for each in clusters]


Warehouse = Callable[[ReplacementGate], Warehouses]


@pytest.fixture
def warehouses(stage: ServiceStage) -> Warehouse:
    return lambda gate: Warehouses(stage, gate)


@pytest.mark.parametrize("gate", list(ReplacementGate))
def test_hosts_keep_their_credentials_while_sts_serves(
    warehouses: Warehouse, gate: ReplacementGate
):
    kept = warehouses(gate)
    assert kept.play(3 * TTL_MS) == ["available"] * 2
    assert kept.ec2.asked == 0


def test_as_built_clusters_are_stuck_while_launches_fail(
    warehouses: Warehouse, stage: ServiceStage
):
    stuck = warehouses(ReplacementGate.NONE)
    stuck.ec2.outcome = "InsufficientInstanceCapacity"
    stage.way.is_cut = True
    assert stuck.play(2 * TTL_MS) == ["paused"] * 2

    # What they were waiting for is back, and it is of no use to them.
    stage.way.is_cut = False
    assert stuck.play(2 * TTL_MS) == ["paused"] * 2

    stuck.ec2.outcome = LAUNCHED
    assert stuck.play(1_000) == ["available"] * 2


def test_a_program_that_starts_later_finds_what_is_being_replaced(
    warehouses: Warehouse, stage: ServiceStage
):
    stuck = warehouses(ReplacementGate.NONE)
    stuck.ec2.outcome = "InsufficientInstanceCapacity"
    stage.way.is_cut = True
    stuck.play(2 * TTL_MS)
    stage.way.is_cut = False
    stuck.start()
    assert stuck.play(1_000) == ["paused"] * 2
    stuck.ec2.outcome = LAUNCHED
    assert stuck.play(1_000) == ["available"] * 2


def test_with_the_gate_clusters_are_back_with_their_credentials(
    warehouses: Warehouse, stage: ServiceStage
):
    gated = warehouses(ReplacementGate.LAUNCHES_SUCCEED)
    gated.ec2.outcome = "InsufficientInstanceCapacity"
    stage.way.is_cut = True
    assert gated.play(2 * TTL_MS) == ["available"] * 2
    assert gated.ec2.asked > 0, "something small has to find out about launches"

    stage.way.is_cut = False
    assert gated.play(1_000) == ["available"] * 2
    asked = gated.ec2.asked
    gated.play(TTL_MS)
    assert gated.ec2.asked == asked


def test_with_the_gate_one_cluster_at_a_time_is_replaced_once_launches_succeed(
    warehouses: Warehouse, stage: ServiceStage
):
    gated = warehouses(ReplacementGate.LAUNCHES_SUCCEED)
    stage.way.is_cut = True
    gated.play(TTL_MS)
    statuses = [gated.play(250) for _ in range(6)]
    assert ["paused", "paused"] not in statuses


def open_queries(stage: ServiceStage, region: str, lookup: GroupLookup) -> None:
    stage.client("redshift", region).create_cluster(
        ClusterIdentifier=CLUSTERS[0],
        NodeType="ra3.xlplus",
        MasterUsername="admin",
        MasterUserPassword="Gameday-1",
    )
    dynamodb = stage.client("dynamodb", region)
    directory = (
        stage.directory(REDSHIFT)
        if region == EAST
        else Directory(lambda: dynamodb, stage.policy)
    )
    service = QueryService(
        region=region,
        lookup=lookup,
        iam={
            each: stage.way_to(IAM, caller=f"{REDSHIFT}-{region}", region=each)
            for each in (EAST, WEST)
        },
        directory=directory,
        redshift=stage.client("redshift", region),
        redshift_data=stage.client("redshift-data", region),
        policy=stage.policy,
    )
    stage.serve(REDSHIFT, service.serve, region)


def open_iam_everywhere(stage: ServiceStage) -> None:
    iam = stage.client("iam")
    enrol(iam, stage.policy)
    for region in (EAST, WEST):
        dynamodb = stage.client("dynamodb", region)
        Directory(lambda at=dynamodb: at, stage.policy).put(f"user/{ANALYST}")
        directory = (
            stage.directory(IAM)
            if region == EAST
            else Directory(lambda at=dynamodb: at, stage.policy)
        )
        service = IdentityService(directory=directory, iam=iam, policy=stage.policy)
        stage.serve(IAM, service.serve, region)


@pytest.mark.parametrize("lookup", list(GroupLookup))
def test_users_of_iam_in_another_region_depend_on_where_groups_are_looked_up(
    stage: ServiceStage, lookup: GroupLookup
):
    open_iam_everywhere(stage)
    open_queries(stage, WEST, lookup)
    west = stage.way_to(REDSHIFT, region=WEST)
    assert west.ask(OF_IAM)["query"]

    stage.way.is_cut = True
    assert west.ask(OF_CLUSTER)["query"]
    if lookup is GroupLookup.PINNED:
        with pytest.raises(ServiceUnavailable, match="iam did not serve"):
            west.ask(OF_IAM)
    else:
        assert west.ask(OF_IAM)["query"]


def test_at_home_nobody_is_answered_without_dynamodb_or_by_a_cluster_that_is_out(
    stage: ServiceStage,
):
    open_iam_everywhere(stage)
    open_queries(stage, EAST, GroupLookup.PINNED)
    east = stage.way_to(REDSHIFT)
    stage.way.is_cut = True
    for query in (OF_IAM, OF_CLUSTER):
        with pytest.raises(ServiceUnavailable):
            east.ask(query)
    stage.way.is_cut = False
    assert east.ask(OF_IAM)["query"]
    stage.client("redshift").pause_cluster(ClusterIdentifier=CLUSTERS[0])
    with pytest.raises(ServiceUnavailable, match="warehouse-1 is paused"):
        east.ask(OF_CLUSTER)
