"""Clients that know nothing of gameday meet the outage by the endpoint's name.

A region in a network of its own; the record of its endpoint is emptied and put
back through Route 53's API, as an operator would. `aws`, `curl`, Node.js and plain
boto3 use nothing but the name: each works, fails in its own words while the record
is empty, and works again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml
from foreign_programs import programs_folder
from isolation_lab import IsolatingShell, ensure_namespaces
from stage_traces import eventually

from gameday.bundled import fixtures_folder
from gameday.model.history import Op, OpKind, parse_op
from gameday.stage.state import StageState, read_stage

ENDPOINT = "dynamodb.us-east-1.gameday.test"

OPERATOR = """
import json, sys
from pathlib import Path
import boto3

endpoint, action = sys.argv[1:]
route53 = boto3.client("route53")
zones = route53.list_hosted_zones()["HostedZones"]
zone = next(each["Id"] for each in zones if each["Name"] == endpoint)
kept = Path("tree.json")
if action == "DELETE":
    answer = route53.list_resource_record_sets(HostedZoneId=zone)
    record_sets = answer["ResourceRecordSets"]
    addresses = {e["Name"]: e for e in record_sets if e["Type"] == "A"}
    live = addresses[endpoint]["AliasTarget"]["DNSName"]
    tree = [each for each in record_sets if each["Name"].endswith(live)]
    # What an alias points at has to be there first when it is made again.
    kept.write_text(json.dumps(sorted(tree, key=lambda e: "AliasTarget" in e)))
changes = [
    {"Action": action, "ResourceRecordSet": each}
    for each in json.loads(kept.read_text())
]
route53.change_resource_record_sets(
    HostedZoneId=zone, ChangeBatch={"Changes": changes}
)
"""

BOTO3 = """
import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

once = Config(retries={"total_max_attempts": 1})
try:
    print(boto3.client("dynamodb", config=once).list_tables()["TableNames"])
except EndpointConnectionError as error:
    raise SystemExit(f"{error.kwargs['error']}")
"""

NODE = f"""
require("http").get("http://{ENDPOINT}/", reply => {{
  console.log(reply.statusCode);
  reply.resume();
}}).on("error", error => {{
  require("dns").resolve4("{ENDPOINT}", lookup => {{
    console.error(error.code, lookup && lookup.code);
    process.exit(1);
  }});
}});
"""

CUSTOMER = """
import sys, time
import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

once = Config(retries={"total_max_attempts": 1})
while True:
    try:
        boto3.client("dynamodb", config=once).describe_table(TableName="gameday-leases")
        print("served", flush=True)
    except EndpointConnectionError:
        print("no host", flush=True)
    time.sleep(0.2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client of the endpoint.

    Attributes:
        command: what it is, in a folder with the scripts above.
        status: what it ends with while there is no address.
        words: what it says then.
    """

    command: tuple[str, ...]
    status: int
    words: str


CLIENTS = {
    "aws": Client(
        command=("env", "AWS_MAX_ATTEMPTS=1", "aws", "dynamodb", "list-tables"),
        status=255,
        words=f'Could not connect to the endpoint URL: "http://{ENDPOINT}/"',
    ),
    "curl": Client(
        command=(
            "curl",
            "-sS",
            "-o",
            "answer",
            "-w",
            "%{http_code}",
            f"http://{ENDPOINT}/",
        ),
        status=6,
        words=f"curl: (6) Could not resolve host: {ENDPOINT}",
    ),
    "node": Client(
        command=("node", "-e", NODE),
        status=1,
        words="ENOTFOUND ENODATA",
    ),
    "boto3": Client(
        command=(sys.executable, "-c", BOTO3),
        status=1,
        words="[Errno -5] No address associated with hostname",
    ),
}


class Country:
    """An isolated stage, seen from outside."""

    def __init__(self, shell: IsolatingShell, state: StageState) -> None:
        self.shell = shell
        self.state = state

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.shell.gameday("exec", "--az", "az2", "--", *command)

    def operate(self, action: str) -> None:
        done = self.inside(sys.executable, "-c", OPERATOR, f"{ENDPOINT}.", action)
        assert done.returncode == 0, done.stderr

    def await_customer(self, words: str) -> None:
        """Return once the customer has been told so just now."""
        eventually(lambda: self.told()[-1:] == [words], deadline_s=30)

    def told(self) -> list[str]:
        return self.state.log_file("customer").read_text().splitlines()

    def history(self) -> list[Op]:
        """Return the calls that are on the disk already."""
        lines = self.state.history_file.read_text().splitlines(keepends=True)
        ops = [parse_op(line) for line in lines if line.endswith("\n")]
        return [op for op in ops if op.kind is OpKind.CALL]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("isolated")
    ensure_namespaces(folder)
    reference = fixtures_folder() / "regions" / "reference.yaml"
    region = yaml.safe_load(reference.read_text(encoding="utf-8"))
    region["dns"]["negative_ttl_s"] = 1
    region["actors"]["customer"] = {
        "command": ["{python}", "customer.py"],
        "access_key": "AKIACUSTOMER00000001",
        "az": "az2",
        "begins": "when-published",
    }
    (folder / "region.yaml").write_text(yaml.safe_dump(region))
    (folder / "customer.py").write_text(CUSTOMER)
    shell = IsolatingShell(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(shell.home))
        patch.setenv("PATH", f"{programs_folder()}{os.pathsep}{os.environ['PATH']}")
        calm = ("--setting", "planner_period_ms=0", "--setting", "droplets=5")
        up = shell.gameday(
            "up", "--isolate", "--region", "region.yaml", "--json", *calm
        )
        assert up.returncode == 0, up.stderr
        yield Country(shell, read_stage(json.loads(up.stdout)["id"]))
        shell.gameday("down", "--all")


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_in_any_language_meets_the_outage_and_its_end(
    country: Country, name: str
):
    client = CLIENTS[name]
    program = client.command[2] if client.command[0] == "env" else client.command[0]
    if shutil.which(program) is None:
        missing = f"{program} is missing: install curl and nodejs"
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail(missing)
        pytest.skip(missing)
    country.await_customer("served")

    before = country.inside(*client.command)
    country.operate("DELETE")
    country.await_customer("no host")
    during = country.inside(*client.command)
    country.operate("CREATE")
    country.await_customer("served")
    after = country.inside(*client.command)

    assert (before.returncode, before.stderr) == (0, "")
    assert during.returncode == client.status
    assert client.words in during.stderr
    assert (after.returncode, after.stderr) == (0, "")
    assert after.stdout == before.stdout != during.stdout


def test_a_customer_that_is_a_plain_program_goes_by_the_load_balancers(
    country: Country,
):
    country.await_customer("served")

    calls = [op for op in country.history() if op.actor == "customer"]

    assert {op.operation for op in calls} == {"DescribeTable"}
    assert {op.via for op in calls} <= {"lb-1", "lb-2", "lb-3"}
