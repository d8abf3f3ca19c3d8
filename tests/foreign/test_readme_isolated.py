"""The README's isolated stage, typed as it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_programs import FIRST_START_S, programs_folder
from isolation_lab import ensure_namespaces
from readme_examples import example, typed


@pytest.mark.slow
@pytest.mark.timeout(FIRST_START_S)
def test_the_isolated_example_works_as_written(tmp_path: Path):
    ensure_namespaces(tmp_path)

    done = typed(example("isolate-example"), tmp_path, programs_folder())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "gameday-leases" in done.stdout
    assert "is down" in done.stdout
