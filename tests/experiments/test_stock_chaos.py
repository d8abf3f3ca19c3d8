"""Every experiment with stock Chaos Toolkit, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from _pytest.mark import ParameterSet

from gameday.bundled import experiments_folder

CHAOS = Path(sys.executable).with_name("chaos")
SAMPLE = ("enactor-latency-as-built", "enactor-latency-fenced", "control-plane-down")
EXPERIMENTS = sorted(experiments_folder().glob("*.yaml"))


def chaos(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CHAOS), "--no-version-check", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "NO_COLOR": "1"},
    )


def played() -> Iterator[ParameterSet]:
    """Yield every experiment; the pytest plugin has played them all already."""
    for file in EXPERIMENTS:
        marks = () if file.stem in SAMPLE else (pytest.mark.thorough,)
        yield pytest.param(file, id=file.stem, marks=marks)


def declared_to_deviate(file: Path) -> bool:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    (block,) = (e for e in document["extensions"] if e["name"] == "gameday")
    return "expect" in block


def test_there_are_at_least_twelve_hazards():
    assert len(EXPERIMENTS) >= 12


def test_the_table_lists_every_experiment():
    table = (experiments_folder() / "README.md").read_text(encoding="utf-8")

    assert [f.stem for f in EXPERIMENTS if f"({f.name})" not in table] == []


def test_chaos_discovers_every_activity_with_its_documentation(tmp_path: Path):
    done = chaos("discover", "gameday", "--no-install", cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    found = json.loads((tmp_path / "discovery.json").read_text())["activities"]
    names = {activity["name"] for activity in found}
    assert {"inject_latency", "hold", "repair_endpoint", "endpoint_resolves"} <= names
    assert [a["name"] for a in found if "Returns:" not in a.get("doc", "")] == []


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_chaos_validate_accepts_it(file: Path, tmp_path: Path):
    done = chaos("validate", str(file), cwd=tmp_path)

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("file", list(played()))
def test_chaos_run_plays_it_and_the_verdict_is_the_declared_one(
    file: Path, tmp_path: Path
):
    done = chaos("run", str(file), cwd=tmp_path)

    verdicts = list(tmp_path.glob("gameday-runs/*/verdict.json"))
    assert len(verdicts) == 1, done.stdout + done.stderr
    verdict = json.loads(verdicts[0].read_text())
    assert verdict["verdict"] == "passed", verdict["reasons"]
    journal = json.loads((tmp_path / "journal.json").read_text())
    if not declared_to_deviate(file):
        assert done.returncode == 0
        assert journal["status"] == "completed"
    assert (verdicts[0].parent / "history.ndjson").stat().st_size > 0
