"""`gameday explore --cluster`: a Dask cluster shares the search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gameday_shell import Shell

SAFE = f"{Path(__file__).parents[1] / 'explore' / 'counter_problems.py'}:safe_counter"

pytest.importorskip("distributed")


def test_a_cluster_claims_what_one_process_claims(tmp_path: Path):
    shell = Shell(tmp_path)

    def claim(*arguments: object) -> dict[str, Any]:
        done = shell.gameday("explore", SAFE, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        for stage in document["coverage"]["stages"]:
            del stage["seconds"]
        return document

    alone = claim("--workers", 1)
    together = claim("--cluster", "local", "--workers", 2)

    assert together == alone


def test_a_cluster_that_is_not_there_is_invalid_input(tmp_path: Path):
    done = Shell(tmp_path).gameday("explore", SAFE, "--cluster", "nowhere-at-all")

    assert done.returncode == 2
    assert "no Dask scheduler answers at nowhere-at-all" in done.stderr
