"""Programs that know LocalStack's Chaos API use the edge's, unchanged.

LocalStack's own SDK, Chaos Toolkit's stock HTTP actions, and curl as LocalStack's
documents show it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from edge_lab import EdgeProcess
from gameday_shell import Shell
from hypothesis import given
from hypothesis import strategies as st
from localstack.sdk.chaos import ChaosClient
from localstack.sdk.models import FaultRule, NetworkEffectsConfig
from pydantic import ValidationError

from gameday.edge.localstack_chaos_schema import (
    ChaosRefusal,
    ensure_effects,
    ensure_faults,
)

DEADLINE_S = 20


@pytest.fixture
def edge(scripted_edge: EdgeProcess) -> Iterator[EdgeProcess]:
    yield scripted_edge
    scripted_edge.control.set_latency(0)


def fails(edge: EdgeProcess) -> bool:
    try:
        edge.client("dynamodb").list_tables()
    except ClientError:
        return True
    return False


def test_localstacks_sdk_sets_adds_and_deletes_rules(edge):
    sdk = ChaosClient(host=edge.url)
    buckets = FaultRule(region="us-east-1", service="s3")
    tables = FaultRule(region="us-east-1", service="dynamodb")

    assert sdk.add_fault_rules(fault_rules=[buckets]) == [buckets]
    assert not fails(edge)
    assert sdk.add_fault_rules(fault_rules=[tables]) == [buckets, tables]
    assert sdk.get_fault_rules() == [buckets, tables]
    assert fails(edge)
    assert sdk.delete_fault_rules(fault_rules=[tables]) == [buckets]
    assert not fails(edge)
    assert sdk.set_fault_rules(fault_rules=[]) == []


def test_localstacks_sdk_sets_the_latency(edge):
    sdk = ChaosClient(host=edge.url)
    assert sdk.get_network_effects().latency == 0
    assert sdk.set_network_effects(NetworkEffectsConfig(latency=7)).latency == 7
    assert sdk.get_network_effects().latency == 7


CLIENT_WORDS = st.sampled_from(
    ["s3", "cognito_identity", "us-east-1", "PutItem", "", "us*", "a b", "é", "A9"]
)
FAULTS = st.fixed_dictionaries(
    {},
    optional={
        "region": CLIENT_WORDS,
        "service": CLIENT_WORDS,
        "operation": CLIENT_WORDS | st.just(3),
        "probability": st.floats(-1, 2) | st.integers(-1, 2) | st.just("1"),
        "description": st.sampled_from(["", "x" * 8192, "x" * 8193]) | st.just(1),
        "error": st.fixed_dictionaries(
            {},
            optional={
                "statusCode": st.integers(398, 601) | st.just("503"),
                "code": CLIENT_WORDS,
            },
        ),
    },
)


@given(FAULTS)
def test_a_rule_is_taken_if_and_only_if_localstacks_model_takes_it(fault):
    assert taken([fault]) == modelled(FaultRule, fault)


@given(st.integers(-3, 3) | st.just("1") | st.just(0.5))
def test_effects_are_taken_if_and_only_if_localstacks_model_takes_them(latency):
    effects = {"latency": latency}
    try:
        took = ensure_effects(effects) == latency
    except ChaosRefusal:
        took = False
    assert took == modelled(NetworkEffectsConfig, effects)


def taken(faults: Any) -> bool:
    try:
        return bool(ensure_faults(faults, is_operation=lambda *_: False) == faults)
    except ChaosRefusal:
        return False


def modelled(model: Any, document: Any) -> bool:
    try:
        model.from_dict(document)
    except ValidationError:
        return False
    return True


def stock_action(
    name: str, method: str, part: str, arguments: Any, **rest: Any
) -> dict[str, Any]:
    """An HTTP action of Chaos Toolkit's, as the module's docstring has it."""
    return {
        "type": "action",
        "name": name,
        "provider": {
            "type": "http",
            "method": method,
            "url": f"${{edge}}/_localstack/chaos/{part}",
            "headers": {"Content-Type": "application/json"},
            "arguments": arguments,
        },
        **rest,
    }


def stock_probe(part: str) -> dict[str, Any]:
    """Whether the edge answers, asked as a steady state would be."""
    return {
        "type": "probe",
        "name": f"{part}-answer",
        "tolerance": 200,
        "provider": {"type": "http", "url": f"${{edge}}/_localstack/chaos/{part}"},
    }


def test_stock_chaos_toolkit_actions_break_and_mend_the_region(
    edge: EdgeProcess, tmp_path: Path
):
    outage = [{"service": "dynamodb", "region": "us-east-1"}]
    experiment = {
        "title": "DynamoDB is down",
        "description": "With nothing but Chaos Toolkit's HTTP provider.",
        "configuration": {"edge": edge.url},
        "steady-state-hypothesis": {
            "title": "The edge answers",
            "probes": [stock_probe("faults")],
        },
        "method": [
            stock_action("dynamodb-is-down", "POST", "faults", outage),
            stock_action("the-network-is-slow", "POST", "effects", {"latency": 25}),
            stock_action("lambda-too", "PATCH", "faults", [{"service": "lambda"}]),
            stock_action("lambda-is-back", "DELETE", "faults", [{"service": "lambda"}]),
        ],
        "rollbacks": [
            stock_action("dynamodb-is-back", "POST", "faults", []),
            stock_action("the-network-is-quick", "POST", "effects", {"latency": 0}),
        ],
    }
    file = tmp_path / "outage.json"
    file.write_text(json.dumps(experiment))
    begun = edge.control.mark("begin", {})

    shell = Shell(tmp_path)
    checked = shell.chaos("validate", file)
    done = shell.chaos("run", "--rollback-strategy", "always", file)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    journal = json.loads((tmp_path / "journal.json").read_text("utf-8"))
    answers = [each["output"] for each in journal["run"] + journal["rollbacks"]]
    assert [answer["status"] for answer in answers] == [200] * 6
    assert [answer["body"] for answer in answers] == [
        outage,
        {"latency": 25},
        [*outage, {"service": "lambda"}],
        outage,
        [],
        {"latency": 0},
    ]
    marks = [op.operation for op in edge.control.history(begun + 1)]
    assert marks == [
        "set_rule",
        "network_effects",
        "set_rule",
        "remove_rule",
        "remove_rule",
        "network_effects",
    ]


def curl(*arguments: str) -> Any:
    """Run curl as a document says; where CI asks for it, it must be there."""
    if shutil.which("curl") is None:
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail("curl is missing")
        pytest.skip("curl is missing")
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    return json.loads(done.stdout)


def test_curl_as_localstacks_documents_write_it(edge):
    faults = f"{edge.url}/_localstack/chaos/faults"
    as_json = ("--header", "Content-Type: application/json")
    outage = '[{"service": "dynamodb", "region": "us-east-1"}]'

    set_ = curl("--location", "--request", "POST", faults, *as_json, "--data", outage)
    assert set_ == json.loads(outage)
    assert fails(edge)
    assert curl("--location", "--request", "GET", faults) == json.loads(outage)
    # Without a content type curl says that it sends a form.
    assert curl("--location", "--request", "POST", faults, "--data", "[]") == []
    assert not fails(edge)
