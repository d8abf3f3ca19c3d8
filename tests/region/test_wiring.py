"""How a program's settings reach its clients."""

from __future__ import annotations

import socket
import time

import pytest
from botocore.exceptions import ReadTimeoutError

from gameday.region.settings import ActorConfig
from gameday.region.wiring import wire_planner


def test_a_program_waits_for_aws_as_long_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPLANNER000000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gameday")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        planner, _ = wire_planner(
            ActorConfig(
                actor="planner",
                az="az1",
                aws_region="us-east-1",
                gateway_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
                resolver=("127.0.0.1", 53),
                managed_port=80,
                endpoints=("dynamodb.us-east-1.gameday.test",),
                load_balancers=(),
                settings={"call_timeout_ms": 50},
            )
        )
        began = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            planner.publish(["lb-1"])
    # The default would be 10 s for each of four attempts.
    assert time.monotonic() - began < 10
