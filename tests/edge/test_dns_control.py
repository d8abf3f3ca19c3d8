"""DNS faults and partial propagation by the control interface of an edge process."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from dns_lab import addresses, ask
from edge_lab import DEADLINE_S, EdgeProcess, running_edge

from gameday.edge.config import parse_config
from gameday.errors import InvalidInput
from gameday.model.history import OpKind

HERE, THERE = "127.0.30.91", "127.0.30.92"


@pytest.fixture(scope="module")
def shared(
    stock_moto_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeProcess]:
    with running_edge(
        stock_moto_url,
        tmp_path_factory.mktemp("dns"),
        dns_edges=[HERE, THERE],
        resolvers={"az1": "127.0.20.91", "az2": "127.0.20.92"},
        load_balancers=[{"name": "lb-1", "address": "127.0.10.91", "az": "az1"}],
        propagation_ms=[0, 0],
    ) as edge:
        yield edge


@pytest.fixture
def edge(shared: EdgeProcess) -> Iterator[EdgeProcess]:
    yield shared
    shared.control.remove_rules()
    shared.control.set_propagation("running")


class Zone:
    """A hosted zone of the edge's own with one address."""

    def __init__(self, edge: EdgeProcess) -> None:
        self.edge = edge
        self.name = f"z{uuid.uuid4().hex[:12]}.test"
        self.route53 = edge.client("route53")
        made = self.route53.create_hosted_zone(
            Name=self.name, CallerReference=self.name
        )
        self.id = made["HostedZone"]["Id"]

    def put(self, address: str) -> str:
        change = {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": self.name,
                "Type": "A",
                "TTL": 0,
                "ResourceRecords": [{"Value": address}],
            },
        }
        answer = self.route53.change_resource_record_sets(
            HostedZoneId=self.id, ChangeBatch={"Changes": [change]}
        )
        return answer["ChangeInfo"]["Id"]

    def status(self, change: str) -> str:
        return self.route53.get_change(Id=change)["ChangeInfo"]["Status"]

    def await_in_sync(self, change: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while self.status(change) != "INSYNC":
            assert time.monotonic() < deadline

    def served(self) -> dict[str, int]:
        by_socket = self.edge.control.zone(self.name)["served"]
        return {key.rpartition(":")[0]: value for key, value in by_socket.items()}

    def told(self, az: str = "az1") -> list[str]:
        return addresses(ask(tuple(self.edge.ready["resolvers"][az]), self.name))


@pytest.fixture
def zone(edge: EdgeProcess) -> Zone:
    made = Zone(edge)
    made.await_in_sync(made.put("127.0.10.1"))
    return made


def test_a_dns_rule_is_listed_counted_and_removed_like_any_other(edge, zone):
    control = edge.control
    told = control.set_dns_rule(
        {"id": "no-name", "match": {"az": "az1"}, "fault": {"kind": "nxdomain"}}
    )
    assert told == {"id": "no-name"}
    call_rule = control.set_rule({"fault": {"kind": "drop_request"}, "nth": 99})
    assert zone.told() == []
    assert zone.told("az2") == ["127.0.10.1"]
    listed = {each["id"]: each for each in control.rules()}
    assert set(listed) == {"no-name", call_rule}
    assert listed["no-name"]["rule"]["fault"] == {"kind": "nxdomain"}
    assert (listed["no-name"]["seen"], listed["no-name"]["fired"]) == (1, 1)
    assert control.status()["rules"] == 2
    assert control.remove_rule("no-name") == {"id": "no-name", "seen": 1, "fired": 1}
    assert [each["id"] for each in control.remove_rules()] == [call_rule]
    assert control.rules() == []


def test_setting_and_removing_leave_the_marks_that_verdicts_count(edge, zone):
    control = edge.control
    began = len(control.history())
    document = {"id": "never", "owner": "experiment", "fault": {"kind": "servfail"}}
    control.set_dns_rule({**document, "match": {"name": zone.name}, "nth": 50})
    assert zone.told() == ["127.0.10.1"]
    control.remove_rule("never")
    marks = [op for op in control.history(began) if op.kind is OpKind.MARK]
    assert [op.operation for op in marks] == ["set_rule", "remove_rule"]
    assert marks[0].request["rule"]["owner"] == "experiment"
    assert marks[1].request == {"id": "never", "seen": 1, "fired": 0}


def test_an_id_is_for_one_rule_whether_it_is_for_calls_or_for_dns(edge):
    call, dns = {"kind": "drop_request"}, {"kind": "drop"}
    edge.control.set_rule({"id": "one", "fault": call, "nth": 99})
    with pytest.raises(InvalidInput, match="'one' is set already"):
        edge.control.set_dns_rule({"id": "one", "fault": dns})
    edge.control.set_dns_rule({"id": "two", "fault": dns, "nth": 99})
    with pytest.raises(InvalidInput, match="'two' is set already"):
        edge.control.set_rule({"id": "two", "fault": call})
    with pytest.raises(InvalidInput, match="'two' is set already"):
        edge.control.set_dns_rule({"id": "two", "fault": dns})


def test_a_wrong_rule_comes_back_with_every_reason_and_sets_nothing(edge):
    with pytest.raises(InvalidInput) as caught:
        edge.control.set_dns_rule({"fault": {"kind": "nop"}, "match": {"az": "az11"}})
    assert len(caught.value.reasons) == 2
    assert "did you mean 'az1'?" in str(caught.value)
    assert edge.control.rules() == []


def test_a_hold_says_what_it_holds_and_the_zone_moves_on(edge, zone):
    told = edge.control.set_dns_rule(
        {"match": {"az": "az1"}, "fault": {"kind": "stale", "zone": zone.name}}
    )
    version = edge.control.zone(zone.name)["version"]
    assert told["held"] == {zone.name: version}
    zone.await_in_sync(zone.put("127.0.10.2"))
    assert zone.told("az1") == ["127.0.10.1"]
    assert zone.told("az2") == ["127.0.10.2"]
    assert edge.control.zone(zone.name)["version"] == version + 1
    assert edge.last(rule=told["id"]).ruling == "stale"


def test_get_change_is_pending_until_the_last_dns_edge_has_the_change(edge, zone):
    control = edge.control
    version = control.zone(zone.name)["version"]
    control.set_propagation("paused", THERE)
    status = control.status()
    assert status["propagation"] == "partly-paused"
    assert status["dns_edges"] == {HERE: "running", THERE: "paused"}

    change = zone.put("127.0.10.2")
    deadline = time.monotonic() + DEADLINE_S
    while zone.served() != {HERE: version + 1, THERE: version}:
        assert time.monotonic() < deadline
    assert zone.status(change) == "PENDING"
    here, there = (tuple(each) for each in edge.ready["dns_edges"])
    assert addresses(ask(here, zone.name)) == ["127.0.10.2"]
    assert addresses(ask(there, zone.name)) == ["127.0.10.1"]

    control.set_propagation("running", THERE)
    zone.await_in_sync(change)
    assert addresses(ask(there, zone.name)) == ["127.0.10.2"]
    marks = [op for op in control.history() if op.operation == "propagation"]
    assert [mark.request for mark in marks[-2:]] == [
        {"state": "paused", "edge": THERE},
        {"state": "running", "edge": THERE},
    ]


@pytest.mark.parametrize(
    ("edge_name", "state", "message"),
    [
        ("127.0.31.91", "paused", f"did you mean '{HERE}'?"),
        (THERE, "pause", "did you mean 'paused'?"),
    ],
)
def test_a_wrong_edge_or_state_is_named_and_nothing_is_paused(
    edge, edge_name, state, message
):
    with pytest.raises(InvalidInput) as caught:
        edge.control.set_propagation(state, edge_name)
    assert message in str(caught.value)
    assert edge.control.status()["propagation"] == "running"


def test_two_dns_servers_of_one_address_could_not_be_told_apart():
    document = {
        "emulator_url": "http://127.0.0.1:1",
        "dns_edges": [HERE, HERE],
        "resolvers": {"az1": "127.0.20.1", "az2": "127.0.20.1"},
    }
    with pytest.raises(InvalidInput) as caught:
        parse_config(document)
    assert [str(reason) for reason in caught.value.reasons] == [
        f"dns_edges: {HERE} is given twice",
        "resolvers: 127.0.20.1 is given twice",
    ]
