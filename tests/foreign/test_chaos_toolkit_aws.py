"""Activities of chaostoolkit-aws beside gameday's own, in a stock `chaos run`.

They make boto3 clients of the process's environment, and know nothing of a stage.
Their own traps: `get_metric_statistics` answers 0 where there is no data point,
also for one of this very second, because CloudWatch is asked to the last whole
second; it and `get_metric_data` send the time of UTC as if it were local; without
a region the run is interrupted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from foreign_programs import FIRST_START_S, REGION, Neighbourhood, Ran
from gameday_shell import CHAOS, ROOT
from small_experiments import action, experiment, probe

from gameday.model.history import History, Op, Outcome

pytestmark = pytest.mark.timeout(FIRST_START_S)

RUN_DEADLINE_S = 120.0
ENDPOINT = "service.gameday.test"
ADDRESS = "127.0.10.91"
POINT = {"MetricName": "errors", "Value": 7.0, "Unit": "Count"}
DIMENSION = {"Name": "az", "Value": "az1"}


@pytest.fixture
def published(neighbourhood: Neighbourhood) -> str:
    """The endpoint has an address, as the region's own programs would see to."""
    route53 = neighbourhood.edge.client("route53")
    zone = neighbourhood.edge.control.zone(ENDPOINT)
    record = {
        "Name": ENDPOINT,
        "Type": "A",
        "TTL": 1,
        "ResourceRecords": [{"Value": ADDRESS}],
    }
    change = {"Action": "UPSERT", "ResourceRecordSet": record}
    route53.change_resource_record_sets(
        HostedZoneId=zone["id"], ChangeBatch={"Changes": [change]}
    )
    neighbourhood.await_answer(ENDPOINT, ADDRESS)
    return str(zone["id"])


def chaos(folder: Path, document: dict[str, Any], env: dict[str, str]) -> Ran:
    """Play an experiment with Chaos Toolkit's own command line."""
    (folder / "foreign.yaml").write_text(REGION)
    (folder / "experiment.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    rest = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, *CHAOS, "run", "experiment.yaml"],
        cwd=folder,
        env={
            **rest,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "TZ": "UTC",
            **env,
        },
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
        check=False,
    )
    return Ran(status=done.returncode, out=done.stdout, err=done.stderr)


def joined(around: Neighbourhood) -> dict[str, str]:
    """The environment that `gameday up` invites to, with a key of their own."""
    return {
        **around.environment("chaosaws"),
        "GAMEDAY_STAGE": around.edge.stage.id,
        # Stages are looked for below it.
        "HOME": os.environ["HOME"],
    }


def journal(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "journal.json").read_text("utf-8"))
    return loaded


def outputs(folder: Path) -> dict[str, Any]:
    return {run["activity"]["name"]: run["output"] for run in journal(folder)["run"]}


def history(folder: Path) -> list[Op]:
    file = Path(journal(folder)["gameday"]["folder"]) / "history.ndjson"
    return list(History.parse(file.read_text("utf-8").splitlines()))


def their(kind: str, module: str, func: str, **arguments: Any) -> dict[str, Any]:
    """An activity of chaostoolkit-aws."""
    make = probe if kind == "probe" else action
    made = make(f"chaosaws.{module}.{kind}s:{func}", **arguments)
    made.pop("tolerance", None)
    return made


def beside(method: list[dict[str, Any]], *hypothesis: dict[str, Any]) -> dict[str, Any]:
    """An experiment on the region of this folder, with gameday's control."""
    document = experiment(
        method=method, hypothesis=list(hypothesis), region="foreign.yaml"
    )
    # They are the reference region's.
    del document["extensions"][0]["settings"]
    if not hypothesis:
        del document["steady-state-hypothesis"]
    return document


