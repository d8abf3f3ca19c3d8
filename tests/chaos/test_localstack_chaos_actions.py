"""LocalStack's faults in an experiment of ours, set by stock HTTP actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import Shell
from small_experiments import action, write


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GAMEDAY_STAGE", raising=False)
    return Shell(tmp_path)


def stock_post(part: str, arguments: Any) -> dict[str, Any]:
    return {
        "type": "action",
        "name": f"set-{part}",
        "provider": {
            "type": "http",
            "method": "POST",
            "url": f"${{gameday_gateway_url}}/_localstack/chaos/{part}",
            "headers": {"Content-Type": "application/json"},
            "arguments": arguments,
        },
    }


def verdict_of(shell: Shell) -> Any:
    (folder,) = (shell.folder / "gameday-runs").iterdir()
    return json.loads((folder / "verdict.json").read_text("utf-8"))


def test_a_fault_that_fired_counts_and_what_is_left_is_undone(shell: Shell):
    listing = {"service": "route53", "operation": "ListResourceRecordSets", "count": 1}
    method = [
        stock_post("faults", [listing]),
        stock_post("effects", {"latency": 2}),
        action("publish_plan"),
        action("await_settled"),
    ]

    done = shell.chaos("run", write(shell.folder, method=method))

    assert done.returncode == 0, done.stdout + done.stderr
    verdict = verdict_of(shell)
    assert verdict["verdict"] == "passed", verdict
    assert verdict["safety_net"]["undone"] == [
        "removed rule 'localstack-1'",
        "ended the network's latency of 2 ms",
    ]


def test_a_fault_that_never_fired_leaves_the_run_inconclusive(shell: Shell):
    method = [stock_post("faults", [{"service": "kinesis"}])]

    shell.chaos("run", write(shell.folder, method=method))

    verdict = verdict_of(shell)
    assert verdict["verdict"] == "inconclusive", verdict
    assert any("localstack-1" in str(reason) for reason in verdict["reasons"]), verdict
