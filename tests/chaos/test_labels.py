"""What an experiment file says of itself, before anybody plays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import experiments_folder
from gameday.chaos.extension import GamedayBlock
from gameday.chaos.labels import Labels, labels_of


def test_tags_region_and_design_are_its_labels():
    file = experiments_folder() / "lease-collapse-as-built.yaml"

    assert labels_of(file) == Labels(
        tags=("leases", "collapse"), region="cascade", design="fenced"
    )


def test_what_a_file_does_not_say_is_as_the_block_has_it(tmp_path: Path):
    (tmp_path / "short.yaml").write_text("extensions: [{name: gameday}]")

    block = GamedayBlock()
    assert labels_of(tmp_path / "short.yaml") == Labels(
        region=block.region, design=block.design
    )


def test_only_registered_markers_are_taken_from_its_tags():
    labels = Labels(tags=("slow", "dns"))

    assert labels.tags_among(["slow: lasts", "gameday(seed=1): a stage"]) == ["slow"]


@pytest.mark.parametrize("text", ["{", "- a list", "just text", ""])
def test_a_file_that_makes_no_sense_has_no_labels(tmp_path: Path, text: str):
    (tmp_path / "wrong.yaml").write_text(text)

    assert labels_of(tmp_path / "wrong.yaml") == Labels()


@pytest.mark.parametrize("extensions", ["none", "[text, {name: other}]"])
def test_tags_and_extensions_of_another_form_are_passed_over(
    tmp_path: Path, extensions: str
):
    (tmp_path / "odd.yaml").write_text(f"tags: dns\nextensions: {extensions}")

    assert labels_of(tmp_path / "odd.yaml").tags == ()


def test_a_file_that_is_not_there_has_no_labels(tmp_path: Path):
    assert labels_of(tmp_path / "missing.yaml") == Labels()
