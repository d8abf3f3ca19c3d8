"""`gameday explore REGION` with a stranger's commands, found out and replayed."""

from __future__ import annotations

from pathlib import Path

from gameday_shell import Shell

REGION = """\
name: orders
aws_region: us-east-1
availability_zones: [az1]
load_balancers:
  - {name: lb-1, address: 127.0.10.1, az: az1}
endpoints: [orders.gameday.test]
tables:
  - name: orders
    partition_key: {name: order, type: S}
actors:
  first-desk:
    command: ["{python}", order_desk.py]
    access_key: AKIAORDERDESK0000001
  second-desk:
    command: ["{python}", order_desk.py]
    access_key: AKIAORDERDESK0000002
properties:
  eventually: [checks.py:every_order_counted]
"""

ORDER_DESK = """\
import boto3

orders = boto3.resource("dynamodb").Table("orders")
item = orders.get_item(Key={"order": "count"}).get("Item", {"booked": 0})
orders.put_item(Item={"order": "count", "booked": item["booked"] + 1})
print("booked")
"""

CHECKS = """\
def every_order_counted(moment):
    (count,) = moment.items("orders")
    return '"N": "2"' in count or f"two orders make {count}"
"""


def test_a_lost_update_of_two_commands_is_found_and_replayed_by_processes(
    tmp_path: Path,
):
    shell = Shell(tmp_path)
    (tmp_path / "orders.yaml").write_text(REGION)
    (tmp_path / "order_desk.py").write_text(ORDER_DESK)
    (tmp_path / "checks.py").write_text(CHECKS)

    found = shell.gameday("explore", "orders.yaml", "--out", "kept")

    assert found.returncode == 1, found.stderr
    assert found.stdout.startswith("every_order_counted: BROKEN\n")
    assert "2 > first-desk" in found.stdout or "2 > second-desk" in found.stdout
    (file,) = (tmp_path / "kept").glob("*.yaml")
    again = shell.gameday("replay", file)
    assert again.returncode == 0, again.stderr
    apart = shell.gameday("replay", file, "--on", "moto")
    assert apart.returncode == 0, apart.stdout + apart.stderr
    assert "reproduced on moto in 4 steps" in apart.stdout


def test_a_command_that_fails_before_its_first_call_is_found_and_replayed(
    tmp_path: Path,
):
    shell = Shell(tmp_path)
    (tmp_path / "orders.yaml").write_text(REGION)
    (tmp_path / "order_desk.py").write_text("raise SystemExit(3)")
    (tmp_path / "checks.py").write_text(CHECKS)

    found = shell.gameday("explore", "orders.yaml", "--out", "kept")

    assert found.returncode == 1, found.stderr
    assert "no-exception: first-desk ended by ExitStatus: exit status 3" in found.stdout
    (file,) = (tmp_path / "kept").glob("*.yaml")
    again = shell.gameday("replay", file)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.endswith("no-exception breaks as saved, in 0 steps\n")
