"""Actors of a region file that are commands or somebody else's callables."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gameday.errors import InvalidInput
from gameday.explore import Exploration, explore
from gameday.explore.command_program import python_command
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.model.verdict import Validity

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
"""

PROPERTIES = """\
properties:
  always: [checks.py:never_negative]
  eventually: [checks.py:every_order_counted]
  sometimes: [checks.py:one_order_counted]
"""

CHECKS = """\
def booked(moment):
    texts = moment.items("orders")
    return [n for n in range(9) for text in texts if f'"N": "{n}"' in text]


def never_negative(moment):
    return not any("-" in text for text in moment.items("orders"))


def one_order_counted(moment):
    return booked(moment) == [1]


def every_order_counted(moment):
    return booked(moment) == [2] or f"two orders make {booked(moment)}"
"""

LEDGER = """\
import boto3

KEY = {"order": {"S": "count"}}
client = boto3.client("dynamodb")
orders = []


def read():
    item = client.get_item(TableName="orders", Key=KEY).get("Item")
    return int(item["booked"]["N"]) if item else 0


def write(count, **condition):
    item = {**KEY, "booked": {"N": str(count)}}
    client.put_item(TableName="orders", Item=item, **condition)
"""

BLIND = """\
import ledger

ledger.write(ledger.read() + 1)
"""

SAFE = """\
import sys

import ledger

while True:
    count = ledger.read()
    seen = {":seen": {"N": str(count)}}
    try:
        ledger.write(
            count + 1,
            ConditionExpression="attribute_not_exists(booked) OR booked = :seen",
            ExpressionAttributeValues=seen,
        )
    except ledger.client.exceptions.ConditionalCheckFailedException:
        continue
    sys.exit(0)
"""


def desks(*commands: str) -> str:
    lines = ["actors:"]
    for number, command in enumerate(commands, start=1):
        lines += [
            f"  desk-{number}:",
            f"    {command}",
            f"    access_key: AKIAORDERDESK000000{number}",
        ]
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, **programs: str) -> RegionTarget:
    for name, program in {"checks": CHECKS, "ledger": LEDGER, **programs}.items():
        (folder / f"{name}.py").write_text(program)
    file = folder / "orders.yaml"
    file.write_text(REGION + text)
    return RegionTarget(region=str(file))


def explored(target: RegionTarget) -> Exploration:
    problem = region_problem(target)
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        always=problem.always,
        eventually=problem.eventually,
        sometimes=problem.sometimes,
        faults=problem.faults,
    )


SCRIPT = 'command: ["{python}", desk.py]'


def test_two_commands_that_lose_an_update_are_found_out(tmp_path: Path):
    target = written(tmp_path, desks(SCRIPT, SCRIPT) + PROPERTIES, desk=BLIND)

    found = explored(target)

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "every_order_counted"
    assert found.counterexample.broken.message == "two orders make [1]"
    assert len(found.counterexample.schedule) == 4


def test_the_same_with_a_condition_holds_in_every_interleaving(tmp_path: Path):
    target = written(tmp_path, desks(SCRIPT, SCRIPT) + PROPERTIES, desk=SAFE)

    found = explored(target)

    assert found.reasons == ()
    assert found.validity is Validity.VALID
    assert found.coverage.actors == ("desk-1", "desk-2")


@pytest.mark.parametrize(
    "command",
    [
        'command: ["{python}", -u, "-m", desk]',
        "run: shop:open_desk",
        "run: shop:open_desk_as",
    ],
)
def test_modules_and_callables_are_found_out_as_well(tmp_path: Path, command: str):
    shop = (
        "import ledger\n\n\ndef open_desk():\n    ledger.write(ledger.read() + 1)\n\n\n"
        "def open_desk_as(config):\n"
        "    assert config.actor.startswith('desk-')\n    open_desk()\n"
    )
    target = written(
        tmp_path, desks(command, command) + PROPERTIES, desk=BLIND, shop=shop
    )

    found = explored(target)

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "every_order_counted"


def test_a_program_finds_what_it_would_find_in_a_process_of_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    looks = """\
import os
import sys
from pathlib import Path

import ledger

ledger.orders.append("mine")
assert __name__ == "__main__"
assert sys.argv[1:] == ["--fast"], sys.argv
assert ledger.orders == ["mine"], "somebody else was here"
assert Path("orders.yaml").is_file()
assert os.environ["AWS_ACCESS_KEY_ID"].startswith("AKIAORDERDESK")
assert os.environ["GAMEDAY_ACTOR"].startswith("desk-")
assert sys.stdin.read() == ""
print("nobody wants to read this a thousand times")
ledger.read()
assert ledger.orders == ["mine"], "somebody else was here meanwhile"
assert sys.modules["__main__"].ledger is ledger
"""
    fast = 'command: ["{python}", desk.py, --fast]'
    before = (list(sys.path), list(sys.argv), Path.cwd(), sys.modules["__main__"])
    target = written(tmp_path, desks(fast, fast), desk=looks)

    found = explored(target)

    assert found.validity is Validity.VALID, found.reasons
    assert before == (sys.path, sys.argv, Path.cwd(), sys.modules["__main__"])
    assert "ledger" not in sys.modules
    assert "thousand times" not in "".join(capfd.readouterr())


def test_variables_of_a_script_tell_two_histories_apart(tmp_path: Path):
    # Only `first` is left of what was read when the script pauses at its second read.
    remembers = """\
import ledger

first = ledger.read() == 0
ledger.read()
ledger.write(1 if first else 7)
"""
    checks = CHECKS.replace("[2]", "[1]")
    target = written(
        tmp_path, desks(SCRIPT, SCRIPT) + PROPERTIES, desk=remembers, checks=checks
    )

    found = explored(target)

    assert found.counterexample is not None
    assert found.counterexample.broken.message == "two orders make [7]"


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ("sys.exit(3)", "desk-1 ended by ExitStatus: exit status 3"),
        ("sys.exit('no stock')", "desk-1 ended by ExitStatus: exit status no stock"),
        ("raise ValueError('x')", "desk-1 ended by ValueError: x"),
    ],
)
def test_a_command_that_fails_is_a_finding(tmp_path: Path, ends: str, says: str):
    target = written(tmp_path, desks(SCRIPT), desk=f"import sys\n{ends}\n")

    found = explored(target)

    assert found.counterexample is not None
    assert found.counterexample.broken.message == says


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("java", "-jar", "x.jar"), "desk: 'java -jar x.jar' cannot be explored"),
        (("{python}", "-c", "1"), "cannot be explored; write {python} FILE"),
        (("{python}", "gone.py"), "desk: there is no file"),
    ],
)
def test_what_is_no_python_program_is_refused(
    tmp_path: Path, command: tuple[str, ...], complaint: str
):
    with pytest.raises(InvalidInput) as refused:
        python_command("desk", command, folder=str(tmp_path))

    assert complaint in str(refused.value)


def test_a_property_that_is_not_there_is_named_with_those_of_the_region(tmp_path: Path):
    target = written(tmp_path, desks(SCRIPT) + PROPERTIES, desk=BLIND)

    with pytest.raises(InvalidInput, match="did you mean 'every_order_counted'"):
        region_problem(target, properties=("every_order_count",))
