"""What a cut availability zone does to its callers, load balancers and resolver."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.message
import dns.name
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from dns_lab import DEADLINE_S, LoopThread, dig
from edge_lab import EdgeProcess, client, running_edge, start_thread
from stage_traces import eventually

from gameday.aws.resolving import resolve_through
from gameday.edge.dns_upstream import NoAnswer, Upstream
from gameday.edge.partition import Cut, NotDelivered, NotHeard, parse_cut
from gameday.errors import InvalidInput

APEX = "endpoint.gameday.test"
NEVER_ASKED = f"never-asked.{APEX}"
TTL_S = 3
PATIENCE_S = 0.5
NOT_DELIVERED = ("partition", "partition-az1", "fail", None)


@pytest.fixture(scope="module")
def shared(moto_process: str, tmp_path_factory: Any) -> Iterator[EdgeProcess]:
    """An edge with two zones: enactor-az1 in az1, enactor-az2 in az2."""
    with running_edge(
        moto_process,
        tmp_path_factory.mktemp("partition"),
        load_balancers=[
            {"name": "lb-1", "address": "127.0.10.81", "az": "az1"},
            {"name": "lb-2", "address": "127.0.10.82", "az": "az2"},
        ],
        resolvers={"az1": "127.0.20.81", "az2": "127.0.20.82"},
        dns_edges=["127.0.30.81"],
        propagation_ms=[0, 0],
        zones_of_actors={"enactor-az1": "az1", "enactor-az2": "az2"},
    ) as edge:
        edge.client("dynamodb", "planner").create_table(
            TableName="things",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        make_zone(edge)
        yield edge


@pytest.fixture
def edge(shared: EdgeProcess) -> Iterator[EdgeProcess]:
    yield shared
    for az in shared.control.status()["partitions"]:
        shared.control.heal(az)
    shared.control.remove_rules()


def make_zone(edge: EdgeProcess) -> None:
    route53 = edge.client("route53", "planner")
    zone = route53.create_hosted_zone(Name=APEX, CallerReference="1")["HostedZone"]
    change = route53.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {
                        "Name": name,
                        "Type": "A",
                        "TTL": TTL_S,
                        "ResourceRecords": [{"Value": "127.0.10.82"}],
                    },
                }
                for name in (APEX, NEVER_ASKED)
            ]
        },
    )
    change_id = change["ChangeInfo"]["Id"]
    eventually(
        lambda: route53.get_change(Id=change_id)["ChangeInfo"]["Status"] == "INSYNC"
    )


def resolver(edge: EdgeProcess, az: str) -> tuple[str, int]:
    host, port = edge.ready["resolvers"][az]
    return host, port


def put(edge: EdgeProcess, key: str, actor: str = "enactor-az1", **rest: Any) -> Any:
    rest.setdefault("read_timeout_s", PATIENCE_S)
    return edge.client("dynamodb", actor, **rest).put_item(
        TableName="things", Item={"k": {"S": key}}
    )


def stored(edge: EdgeProcess, key: str) -> bool:
    reply = edge.client("dynamodb", "planner").get_item(
        TableName="things", Key={"k": {"S": key}}, ConsistentRead=True
    )
    return "Item" in reply


def by_load_balancer(edge: EdgeProcess, address: str, actor: str) -> Any:
    return client(
        "dynamodb",
        f"http://{address}:{edge.ready['load_balancer_port']}",
        actor,
        read_timeout_s=PATIENCE_S,
        connect_timeout_s=PATIENCE_S,
    )


def ruled(edge: EdgeProcess, key: str) -> tuple[str, str, str, int | None] | None:
    """What became of the newest write of an item, None before there is one."""
    for op in reversed(edge.control.history()):
        if op.writes == (f"dynamodb:things/{key}",):
            return op.ruling, op.rule, op.outcome, op.status
    return None


def test_a_caller_in_a_cut_zone_times_out_and_nothing_is_applied(edge):
    edge.control.cut_off("az1")
    with pytest.raises(ReadTimeoutError):
        put(edge, "hung")
    edge.control.heal("az1")
    assert not stored(edge, "hung")
    assert ruled(edge, "hung") == NOT_DELIVERED


def test_a_zone_cut_with_resets_breaks_its_callers_connections(edge):
    edge.control.cut_off("az1", how="reset")
    with pytest.raises(ConnectionClosedError):
        put(edge, "reset")
    assert not stored(edge, "reset")
    assert ruled(edge, "reset") == NOT_DELIVERED


def test_callers_elsewhere_and_in_no_zone_notice_nothing(edge):
    edge.control.cut_off("az1")
    put(edge, "elsewhere", actor="enactor-az2")
    put(edge, "nowhere", actor="planner")
    for key in ("elsewhere", "nowhere"):
        assert ruled(edge, key) == ("pass", "", "ok", 200)


def test_a_zone_that_hears_nothing_writes_and_never_knows(edge):
    edge.control.cut_off("az1", direction="inbound-only")
    with pytest.raises(ReadTimeoutError):
        put(edge, "unheard")
    assert stored(edge, "unheard")
    assert ruled(edge, "unheard") == ("partition", "partition-az1", "info", None)


def test_a_zone_that_cannot_speak_writes_nothing(edge):
    edge.control.cut_off("az1", direction="outbound-only")
    with pytest.raises(ReadTimeoutError):
        put(edge, "unsaid")
    assert not stored(edge, "unsaid")


def test_a_call_held_before_the_cut_is_applied_and_its_reply_lost(edge):
    edge.control.set_rule(
        {
            "id": "held",
            "match": {"operation": "PutItem"},
            "fault": {"kind": "hold", "on_disconnect": "deliver"},
        }
    )
    writing = start_thread(lambda: put(edge, "under way", read_timeout_s=20))
    assert edge.control.await_hold("held")
    edge.control.cut_off("az1", how="reset")
    edge.control.release(rule="held")
    with pytest.raises(ConnectionClosedError):
        writing.wait()
    assert stored(edge, "under way")
    assert ruled(edge, "under way") == ("hold", "held", "info", None)


def test_no_rule_sees_a_call_that_never_left_its_zone(edge):
    edge.control.set_rule(
        {
            "match": {"operation": "PutItem"},
            "fault": {"kind": "error", "code": "ThrottlingException"},
        }
    )
    edge.control.cut_off("az1", how="reset")
    with pytest.raises(ConnectionClosedError):
        put(edge, "unseen")
    assert [rule["seen"] for rule in edge.control.rules()] == [0]


def test_healing_breaks_what_still_hangs_so_that_callers_try_again_at_once(edge):
    edge.control.cut_off("az1")
    writing = start_thread(lambda: put(edge, "again", read_timeout_s=20, attempts=3))
    eventually(lambda: ruled(edge, "again") == NOT_DELIVERED)
    edge.control.heal("az1")
    writing.wait()
    assert ruled(edge, "again") == ("pass", "", "ok", 200)


def test_the_load_balancers_of_a_cut_zone_are_black_holed_for_everybody(edge):
    lb_1 = by_load_balancer(edge, "127.0.10.81", "enactor-az2")
    lb_1.list_tables()
    edge.control.cut_off("az1")
    assert edge.control.status()["load_balancers"] == {
        "lb-1": "black-holed",
        "lb-2": "up",
    }
    with pytest.raises(ReadTimeoutError):
        lb_1.list_tables()
    with pytest.raises(ConnectTimeoutError):
        by_load_balancer(edge, "127.0.10.81", "enactor-az2").list_tables()
    by_load_balancer(edge, "127.0.10.82", "enactor-az2").list_tables()
    edge.control.heal("az1")
    lb_1.list_tables()


def test_a_caller_in_a_cut_zone_is_not_answered_by_any_load_balancer(edge):
    edge.control.cut_off("az1")
    with pytest.raises(ReadTimeoutError):
        by_load_balancer(edge, "127.0.10.82", "enactor-az1").list_tables()
    op = edge.last(operation="ListTables")
    assert (op.via, op.ruling, op.outcome) == ("lb-2", "partition", "fail")


def test_a_cut_zones_resolver_serves_its_cache_and_then_fails(edge):
    az1, az2 = resolver(edge, "az1"), resolver(edge, "az2")
    assert dig("dig", az1, APEX).status == "NOERROR"
    edge.control.cut_off("az1")
    assert dig("dig", az1, APEX).answers[0][-1] == "127.0.10.82"
    began_s = time.monotonic()
    assert dig("dig", az1, NEVER_ASKED).status == "SERVFAIL"
    assert time.monotonic() - began_s >= 1.4  # three attempts of half a second
    eventually(lambda: dig("dig", az1, APEX).status == "SERVFAIL")
    assert dig("dig", az2, NEVER_ASKED).status == "NOERROR"
    edge.control.heal("az1")
    assert dig("dig", az1, NEVER_ASKED).status == "NOERROR"


def test_no_query_leaves_while_a_resolver_is_cut_off():
    with LoopThread() as loop, dns_server() as server:
        upstream = Upstream([server.getsockname()], chance=random.Random(1))
        upstream.cut_off = True
        with pytest.raises(NoAnswer):
            loop.run(upstream.ask(dns.name.from_text(APEX), "A"))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(512)


def test_a_dns_answer_that_was_under_way_at_the_cut_is_lost():
    with LoopThread() as loop, dns_server() as server:
        upstream = Upstream([server.getsockname()], chance=random.Random(1))
        asking = start_thread(
            lambda: loop.run(upstream.ask(dns.name.from_text(APEX), "A"))
        )
        wire, client_address = server.recvfrom(512)
        upstream.cut_off = True
        query = dns.message.from_wire(wire)
        server.sendto(dns.message.make_response(query).to_wire(), client_address)
        with pytest.raises(NoAnswer):
            asking.wait()
        loop.call(upstream.close)


@contextmanager
def dns_server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(DEADLINE_S)
        yield server


def test_a_managed_client_in_a_healthy_zone_passes_over_a_cut_ones_load_balancer(edge):
    """By DNS and all: the endpoint's address is in az2, and az1 is cut."""
    managed = client(
        "dynamodb",
        f"http://{APEX}:{edge.ready['load_balancer_port']}",
        "enactor-az2",
        read_timeout_s=PATIENCE_S,
    )
    resolve_through(managed, resolver=resolver(edge, "az2"), suffixes=("gameday.test",))
    edge.control.cut_off("az1")
    assert managed.list_tables()["TableNames"] == ["things"]


