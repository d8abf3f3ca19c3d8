"""`gameday map --live`: how is each service of a running stage, by its own canary?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gameday.aws.sessions import Caller, client
from gameday.clock import SystemClock
from gameday.errors import ServiceUnavailable
from gameday.region.monitoring.service_canary import ServiceCanary

ROOT = Path(__file__).resolve().parents[2]

REGION = """\
name: small
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [small.gameday.test]
actors:
  canary: {command: [sleep, "1000"], access_key: AKIACANARY0000000001}
services:
  records: {what: the records, canary: canary}
  orders:
    what: the orders
    canary: canary
    needs:
      records:
        fails: nobody finds them
        recovers: with them
        recovery: by-itself
        source: ours
        evidence: chosen
"""


def gameday(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-c", "from gameday.cli import main; main()"),
            *arguments,
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "GAMEDAY_HOME": str(folder / "home"),
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def stage(tmp_path: Path):
    """A stage whose canary is played by the test."""
    (tmp_path / "region.yaml").write_text(REGION)
    up = gameday(tmp_path, "up", "--region", "region.yaml", "--json")
    yield tmp_path, str(json.loads(up.stdout)["gateway_url"])
    gameday(tmp_path, "down", "--all")


def test_the_running_stage_is_shown_as_its_canaries_last_saw_it(
    stage: tuple[Path, str],
):
    folder, gateway_url = stage
    cloudwatch = client(
        "cloudwatch",
        Caller(access_key="AKIACANARY0000000001", endpoint_url=gateway_url),
    )

    def fails() -> None:
        raise ServiceUnavailable(service="any", why="it is out")

    before = gameday(folder, "map", "--live").stdout.splitlines()
    ServiceCanary(service="records", ask=fails, cloudwatch=cloudwatch).look()
    ServiceCanary(
        service="orders", ask=SystemClock().now_ms, cloudwatch=cloudwatch
    ).look()
    cloudwatch.close()
    after = gameday(folder, "map", "--live", "--svg", "map.svg").stdout.splitlines()

    assert before[1:] == ["layer 0: records is unknown", "layer 1: orders is unknown"]
    assert after[1:] == [
        "layer 0: records is impaired by itself",
        "layer 1: orders is exposed to records",
        "drawn in map.svg",
    ]
    assert "impaired by itself" in (folder / "map.svg").read_text()


def test_without_a_running_stage_there_is_nothing_to_show(tmp_path: Path):
    answer = gameday(tmp_path, "map", "--live")

    assert answer.stderr == (
        "error: no stage is running; start one with `gameday up`\n"
    )
    assert answer.returncode == 2
