"""The journal is valid JSON, whatever an activity returned."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import pytest

from gameday.chaos.journal import plain, write_json


@dataclass
class Reading:
    level: float
    tags: set[str]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        ({"b", "a"}, ["a", "b"]),
        (b"caf\xc3\xa9 \xff", "café \\xff"),
        ((1, [2.5, None]), [1, [2.5, None]]),
        ({1: "x", None: True}, {"1": "x", "None": True}),
        (Reading(level=math.nan, tags={"x"}), {"level": "NaN", "tags": ["x"]}),
        (datetime(2025, 10, 20, tzinfo=UTC), "2025-10-20T00:00:00+00:00"),
        ("\ud800", "\\ud800"),
        (2**80, 2**80),
    ],
)
def test_everything_becomes_a_value_that_json_has(value: object, kept: object):
    assert plain(value) == kept


def test_a_journal_that_contains_itself_still_ends():
    journal: dict[str, object] = {}
    journal["experiment"] = journal

    assert json.dumps(plain(journal))


def test_the_copy_does_not_change_with_the_original():
    probe = {"tolerance": [1]}
    copy = plain({"probe": probe})
    probe["tolerance"].append(2)

    assert copy == {"probe": {"tolerance": [1]}}


def test_the_file_is_strict_json(tmp_path: Path):
    file = tmp_path / "journal.json"
    write_json(file, {"output": math.nan, "who": {"z", "a"}})

    def refuse(constant: str) -> Never:
        raise AssertionError(constant)

    assert json.loads(file.read_text("utf-8"), parse_constant=refuse) == {
        "output": "NaN",
        "who": ["a", "z"],
    }
    assert [each.name for each in tmp_path.iterdir()] == ["journal.json"]
