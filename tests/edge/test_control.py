"""Every route of the control interface, through its client."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
from edge_lab import EdgeProcess, read_history, running_edge

from gameday.edge.control_client import ControlClient
from gameday.errors import EdgeUnreachable, InvalidInput

FAULT = {"kind": "error", "code": "Throttling"}


def request(edge: EdgeProcess, method: str, path: str, body: bytes = b"") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
    connection.request(method, f"/_gameday/{path}", body)
    reply = connection.getresponse()
    answer = reply.status, json.loads(reply.read())
    connection.close()
    return answer


def test_the_status_tells_what_there_is(edge):
    edge.control.set_rule({"fault": FAULT, "match": {"actor": "planner"}})
    status = edge.control.status()
    assert status["started_ns"] == 0 < status["now_ns"]
    assert status["rules"] == 1
    assert status["holds"] == 0
    assert status["ops"] == len(edge.control.history())
    assert status["load_balancers"] == {"lb-1": "up"}
    assert status["propagation"] == "running"


def test_rules_are_listed_in_the_order_they_were_set(edge):
    first = edge.control.set_rule(
        {"id": "late", "owner": "test", "fault": FAULT, "match": {"actor": "planner"}}
    )
    second = edge.control.set_rule({"fault": FAULT, "match": {"actor": "planner"}})
    assert first == "late"
    rules = edge.control.rules()
    assert [rule["id"] for rule in rules] == ["late", second]
    assert rules[0]["rule"]["owner"] == "test"
    assert isinstance(rules[0]["rule"]["seed"], int)
    assert edge.control.remove_rule("late") == {"id": "late", "seen": 0, "fired": 0}
    assert [gone["id"] for gone in edge.control.remove_rules()] == [second]
    assert edge.control.rules() == []


def test_setting_and_removing_a_rule_leave_marks(edge):
    rule = edge.control.set_rule({"fault": FAULT, "match": {"actor": "planner"}})
    edge.control.remove_rule(rule)
    marks = [op for op in edge.control.history() if op.kind == "mark"][-2:]
    assert [op.operation for op in marks] == ["set_rule", "remove_rule"]
    assert marks[0].request["rule"]["fault"] == FAULT
    assert marks[1].request == {"id": rule, "seen": 0, "fired": 0}


def test_a_wrong_rule_is_refused_with_every_reason(edge):
    with pytest.raises(InvalidInput) as refused:
        edge.control.set_rule({"match": {"actor": "plannr"}, "falt": {}})
    assert [str(reason) for reason in refused.value.reasons] == [
        "match.actor: unknown actor 'plannr'; did you mean 'planner'?",
        "fault: this key is required",
        "unknown key 'falt'; did you mean 'fault'?",
    ]


def test_an_id_that_is_taken_is_refused(edge):
    rule = {"id": "twice", "fault": FAULT, "match": {"actor": "planner"}}
    edge.control.set_rule(rule)
    with pytest.raises(InvalidInput, match="'twice' is set already"):
        edge.control.set_rule(rule)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "rules", b"{", 400, "the body is not JSON"),
        ("POST", "rules", b"[" * 100_000, 400, "the body is not JSON"),
        ("DELETE", "rules/r99999", b"", 400, "unknown rule 'r99999'"),
        ("GET", "statsu", b"", 404, "unknown route 'GET statsu'; did you mean"),
        ("PUT", "rules", b"", 404, "unknown route"),
        ("GET", "", b"", 404, "unknown route"),
        ("POST", "propagation", b'{"state":"pause"}', 400, "state: unknown value"),
        ("POST", "propagation", b"{}", 400, "state: this key is required"),
        (
            "POST",
            "load-balancers/lb-9",
            b'{"state":"up"}',
            404,
            "unknown load balancer",
        ),
        (
            "POST",
            "load-balancers/lb-1",
            b'{"state":"off"}',
            400,
            "state: unknown value",
        ),
        ("GET", "zones/nowhere.test", b"", 404, "unknown hosted zone 'nowhere.test'"),
        ("GET", "wait?what=held&rule=x", b"", 400, "unknown thing to wait for 'held'"),
        ("GET", "wait?rule=x", b"", 400, "unknown rule 'x'"),
        ("GET", "history?from=x", b"", 400, "from: should be a whole number"),
        ("POST", "marks", b'{"operation":3}', 400, "operation: should be a text"),
        ("POST", "holds/release", b'{"outcome":"lose"}', 400, "outcome: unknown value"),
    ],
)
def test_what_is_wrong_is_refused_with_the_nearest_name(  # noqa: PLR0917 - columns
    edge, method, path, body, status, message
):
    answered, document = request(edge, method, path, body)
    assert answered == status
    assert document["errors"][0].startswith(message)


def test_a_mark_is_an_op_of_the_harness(edge):
    index = edge.control.mark("kill_actor", {"actor": "enactor-az1"})
    (op,) = edge.control.history(index)[:1]
    assert (op.index, op.kind, op.actor, op.service) == (
        index,
        "mark",
        "harness",
        "gameday",
    )
    assert (op.operation, op.request) == ("kill_actor", {"actor": "enactor-az1"})


def test_the_history_can_be_followed_and_is_the_same_on_disk(edge):
    begun = edge.control.mark("begin", {})
    following = edge.control.follow(begun)
    assert next(following).operation == "begin"
    with ControlClient(edge.url) as other:
        other.mark("later", {"n": 1})
    assert next(following).operation == "later"
    following.close()
    indexes = [op.index for op in edge.control.history()]
    assert indexes == list(range(len(indexes)))


def test_a_load_balancer_can_be_taken_down_and_brought_back(edge):
    address = ("127.0.10.71", edge.ready["load_balancer_port"])
    edge.control.set_load_balancer("lb-1", "refusing")
    assert edge.control.status()["load_balancers"] == {"lb-1": "refusing"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    edge.control.set_load_balancer("lb-1", "up")
    socket.create_connection(address, timeout=5).close()
    marks = [op for op in edge.control.history() if op.operation == "load_balancer"]
    assert marks[-1].request == {"name": "lb-1", "state": "up"}


def test_propagation_can_be_paused(edge):
    edge.control.set_propagation("paused")
    assert edge.control.status()["propagation"] == "paused"
    edge.control.set_propagation("running")
    assert edge.last(operation="propagation").request == {"state": "running"}


def test_a_zone_is_found_by_its_name(edge):
    made = edge.client("route53").create_hosted_zone(
        Name="found.test", CallerReference="found"
    )["HostedZone"]["Id"]
    for name in ("found.test", "found.test.", "FOUND.test"):
        zone = edge.control.zone(name)
        assert zone["id"] == made.rpartition("/")[2]
        assert {one["Type"] for one in zone["record_sets"]} == {"SOA", "NS"}
        assert set(zone["served"]) == {"{}:{}".format(*edge.ready["dns_edges"][0])}


def test_nobody_there_is_told_as_such():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(EdgeUnreachable, match=f"127.0.0.1:{port} does not answer"):
        ControlClient(f"http://127.0.0.1:{port}").status()


def test_the_file_of_the_history_reads_back(tmp_path, stock_moto_url):
    with running_edge(stock_moto_url, tmp_path) as edge:
        edge.client("dynamodb").list_tables()
        edge.control.mark("end", {})
        recorded = edge.control.history()
        file = edge.history_file
        edge.stop()
    assert read_history(file).ops == tuple(recorded)
