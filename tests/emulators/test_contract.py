from __future__ import annotations

import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from emulator_processes import running, stock_moto

from gameday.clock import ManualClock
from gameday.emulators.cases.route53_batches import STALE_SWAP
from gameday.emulators.contract import check_contract
from gameday.emulators.contract_cases import CASES
from gameday.emulators.plain_calls import SECRET_KEY, PlainCalls
from gameday.errors import EmulatorUnavailable, NotLoopback

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECK_MAX_S = 1.0


def test_the_embedded_moto_keeps_every_promise(moto_url: str):
    """And fast, at least once in a few times on a machine that others use."""
    check_contract(moto_url)

    def check_s() -> float:
        began = time.monotonic()
        assert check_contract(moto_url) == ()
        return time.monotonic() - began

    assert min(check_s() for _ in range(3)) < CHECK_MAX_S


def test_the_test_leaves_nothing_behind(moto_url: str):
    check_contract(moto_url)

    options = {
        "endpoint_url": moto_url,
        "region_name": "us-east-1",
        "aws_access_key_id": "AKIAOPERATOR00000001",
        "aws_secret_access_key": "gameday",
    }
    assert boto3.client("route53", **options).list_hosted_zones()["HostedZones"] == []
    assert boto3.client("dynamodb", **options).list_tables()["TableNames"] == []


def test_stock_moto_is_found_out():
    """The promises that it does keep (one client) show that the cases can tell."""
    with running(*stock_moto()) as url:
        gaps = check_contract(url)

    assert [gap.case for gap in gaps] == [
        "swap-back",
        "stale-swap",
        "create-existing",
        "failed-batch",
        "weighted-delete",
        "missing-target",
        "replayed-token",
        "token-mismatch",
    ]
    assert {case.name for case in CASES} - {gap.case for gap in gaps} == {
        "swap",
        "false-condition",
    }
    stale = gaps[1]
    assert stale.expected == STALE_SWAP.expected
    assert stale.observed.startswith("the stale swap took effect")


def test_nobody_there_is_said_with_the_address():
    with socket.create_server(("127.0.0.1", 0)) as vacated:
        url = f"http://127.0.0.1:{vacated.getsockname()[1]}"

    with pytest.raises(EmulatorUnavailable, match=url):
        check_contract(url)


@pytest.fixture
def mute() -> Iterator[str]:
    """A web server that is no emulator: it answers 501 to everything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 501 No\r\nContent-Length: 2\r\n\r\nno")
                connection.recv(65536)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=10)


def test_what_is_no_emulator_is_said_with_its_answer(mute: str):
    with pytest.raises(EmulatorUnavailable, match=r"CreateHostedZone failed: .*501"):
        check_contract(mute)


@pytest.mark.parametrize("url", ["http://192.0.2.1:4566", "https://aws.amazon.com"])
def test_only_this_machine_is_called(url: str):
    with pytest.raises(NotLoopback):
        check_contract(url)


def test_requests_are_signed_as_botocore_signs_them():
    calls = PlainCalls(
        "http://127.0.0.1:5000",
        access_key="AKIAENACTORAZ1000001",
        clock=ManualClock(1_760_943_000_000),
    )
    extra = {"x-amz-target": "DynamoDB_20120810.ListTables"}
    ours = calls._signed("dynamodb", "POST", "/", b"{}", extra)

    theirs = AWSRequest(
        "POST", "http://127.0.0.1:5000/", headers=dict(extra), data=b"{}"
    )
    theirs.context["timestamp"] = ours["x-amz-date"]
    theirs.headers["X-Amz-Date"] = ours["x-amz-date"]
    signer = SigV4Auth(
        Credentials("AKIAENACTORAZ1000001", SECRET_KEY), "dynamodb", "us-east-1"
    )
    signature = signer.signature(
        signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs
    )

    assert ours["authorization"].endswith(f"Signature={signature}")


def test_the_test_does_not_load_boto3(moto_url: str):
    """It opens every run, and boto3 takes longer to load than it takes to play."""
    import subprocess

    program = (
        "import sys; from gameday.emulators.contract import check_contract; "
        f"assert check_contract({moto_url!r}) == (); "
        "print(sorted({'boto3', 'botocore', 'moto'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"
