from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import experiments_folder
from gameday.chaos.extension import GamedayBlock, block_of, load_block
from gameday.chaos.verdicts import Claim
from gameday.errors import InvalidInput


def problems_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "experiment.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        load_block(file)
    return [f"{reason.line}: {reason.message}" for reason in caught.value.reasons]


def test_experiment_without_the_block_gets_the_defaults() -> None:
    block = block_of({"title": "a stranger's"})
    assert block == GamedayBlock()
    assert (block.region, block.emulator, block.must_fire) == (
        "reference",
        "moto",
        True,
    )
    assert block_of({"extensions": [{"name": "another"}]}) == GamedayBlock()


def test_block_becomes_a_claim() -> None:
    block = block_of(
        {
            "extensions": [
                {"name": "another"},
                {
                    "name": "gameday",
                    "design": "as-built",
                    "settings": {"droplets": 20, "backoff_ms": [10, 20]},
                    "expect": {"verdict": "deviated", "because": "empty-endpoint"},
                    "checks": ["plan-regression"],
                    "hold": ["two-lock-holders"],
                    "must_fire": False,
                },
            ]
        }
    )
    assert block.claim == Claim(
        because=("empty-endpoint",),
        checks=("plan-regression",),
        hold=("two-lock-holders",),
        must_fire=False,
    )
    assert block.settings == {"droplets": 20, "backoff_ms": (10, 20)}


def test_every_mistake_is_told_at_once_with_line_and_nearest_name(
    tmp_path: Path,
) -> None:
    text = """\
title: x
extensions:
  - name: gameday
    desing: fenced
    safeguards:
      freshnes: in-batch
      freeze: maybe
    settings: {droplets: many}
    seed: "1"
    expect:
      verdict: deviates
      because: [empty-endpont]
    checks: [plan-regression, plan-regression]
"""
    assert problems_of(tmp_path, text) == [
        "4: unknown key 'desing'; did you mean 'design'?",
        "6: unknown safeguard 'freshnes'; did you mean 'freshness'?",
        "7: unknown value of freeze 'maybe'; known: off, on",
        "8: 'many' is not a number, nor a span [lowest, highest]",
        '9: should be a valid integer, not "1"',
        "11: unknown value 'deviates'; did you mean 'deviated'?",
        "12: unknown hazard 'empty-endpont'; did you mean 'empty-endpoint'?",
        "13: 'plan-regression' stands twice",
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("expect: {verdict: deviated}", "says which hazard shows"),
        (
            "expect: {verdict: passed, because: empty-endpoint}",
            "goes with `verdict: deviated` only",
        ),
        (
            (
                "expect: {verdict: deviated, because: empty-endpoint}\n"
                "    hold: [empty-endpoint]"
            ),
            "stands in `because` and in `hold`",
        ),
        ("seed: -1", "greater than or equal to 0"),
    ],
)
def test_block_that_contradicts_itself_is_invalid_input(
    tmp_path: Path, block: str, message: str
) -> None:
    (problem,) = problems_of(tmp_path, f"extensions:\n  - name: gameday\n    {block}\n")
    assert message in problem


def test_second_block_is_invalid_input(tmp_path: Path) -> None:
    text = "extensions:\n  - name: gameday\n  - name: gameday\n"
    assert problems_of(tmp_path, text) == ["3: a second gameday block"]


def test_extensions_that_are_no_list_are_invalid_input(tmp_path: Path) -> None:
    text = "extensions:\n  name: gameday\n"
    assert problems_of(tmp_path, text) == ["1: should be a list"]


@pytest.mark.parametrize(
    "file", sorted(experiments_folder().glob("*.yaml")), ids=lambda file: file.stem
)
def test_block_of_every_bundled_experiment_is_valid(file: Path) -> None:
    assert load_block(file).claim.hazards