def test_cut_and_heal_are_marked_and_healing_twice_is_healing_once(edge):
    first = edge.control.status()["ops"]
    edge.control.cut_off("az1", how="reset", direction="inbound-only")
    assert edge.control.status()["partitions"] == {
        "az1": {"state": "cut", "as": "reset", "direction": "inbound-only"}
    }
    edge.control.heal("az1")
    edge.control.heal("az1")
    marks = [(op.operation, op.request) for op in edge.control.history(first)]
    assert marks == [
        (
            "partition",
            {"az": "az1", "state": "cut", "as": "reset", "direction": "inbound-only"},
        ),
        ("heal", {"az": "az1"}),
    ]


@pytest.mark.parametrize(
    ("az", "how", "direction", "message"),
    [
        ("az9", "hang", "both", "unknown availability zone 'az9'; did you mean 'az"),
        ("az1", "hangs", "both", "as: .*'hang'"),
        ("az1", "hang", "in", "direction: .*inbound-only, outbound-only"),
    ],
)
def test_a_wrong_cut_is_refused_with_the_nearest_name(
    edge, az, how, direction, message
):
    with pytest.raises(InvalidInput, match=message):
        edge.control.cut_off(az, how=how, direction=direction)
    assert edge.control.status()["partitions"] == {}


def test_a_cut_rules_by_its_direction():
    assert parse_cut({"state": "healed"}, "az1") is None
    for direction, fault in (
        ("both", NotDelivered),
        ("outbound-only", NotDelivered),
        ("inbound-only", NotHeard),
    ):
        cut = parse_cut({"state": "cut", "direction": direction}, "az1")
        assert isinstance(cut, Cut)
        assert type(cut.ruling().fault) is fault
        assert type(cut.ruling_under_way().fault) is NotHeard
