"""The plugin as a stranger's suite uses it."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from isolation_lab import ensure_namespaces

pytest_plugins = ["pytester"]

HEAVY = ("boto3", "botocore", "chaoslib", "aiohttp", "moto", "pydantic", "rich", "yaml")

HOLDS = """
title: nothing happens
description: the region is left alone
controls:
  - name: gameday
    provider: {type: python, module: gameday.chaos.control}
extensions:
  - name: gameday
    design: fenced
    settings: {planner_period_ms: 0, droplets: 5}
steady-state-hypothesis:
  title: the endpoint resolves
  probes:
    - name: the endpoint resolves
      type: probe
      tolerance: true
      provider: {type: python, module: gameday.chaos.probes, func: endpoint_resolves}
method: []
rollbacks: []
"""

NEVER_FIRES = HOLDS.replace(
    "method: []",
    """method:
  - name: slow down nobody
    type: action
    provider:
      type: python
      module: gameday.chaos.actions
      func: inject_latency
      arguments: {rule: idle, delay_ms: 5, service: sqs}
""",
)


def test_loading_the_plugin_imports_nothing_heavy():
    script = (
        "import sys, gameday.pytest_plugin;"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"


def test_only_experiments_of_ours_are_collected(pytester: pytest.Pytester):
    folder = pytester.mkdir("experiments")
    (folder / "ours.yaml").write_text(HOLDS)
    (folder / "theirs.yaml").write_text("title: something else\n")
    (pytester.path / "elsewhere.yaml").write_text(HOLDS)

    result = pytester.runpytest_subprocess("--collect-only", "-q")

    result.stdout.fnmatch_lines(["experiments/ours.yaml::ours", "1 test collected*"])


def test_what_an_experiment_says_of_itself_selects_it(pytester: pytest.Pytester):
    folder = pytester.mkdir("experiments")
    pytester.makeini("[pytest]\nmarkers = nightly: not in every run")
    (folder / "calm.yaml").write_text(HOLDS)
    (folder / "long.yaml").write_text(f"tags: [dns, nightly]\n{HOLDS}")
    (folder / "other.yaml").write_text(
        HOLDS.replace("design: fenced", "region: orders.yaml")
    )

    def chosen(expression: str) -> list[str]:
        result = pytester.runpytest_subprocess(
            "--collect-only", "-q", "--strict-markers", "-m", expression
        )
        return [line for line in result.outlines if "::" in line]

    assert chosen("nightly") == ["experiments/long.yaml::long"]
    assert "experiments/long.yaml::long" not in chosen("not nightly")
    assert chosen('gameday_experiment(region="orders.yaml")') == [
        "experiments/other.yaml::other"
    ]


def test_a_suite_without_experiments_is_left_alone(pytester: pytest.Pytester):
    pytester.makepyfile("def test_one(): pass")

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_the_marker_and_the_options_are_documented(pytester: pytest.Pytester):
    markers = pytester.runpytest_subprocess("--markers")
    options = pytester.runpytest_subprocess("--help")

    markers.stdout.fnmatch_lines(["@pytest.mark.gameday(region=*"])
    options.stdout.fnmatch_lines(["*--gameday-emulator=NAME*"])


def test_an_experiment_passes_and_leaves_its_paths_in_the_junit_report(
    pytester: pytest.Pytester,
):
    folder = pytester.mkdir("experiments")
    (folder / "holds.yaml").write_text(HOLDS)

    result = pytester.runpytest_subprocess("--junitxml=report.xml", "-q")

    result.assert_outcomes(passed=1)
    report = ET.parse(pytester.path / "report.xml")  # noqa: S314 - we wrote it
    values = {p.get("name"): p.get("value") for p in report.iter("property")}
    assert values["gameday_verdict"] == "passed"
    assert Path(str(values["gameday_journal"])).name == "journal.json"
    assert Path(str(values["gameday_history"])).read_text().count("\n") > 10


def test_a_failing_experiment_shows_verdict_and_story_instead_of_a_traceback(
    pytester: pytest.Pytester,
):
    folder = pytester.mkdir("experiments")
    (folder / "never.yaml").write_text(NEVER_FIRES)

    result = pytester.runpytest_subprocess("-q")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*: inconclusive", "*never fired*", "story:*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_invalid_experiment_says_where(pytester: pytest.Pytester):
    folder = pytester.mkdir("experiments")
    (folder / "wrong.yaml").write_text(HOLDS.replace("design: fenced", "design: fence"))

    result = pytester.runpytest_subprocess("-q")

    result.stdout.fnmatch_lines(["*wrong.yaml:9*fence*did you mean 'fenced'*"])


def test_a_stranger_gets_an_edge_with_faults_that_end_with_their_block(
    pytester: pytest.Pytester,
):
    pytester.makepyfile(
        """
        import pytest
        from botocore.exceptions import ClientError

        def test_throttled(gameday_edge):
            sts = gameday_edge.client("sts")
            with gameday_edge.rule(
                {"kind": "error", "code": "Throttling", "status": 400}, service="sts"
            ):
                with pytest.raises(ClientError, match="Throttling"):
                    sts.get_caller_identity()
            sts.get_caller_identity()
            outcomes = [op.outcome.value for op in gameday_edge.history()
                        if op.service == "sts"]
            assert outcomes == ["fail", "ok"]
        """
    )

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_a_marker_chooses_the_region_that_the_fixture_opens(
    pytester: pytest.Pytester,
):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.gameday(design="as-built",
                             settings={"planner_period_ms": 0, "droplets": 5})
        def test_region(gameday_region):
            assert gameday_region.state.design == "as-built"
            assert len(gameday_region.edge().zones()) == 3
        """
    )

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_an_isolated_suite_resolves_the_regions_names_with_plain_clients(
    pytester: pytest.Pytester, tmp_path: Path
):
    ensure_namespaces(tmp_path)
    pytester.makepyfile(
        """
        import socket
        import pytest

        ENDPOINT = "dynamodb.us-east-1.gameday.test"

        @pytest.mark.gameday(settings={"planner_period_ms": 0, "droplets": 5})
        def test_the_name_resolves_without_any_help(gameday_region):
            assert socket.gethostbyname(ENDPOINT).startswith("127.0.10.")
            socket.create_connection((ENDPOINT, 80)).close()

        def test_no_other_name_does():
            with pytest.raises(socket.gaierror):
                socket.gethostbyname("dynamodb.us-east-1.amazonaws.com")
        """
    )

    result = pytester.runpytest_subprocess("--gameday-isolate", "-q")

    result.assert_outcomes(passed=2)


def test_several_processes_are_not_isolated_together(pytester: pytest.Pytester):
    pytester.makepyfile("def test_one(): pass")

    result = pytester.runpytest_subprocess("--gameday-isolate", "-n", "2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*isolates one process: add -n 0*"])
