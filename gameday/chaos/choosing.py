"""What is an experiment to be played on, and what does it claim?

The `gameday` extension block of an experiment names region, design, safeguards,
settings and seed; a command's options win over it. A design that was replaced
takes the block's claim with it: what was declared of one design says nothing
of another, so the hazards are then only looked at.
"""

from __future__ import annotations

import secrets
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.chaos.extension import NAME, GamedayBlock, read_block
from gameday.chaos.session import StageChoice
from gameday.documents import Document
from gameday.errors import InvalidInput, Reason
from gameday.region.finding import find_region
from gameday.stage.preflight import ensure_openable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.chaos.verdicts import Claim
    from gameday.region.topology import Region

__all__ = ["Choice", "Overrides", "choose", "choose_for", "ensure_playable"]

_SEED_LIMIT = 2**31
_SWITCH_WORDS = {True: "on", False: "off"}


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
            region=_region(block.region, document),
            design=won.design or block.design,
            safeguards=block.safeguards,
            settings=block.settings,
            emulator=won.emulator or block.emulator,
            seed=_seed(won.seed, block.seed),
        ),
    )


def choose_for(experiment: Mapping[str, Any]) -> Choice:
    """Return the same for an experiment that Chaos Toolkit has already read.

    Chaos Toolkit reads YAML 1.1, in which the switch `freeze: on` is true.
    """
    value = deepcopy(dict(experiment))
    for extension in value.get("extensions") or []:
        switches = extension.get("safeguards")
        if extension.get("name") == NAME and isinstance(switches, dict):
            extension["safeguards"] = {
                name: _SWITCH_WORDS[word] if isinstance(word, bool) else word
                for name, word in switches.items()
            }
    return choose(Document(file="", value=value, lines={}))


def _claim(block: GamedayBlock, won: Overrides) -> Claim:
    if won.design in {None, block.design}:
        return block.claim
    return replace(block.claim, because=(), checks=block.claim.hazards, hold=None)


def ensure_playable(document: Document, choice: Choice) -> None:
    """Raise InvalidInput unless a stage could be opened as things stand.

    Beside what the document says, ports and the emulator are looked at; a wrong
    name in the block is told with its line.
    """
    stage = choice.stage
    try:
        ensure_openable(
            stage.region,
            design=stage.design,
            safeguards=stage.safeguards,
            settings=stage.settings,
            emulator=stage.emulator,
            gateway_port=0,
        )
    except InvalidInput as error:
        told = [_placed(document, reason) for reason in error.reasons]
        raise InvalidInput(*told) from error


def _region(name: str, document: Document) -> Region:
    try:
        return find_region(name, near=Path(document.file).parent)
    except InvalidInput as error:
        told = [_placed(document, reason) for reason in error.reasons]
        raise InvalidInput(*told) from error


def _placed(document: Document, reason: Reason) -> Reason:
    """Return the reason with the line of the block that names what it is about."""
    for place, extension in enumerate(document.value.get("extensions") or []):
        if reason.file or extension.get("name") != NAME:
            continue
        for key in ("region", "design", "emulator", "safeguards", "settings"):
            below = extension.get(key)
            names = list(below) if isinstance(below, dict) else [below]
            for name in names:
                if f"'{name}'" in reason.message or f" {name}:" in reason.message:
                    steps = (key, name) if isinstance(below, dict) else (key,)
                    return document.reason(
                        ("extensions", place, *steps), reason.message
                    )
    return reason


def _seed(*choices: int | None) -> int:
    for seed in choices:
        if seed is not None:
            return seed
    return secrets.randbelow(_SEED_LIMIT)


def _slug(title: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    return "-".join(words)[:60] or "experiment"
