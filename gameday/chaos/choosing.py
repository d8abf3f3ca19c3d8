"""What is an experiment to be played on, and what does it claim?

The `gameday` extension block of an experiment names region, design, safeguards,
settings and seed; a command's options win over it. A design that was replaced
takes the block's claim with it: what was declared of one design says nothing
of another, so the hazards are then only looked at.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.bundled import fixtures_folder
from gameday.chaos.extension import GamedayBlock, read_block
from gameday.chaos.session import StageChoice
from gameday.documents import Document
from gameday.region.topology import Region, load_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.chaos.verdicts import Claim

__all__ = ["Choice", "Overrides", "choose", "choose_for"]

_SEED_LIMIT = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What wins over an experiment's own block; None leaves it as it is."""

    design: str | None = None
    seed: int | None = None
    emulator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An experiment with everything it asked for.

    Attributes:
        title: the experiment's title.
        name: short name for folders, from the file's.
        file: where it was read from, "" when it was no file.
        experiment: the experiment as Chaos Toolkit takes it.
        claim: what it says will happen.
        stage: what to play it on.
    """

    title: str
    name: str
    file: str
    experiment: Mapping[str, Any]
    claim: Claim
    stage: StageChoice


def choose(document: Document, overrides: Overrides | None = None) -> Choice:
    """Return what the experiment in `document` is to be played on.

    Raises InvalidInput with every mistake in the block or the region file.
    """
    block = read_block(document)
    won = overrides or Overrides()
    value = document.value if isinstance(document.value, dict) else {}
    title = str(value.get("title", ""))
    return Choice(
        title=title,
        name=Path(document.file).stem or _slug(title),
        file=document.file,
        experiment=value,
        claim=_claim(block, won),
        stage=StageChoice(
            region=_region(block.region, document.file),
            design=won.design or block.design,
            safeguards=block.safeguards,
            settings=block.settings,
            emulator=won.emulator or block.emulator,
            seed=_seed(won.seed, block.seed),
        ),
    )


def choose_for(experiment: Mapping[str, Any]) -> Choice:
    """Return the same for an experiment that Chaos Toolkit has already read."""
    return choose(Document(file="", value=dict(experiment), lines={}))


def _claim(block: GamedayBlock, won: Overrides) -> Claim:
    if won.design in {None, block.design}:
        return block.claim
    return replace(block.claim, because=(), checks=block.claim.hazards, hold=None)


def _region(name: str, experiment_file: str) -> Region:
    bundled = fixtures_folder() / "regions" / f"{name}.yaml"
    if bundled.is_file():
        return load_region(bundled)
    # A path in an experiment counts from the experiment.
    return load_region(Path(experiment_file).parent / name)


def _seed(*choices: int | None) -> int:
    for seed in choices:
        if seed is not None:
            return seed
    return secrets.randbelow(_SEED_LIMIT)


def _slug(title: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    return "-".join(words)[:60] or "experiment"
