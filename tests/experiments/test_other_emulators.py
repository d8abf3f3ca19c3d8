"""Moving to another emulator changes one flag and no verdict.

The race made certain, and one safeguard against it, on each emulator that the
harness starts itself. On LocalStack also the flagship pair; it must have been
installed (`gameday emulator install localstack`): `pytest -m localstack`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import experiments_folder
from gameday.drills.runner import Options, play
from gameday.model.verdict import Verdict

GAP = ("gap-as-built", "freshness-in-batch-alone")
FLAGSHIP = ("enactor-latency-as-built", "enactor-latency-fenced")


def played(name: str, emulator: str, folder: Path) -> None:
    result = play(
        experiments_folder() / f"{name}.yaml", Options(emulator=emulator, out=folder)
    )

    assert result.judgement.verdict is Verdict.PASSED, result.judgement.reasons
    assert result.summary.emulator == emulator


@pytest.mark.parametrize("name", GAP)
def test_ministack_gives_the_same_verdict(name: str, tmp_path: Path):
    played(name, "ministack", tmp_path)


@pytest.mark.localstack
@pytest.mark.parametrize("name", GAP + FLAGSHIP)
def test_localstack_gives_the_same_verdict(name: str, tmp_path: Path):
    played(name, "localstack", tmp_path)
