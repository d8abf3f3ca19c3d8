"""Every example of the README is run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from readme_examples import README, ROOT, example, typed

from gameday.documents import parse_document
from gameday.model.safeguards import DESIGNS, SWITCHES
from gameday.model.verdict import Verdict
from gameday.region.topology import parse_region

pytest_plugins = ["pytester"]


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
    done = typed(example("shell-example"), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "is up" in done.stdout
    assert "is down" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_chaos_api_example_sets_what_it_says(tmp_path: Path):
    (tmp_path / "faults.sh").write_text(example("chaos-api-example"))
    faults = 'curl -s "$AWS_ENDPOINT_URL"/_localstack/chaos/faults'

    done = typed(
        "gameday up --design fenced --setting droplets=20\n"
        "gameday exec -- bash -eu faults.sh\n"
        f"gameday exec -- bash -c '{faults}'",
        tmp_path,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"operation": "PutItem"' in done.stdout.splitlines()[-1]
    assert '{"latency": 200}' in done.stdout


@pytest.mark.slow
def test_the_explorer_examples_end_as_they_say(tmp_path: Path):
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    lines = example("explore-example").splitlines()
    broken, holding, replayed = (line.partition("#")[0] for line in lines)

    done = typed(f"{broken} || test $? = 1; {holding}; {replayed}", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "HOLDS" in done.stdout
    assert "reproduced" in done.stdout


def test_the_map_example_draws_the_reference_region(tmp_path: Path):
    done = typed(example("map-example"), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "longest chain: dns > dynamodb-public > dwfm" in done.stdout
    assert (tmp_path / "map.svg").is_file()


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


def test_the_cascade_examples_name_experiments_that_are_played():
    lines = example("cascade-example").splitlines()
    files = [line.partition("#")[0].split()[-1] for line in lines]

    assert len(files) == 2
    assert [file for file in files if not (ROOT / file).is_file()] == []