def test_their_activities_reach_the_edge_with_nothing_but_its_url(
    neighbourhood: Neighbourhood, published: str, tmp_path: Path
):
    edge = neighbourhood.edge
    (instance,) = edge.client("ec2").run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1
    )["Instances"]
    edge.client("s3").create_bucket(Bucket="plans")
    then = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    stopped = their(
        "probe",
        "ec2",
        "instance_state",
        state="stopped",
        instance_ids=[instance["InstanceId"]],
    )
    method = [
        action("inject_latency", delay_ms=5, actor="chaosaws", rule="slow-ec2"),
        their("action", "ec2", "stop_instance", instance_id=instance["InstanceId"]),
        stopped,
        # Its answer holds times, which once broke the journal.
        their("probe", "ec2", "describe_instances", filters=[]),
        action("clear", rule="slow-ec2"),
        their(
            "action",
            "cloudwatch",
            "put_metric_data",
            namespace="gameday",
            metric_data=[{**POINT, "Timestamp": then, "Dimensions": [DIMENSION]}],
        ),
        their(
            "probe",
            "cloudwatch",
            "get_metric_statistics",
            namespace="gameday",
            metric_name=POINT["MetricName"],
            dimensions=[DIMENSION],
            duration=300,
            statistic="Sum",
        ),
        their("probe", "route53", "get_hosted_zone", zone_id=published),
        their(
            "probe",
            "route53",
            "get_dns_answer",
            zone_id=published,
            record_name=ENDPOINT,
            record_type="A",
        ),
    ]
    bucket = {
        **their("probe", "s3", "bucket_exists", bucket_name="plans"),
        "tolerance": True,
    }

    done = chaos(
        tmp_path,
        beside(method, probe("endpoint_resolves"), bucket),
        joined(neighbourhood),
    )

    assert done.status == 0, done.out + done.err
    told = journal(tmp_path)
    assert told["status"] == "completed"
    assert told["gameday"]["verdict"] == "passed", told["gameday"]
    assert outputs(tmp_path)["instance state"] is True
    assert instance["InstanceId"] in str(outputs(tmp_path)["describe instances"])
    assert outputs(tmp_path)["get metric statistics"] == 7.0
    assert outputs(tmp_path)["get dns answer"]["RecordData"] == [ADDRESS]
    assert outputs(tmp_path)["get hosted zone"]["HostedZone"]["Name"] == f"{ENDPOINT}."
    ops = [op for op in history(tmp_path) if op.actor == "chaosaws"]
    assert {op.service for op in ops} >= {"ec2", "cloudwatch", "route53", "s3"}
    slow = [op for op in ops if op.rule == "slow-ec2"]
    assert "StopInstances" in {op.operation for op in slow}


@pytest.mark.usefixtures("published")
def test_a_rule_fails_their_action_and_the_verdict_says_so(
    neighbourhood: Neighbourhood, tmp_path: Path
):
    """Chaos Toolkit alone calls a run passed whose action never happened."""
    method = [
        action(
            "inject_error",
            code="UnauthorizedOperation",
            actor="chaosaws",
            operation="DescribeInstances",
            rule="no-rights",
        ),
        their("action", "ec2", "stop_instance", instance_id="i-0123456789abcdef0"),
    ]

    done = chaos(
        tmp_path,
        beside(method, probe("endpoint_resolves")),
        joined(neighbourhood),
    )

    assert journal(tmp_path)["status"] == "completed"
    verdict = journal(tmp_path)["gameday"]
    assert verdict["verdict"] == "inconclusive", done.out + done.err
    assert "stop instance" in str(verdict["reasons"])
    (refused,) = [op for op in history(tmp_path) if op.rule == "no-rights"]
    assert (refused.actor, refused.outcome) == ("chaosaws", Outcome.FAIL)


def test_a_stage_of_their_own_needs_no_url_and_nothing_leaves_the_machine(
    tmp_path: Path,
):
    """The stage's port is not known before; real credentials are not used."""
    listing = their("probe", "ec2", "count_instances", filters=[])

    done = chaos(
        tmp_path,
        beside([listing]),
        {
            "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
            "AWS_SECRET_ACCESS_KEY": "of-no-account",
            "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "GAMEDAY_HOME": str(tmp_path / "home"),
        },
    )

    assert done.status == 0, done.out + done.err
    assert outputs(tmp_path) == {"count instances": 0}
    asked = [op for op in history(tmp_path) if op.service == "ec2"]
    assert [(op.actor, op.outcome) for op in asked] == [("operator", Outcome.OK)]
