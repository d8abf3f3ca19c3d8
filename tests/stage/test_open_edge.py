"""What a test of somebody else's program holds: DNS faults that end with a block."""

from __future__ import annotations

import dns.rcode
import pytest
from dns_lab import addresses, ask

from gameday.bundled import fixtures_folder
from gameday.errors import InvalidInput
from gameday.region.topology import load_region
from gameday.stage.open_edge import OpenEdge
from gameday.stage.opening import open_stage

NAME = "orders.test"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory):
    """The bare region with two DNS servers, and one zone with one address."""
    region = load_region(fixtures_folder() / "regions" / "bare.yaml")
    two = region.dns.model_copy(update={"edges": ("127.0.30.1", "127.0.30.2")})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(tmp_path_factory.mktemp("home")))
        with open_stage(region.model_copy(update={"dns": two})) as stage:
            opened = OpenEdge(stage, stage.edge())
            publish(opened)
            yield opened
            opened.control.close()


def publish(edge: OpenEdge) -> None:
    route53 = edge.client("route53")
    zone = route53.create_hosted_zone(Name=NAME, CallerReference="1")["HostedZone"]
    record = {
        "Name": NAME,
        "Type": "A",
        "TTL": 0,
        "ResourceRecords": [{"Value": "127.0.10.1"}],
    }
    change = route53.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
    waiter = route53.get_waiter("resource_record_sets_changed")
    waiter.wait(Id=change["ChangeInfo"]["Id"], WaiterConfig={"Delay": 0.05})
    route53.close()


def test_a_dns_fault_lasts_as_long_as_its_block(edge: OpenEdge):
    server = edge.resolver("az1")
    with edge.dns_rule({"kind": "nxdomain"}, name=NAME) as rule:
        assert ask(server, NAME).rcode() == dns.rcode.NXDOMAIN
    assert addresses(ask(server, NAME)) == ["127.0.10.1"]
    told = [op.rule for op in edge.history() if op.service == "dns"]
    assert told == [rule, ""]


def test_one_of_two_dns_servers_fails_and_the_resolver_asks_the_other(edge: OpenEdge):
    match = {"az": "az1", "edge": "127.0.30.2"}
    with edge.dns_rule({"kind": "servfail"}, at="edge", **match) as rule:
        for _ in range(12):
            assert addresses(ask(edge.resolver("az1"), NAME)) == ["127.0.10.1"]
        (entry,) = edge.control.rules()
        assert entry["fired"] >= 1
    assert entry["id"] == rule


def test_a_wrong_dns_rule_is_named_before_the_block(edge: OpenEdge):
    with (
        pytest.raises(InvalidInput, match="did you mean 'servfail'"),
        edge.dns_rule({"kind": "serv-fail"}),
    ):
        pytest.fail("the block was entered")
