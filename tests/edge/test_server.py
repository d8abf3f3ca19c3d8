"""The process: bad input, bad bytes, and leaving nothing behind."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from edge_lab import (
    DEADLINE_S,
    EdgeProcess,
    config_document,
    raw_exchange,
    read_history,
    running_edge,
    start_edge,
    start_thread,
)


def refused(folder: Path, **changes: Any) -> str:
    """What an edge that must not start says."""
    document = config_document("http://127.0.0.1:9", folder, **changes)
    process = start_edge(document, folder)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    return (folder / "stderr").read_text()


def test_a_gateway_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path, gateway_port=port)
    assert f"127.0.0.1:{port} cannot be used: Address already in use" in said
    assert "Traceback" not in said


def test_a_dns_port_in_use_is_named(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.30.71", 0))
        port = taken.getsockname()[1]
        said = refused(tmp_path, dns_port=port)
    assert f"127.0.30.71:{port}" in said
    assert "Traceback" not in said


def test_an_emulator_that_is_not_on_this_machine_is_refused(tmp_path):
    said = refused(tmp_path, emulator_url="http://192.0.2.1:4566")
    assert "'http://192.0.2.1:4566' is not a loopback address" in said


def test_every_mistake_in_the_configuration_is_told(tmp_path):
    said = refused(
        tmp_path,
        gateway_prt=1,
        seed="x",
        propagation_ms=[5, 1],
        dns_edges=["192.0.2.7"],
        load_balancers=[{"name": "lb-1", "adress": "127.0.10.1"}],
    )
    for part in (
        "unknown key 'gateway_prt'; did you mean 'gateway_port'?",
        "seed: should be a whole number, not 'x'",
        "propagation_ms: should be [shortest, longest] in milliseconds, not [5, 1]",
        "dns_edges: 192.0.2.7 is not a loopback address",
        "load_balancers[0]: unknown key 'adress'; did you mean 'address'?",
        "load_balancers[0].address: this key is required",
    ):
        assert part in said
    assert said.count("edge.json") == 0 or "edge.json" in said


def test_the_edge_ends_when_its_lifeline_does(tmp_path, stock_moto_url):
    document = config_document(stock_moto_url, tmp_path)
    process = start_edge(document, tmp_path)
    assert process.stdout is not None
    assert process.stdin is not None
    ready = json.loads(process.stdout.readline())
    assert ready["pid"] == process.pid
    process.stdin.close()
    assert process.wait(timeout=DEADLINE_S) == 0
    process.stdout.close()
    assert (tmp_path / "stderr").read_text() == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(ready["gateway_url"][17:])))


def test_a_call_that_is_held_when_the_edge_stops_is_dropped_and_recorded(
    tmp_path, stock_moto_url
):
    with running_edge(stock_moto_url, tmp_path) as edge:
        rule = edge.control.set_rule(
            {
                "match": {"operation": "CreateTable"},
                "fault": {"kind": "hold", "on_disconnect": "deliver"},
            }
        )
        aws = edge.client("dynamodb")
        caller = start_thread(lambda: aws.create_table(TableName="never"))
        assert edge.control.await_hold(rule)
        assert edge.stop() == 0
        with pytest.raises(Exception, match="closed"):
            caller.wait()
    op = read_history(edge.history_file).ops[-1]
    assert (op.operation, op.outcome, op.rule) == ("CreateTable", "fail", rule)


def test_a_delayed_reply_is_recorded_although_the_edge_stops(tmp_path, stock_moto_url):
    with running_edge(stock_moto_url, tmp_path) as edge:
        edge.control.set_rule(
            {
                "match": {"operation": "PutMetricAlarm"},
                "fault": {"kind": "delay", "delay_ms": 60_000, "on": "response"},
            }
        )
        aws = edge.client("cloudwatch", read_timeout_s=1)
        caller = start_thread(lambda: aws.put_metric_alarm(AlarmName="late"))
        with pytest.raises(Exception, match="timeout"):
            caller.wait()
        assert edge.stop() == 0
    op = read_history(edge.history_file).ops[-1]
    assert (op.operation, op.outcome) == ("PutMetricAlarm", "info")


MALFORMED = [
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nshort",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //%zz?%=&&=& HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /_gameday/rules HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\xff\xfe{}[",
    b"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-X Credential=/////\r\n\r\n",
    b"POST / HTTP/1.1\r\nX-Amz-Target: .\r\nContent-Length: 1\r\n\r\n{",
]


def test_no_bytes_kill_the_edge(edge: EdgeProcess):
    chance = random.Random(7)
    noise = [chance.randbytes(chance.randrange(1, 400)) for _ in range(40)]
    mutated = [
        b"".join(
            bytes([chance.randrange(256)]) if i in spots else data[i : i + 1]
            for i in range(len(data))
        )
        for data in MALFORMED
        if len(data) < 500
        for spots in [{chance.randrange(len(data)) for _ in range(3)}]
    ]
    for data in MALFORMED + noise + mutated:
        raw_exchange(edge.port, data, hang_up=True)
    assert edge.process.poll() is None
    assert edge.control.status()["started_ns"] == 0
    failures = [op for op in edge.control.history() if op.operation == "edge_failure"]
    assert failures == []


def test_a_body_beyond_the_limit_is_refused(edge: EdgeProcess):
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n"
        b"Content-Length: 30000000\r\n\r\n"
    )
    answer = raw_exchange(edge.port, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"RequestEntityTooLarge" in answer


def test_a_large_object_passes_with_expect_continue(edge: EdgeProcess):
    s3 = edge.client("s3")
    s3.create_bucket(Bucket="large-things")
    body = random.Random(1).randbytes(3_000_000)
    s3.put_object(Bucket="large-things", Key="a b/é", Body=body)
    assert (
        s3.head_object(Bucket="large-things", Key="a b/é")["ContentLength"] == 3_000_000
    )
    assert s3.get_object(Bucket="large-things", Key="a b/é")["Body"].read() == body


def test_a_compressed_body_passes_untouched(scripted, scripted_edge):
    packed = gzip.compress(b'{"TableName":"t"}')
    for url in (
        scripted_edge.url,
        f"http://127.0.10.71:{scripted_edge.ready['load_balancer_port']}",
    ):
        request = urllib.request.Request(
            f"{url}/",
            data=packed,
            headers={
                "Content-Encoding": "gzip",
                "X-Amz-Target": "DynamoDB_20120810.DescribeTable",
            },
        )
        urllib.request.urlopen(request, timeout=10).close()
        seen = scripted.seen[-1]
        if seen.headers.get("content-encoding") == "gzip":
            assert gzip.decompress(seen.body) == b'{"TableName":"t"}'
        else:
            assert seen.body == b'{"TableName":"t"}'
        op = scripted_edge.last(operation="DescribeTable")
        assert op.request == {"TableName": "t"}


def test_paths_headers_and_bodies_reach_the_emulator_as_they_were_sent(
    scripted, scripted_edge
):
    target = "/bucket/a%2Fb%20c//d?list-type=2&x=%20+"
    scripted.script = lambda _: (201, {"X-Twice": "1", "Server": "mine"}, b"body")
    connection = http.client.HTTPConnection("127.0.0.1", scripted_edge.port, timeout=10)
    connection.request(
        "PUT",
        target,
        b"data",
        {"Host": "s3.example", "Authorization": "AWS x:y", "X-Custom": "a, b"},
    )
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (201, b"body")
    assert reply.headers.get_all("Server") == ["mine"]
    connection.close()
    seen = scripted.seen[-1]
    assert (seen.method, seen.target, seen.body) == ("PUT", target, b"data")
    assert seen.headers["host"] == "s3.example"
    assert seen.headers["authorization"] == "AWS x:y"
    assert seen.headers["x-custom"] == "a, b"
    assert "user-agent" not in seen.headers


def test_a_redirect_is_the_callers_to_follow(scripted, scripted_edge):
    scripted.script = lambda _: (307, {"Location": "http://127.0.0.1:9/"}, b"")
    answer = raw_exchange(
        scripted_edge.port, b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 307 ")
    assert len(scripted.seen) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_request_is_never_sent_twice(scripted, scripted_edge, method):
    """The first call leaves a kept connection, on which the second one breaks."""
    request = f"{method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    raw_exchange(scripted_edge.port, request)
    scripted.seen.clear()
    scripted.script = lambda _: None
    answer = raw_exchange(scripted_edge.port, request)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert len(scripted.seen) == 1
    wanted = "fail" if method == "GET" else "info"
    assert scripted_edge.control.history()[-1].outcome == wanted


def test_the_edge_starts_without_loading_boto3():
    code = (
        "import sys, gameday.edge.server;"
        "print([m for m in ('boto3', 'botocore', 'pydantic', 'moto', 'jmespath')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
