"""Every example of the README is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gameday.documents import parse_document
from gameday.model.safeguards import DESIGNS, SWITCHES
from gameday.model.verdict import Verdict
from gameday.region.topology import parse_region

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found, f"README.md has no example {name}"
    return found[1]


def test_the_region_example_is_a_valid_region(tmp_path: Path):
    (tmp_path / "order_desk.py").write_text("")
    document = parse_document(example("region-example"), file="README.md")

    region = parse_region(document, folder=tmp_path)

    assert list(region.actors) == ["order-desk"]


@pytest.mark.slow
def test_the_pytest_example_passes(pytester: pytest.Pytester):
    pytester.makepyfile(example("pytest-example"))

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


@pytest.mark.slow
def test_the_shell_example_works_as_written(tmp_path: Path):
    script = example("shell-example")
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    env = {**os.environ, "PATH": path, "GAMEDAY_HOME": str(tmp_path / "home")}

    def sh(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", text],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=150,
            env=env,
        )

    try:
        done = sh(script)
    finally:
        sh("gameday down --all")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "is up" in done.stdout
    assert "is down" in done.stdout


def test_the_safeguard_table_says_what_the_code_does():
    for name, kind in SWITCHES.items():
        row = re.search(
            rf"^\| `{name}` \| (\S+) \| (\S+) \| (.*) \|$", README, re.MULTILINE
        )
        assert row, f"README.md has no row for {name}"
        assert row[1] == DESIGNS["as-built"].render()[name]
        assert row[2] == DESIGNS["fenced"].render()[name]
        assert all(value.value in row[3] for value in kind)


def test_the_verdict_table_has_every_exit_code():
    for verdict in Verdict:
        assert re.search(
            rf"^\| {verdict.value} \| {verdict.exit_code} \|", README, re.MULTILINE
        )
