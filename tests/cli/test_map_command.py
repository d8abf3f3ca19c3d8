"""`gameday map` as a person in a shell meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

REGION = """\
name: shop
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [orders.gameday.test]
actors: {}
services:
  records: {what: the records}
  orders:
    what: the orders
    needs:
      records:
        fails: nobody finds the orders
        recovers: with them
        recovery: by-itself
        source: ours
        evidence: chosen
"""


def gameday_map(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-c", "from gameday.cli import main; main()", "map"),
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_reference_region_is_mapped_without_starting_anything(tmp_path: Path):
    answer = gameday_map(tmp_path)

    assert answer.returncode == 0
    assert "longest chain: dns > dynamodb-public > dwfm > network" in answer.stdout
    assert answer.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_region_of_ones_own_is_mapped_and_drawn(tmp_path: Path):
    (tmp_path / "shop.yaml").write_text(REGION)

    answer = gameday_map(tmp_path, "--region", "shop.yaml", "--svg", "shop.svg")

    assert answer.stdout.splitlines() == [
        "shop: 2 services, 1 need; failure spreads down, recovery follows it",
        "layer 0: records",
        "layer 1: orders",
        "longest chain: records > orders",
        "records: the records",
        "orders: the orders",
        (
            "orders needs records: nobody finds the orders; back by itself: with them "
            "(ours; chosen)"
        ),
        "drawn in shop.svg",
    ]
    assert (tmp_path / "shop.svg").read_text().startswith("<svg ")


def test_a_program_reads_the_map_as_json(tmp_path: Path):
    (tmp_path / "shop.yaml").write_text(REGION)

    answer = gameday_map(tmp_path, "--region", "shop.yaml", "--json")

    document = json.loads(answer.stdout)
    assert document["region"] == "shop"
    assert document["longest_chain"] == ["records", "orders"]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (
            REGION.replace("    needs:\n      records", "    needs:\n      recods"),
            [],
            (
                "error: shop.yaml:12: services.orders.needs.recods: unknown service "
                "'recods'; did you mean 'records'?"
            ),
        ),
        (
            REGION.replace("      records:", "      orders:"),
            [],
            (
                "error: shop.yaml:12: services.orders.needs.orders: orders needs "
                "orders: nothing on this cycle could recover first"
            ),
        ),
        (
            REGION[: REGION.index("services:")],
            [],
            "error: shop.yaml: it has no `services:`, so there is no map",
        ),
        (
            REGION,
            ["--svg", "nowhere/shop.svg"],
            "error: --svg nowhere/shop.svg: cannot write it: No such file",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, text: str, arguments: list[str], message: str
):
    (tmp_path / "shop.yaml").write_text(text)

    answer = gameday_map(tmp_path, "--region", "shop.yaml", *arguments)

    assert answer.stderr.startswith(message)
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""
    assert answer.returncode == 2
