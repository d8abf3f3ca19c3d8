"""`gameday explore --campaign` and `--resume`: a search that ends early goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import Shell

SMALL = ("--design", "fenced", "--plans", 2, "--enactors", 2, "--strategy")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def claim(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    for stage in document["coverage"]["stages"]:
        del stage["seconds"]
    return document


def test_a_search_that_ended_early_ends_with_the_claim_of_a_whole_one(
    shell: Shell, tmp_path: Path
):
    whole = shell.gameday("explore", *SMALL, "exhaustive", "--json")
    early = shell.gameday(
        *("explore", *SMALL, "exhaustive", "--budget-s", 0.3),
        *("--campaign", "kept/small"),
    )

    assert early.returncode == 3, early.stdout + early.stderr
    assert (
        "kept: kept/small; `gameday explore --resume kept/small` goes on"
        in early.stdout
    )
    resumed = shell.gameday("explore", "--resume", tmp_path / "kept/small", "--json")

    assert resumed.returncode == whole.returncode == 0, resumed.stderr
    assert claim(resumed.stdout) == claim(whole.stdout)
