"""Every experiment with stock Chaos Toolkit, in an empty folder.

`chaos validate` accepts all of them. Whether `chaos run` plays an activity depends on
the activity and not on what else stands in the file, and the plugin plays every file.
So of `chaos run` a default run has a sample, `-m "each_activity or not thorough"` as
many as have every activity in them that the reference region knows, and `-m thorough`
all others: the other regions are timed too closely to be played beside other tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from _pytest.mark import ParameterSet

from gameday.bundled import experiments_folder
from gameday.chaos.labels import labels_of

CHAOS = Path(sys.executable).with_name("chaos")
SAMPLE = ("enactor-latency-as-built", "enactor-latency-fenced", "control-plane-down")
EXPERIMENTS = sorted(experiments_folder().rglob("*.yaml"))
SHORT = [file for file in EXPERIMENTS if file.parent.name != "long"]
DEFAULT = [
    file
    for file in SHORT
    if labels_of(file).region == "reference" and "thorough" not in labels_of(file).tags
]
"""What can be played beside other tests: the other regions are timed closely."""

RUN_DEADLINE_S = 170
"""Shorter than pytest's, so that what the command has said is shown."""

VALIDATE_EACH = """
import sys
from chaostoolkit.cli import cli
from click.testing import CliRunner
validate = ["--no-version-check", "validate"]
told = {f: CliRunner().invoke(cli, [*validate, f]) for f in sys.argv[1:]}
refused = {f: result for f, result in told.items() if result.exit_code}
for file, result in refused.items():
    print(file, result.output)
print(len(told) - len(refused), "are valid")
"""
"""The command as it is, without the half second that a process of each would take."""


def chaos(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CHAOS), "--no-version-check", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
        env={**os.environ, "NO_COLOR": "1"},
    )


def activities(node: object) -> Iterator[str]:
    """Yield the functions of ours that a part of an experiment calls."""
    if isinstance(node, Mapping):
        if str(node.get("module", "")).startswith("gameday."):
            yield str(node.get("func", node["module"]))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from activities(each)


def with_each_activity(files: Sequence[Path]) -> set[Path]:
    """Return a few of the files in which every activity of all of them is called."""
    called = {f: set(activities(yaml.safe_load(f.read_bytes()))) for f in files}
    missing = set().union(*called.values())
    chosen = set()
    while missing:
        most = max(files, key=lambda file: len(called[file] & missing))
        missing -= called[most]
        chosen.add(most)
    return chosen


def played() -> Iterator[ParameterSet]:
    """Yield every experiment; the pytest plugin has played them all already."""
    each_activity = with_each_activity(DEFAULT)
    for file in SHORT:
        marks = [pytest.mark.each_activity] if file in each_activity else []
        if file.stem not in SAMPLE:
            marks.append(pytest.mark.thorough)
        yield pytest.param(file, id=file.stem, marks=marks)


def declared_to_deviate(file: Path) -> bool:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    (block,) = (e for e in document["extensions"] if e["name"] == "gameday")
    return "expect" in block


def test_there_are_at_least_twelve_hazards():
    assert len(EXPERIMENTS) >= 12


def test_the_table_lists_every_experiment():
    tables = {
        folder: (folder / "README.md").read_text(encoding="utf-8")
        for folder in {file.parent for file in EXPERIMENTS}
    }

    assert [f for f in EXPERIMENTS if f"({f.name})" not in tables[f.parent]] == []


def test_few_experiments_have_every_activity_in_them():
    few = with_each_activity(DEFAULT)

    assert few < set(DEFAULT)
    assert set().union(*(activities(yaml.safe_load(f.read_bytes())) for f in few)) == {
        name for f in DEFAULT for name in activities(yaml.safe_load(f.read_bytes()))
    }


def test_chaos_discovers_every_activity_with_its_documentation(tmp_path: Path):
    done = chaos("discover", "gameday", "--no-install", cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    found = json.loads((tmp_path / "discovery.json").read_text())["activities"]
    names = {activity["name"] for activity in found}
    assert {"inject_latency", "hold", "repair_endpoint", "endpoint_resolves"} <= names
    assert [a["name"] for a in found if "Returns:" not in a.get("doc", "")] == []


def test_chaos_validate_accepts_each_of_them(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", VALIDATE_EACH, *map(str, EXPERIMENTS)],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(EXPERIMENTS)} are valid\n"


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
