"""By what can a suite choose experiments before it plays any?

A file is only looked at here: what is wrong with it is said, with its line, when it
is played. So a file that cannot be read has no labels, and is collected all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Labels", "labels_of"]

_NAME = "gameday"
_DEFAULTS = {"region": "reference", "design": "as-built"}
"""Those of `extension.GamedayBlock`, whose import would cost half a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What an experiment says of itself; empty when its file makes no sense.

    Attributes:
        tags: of Chaos Toolkit.
        region: that it is played on, a name or a file.
        design: of that region.
    """

    tags: tuple[str, ...] = ()
    region: str = ""
    design: str = ""

    def tags_among(self, markers: Iterable[str]) -> list[str]:
        """Return the tags that pytest markers, given as it registers them, name."""
        names = {re.split(r"[:(]", line, maxsplit=1)[0].strip() for line in markers}
        return sorted(names.intersection(self.tags))


def labels_of(file: Path) -> Labels:
    """Return the labels of an experiment file."""
    # The C parser, where there is one: a suite may have many files and play few.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError):
        return Labels()
    if not isinstance(document, Mapping):
        return Labels()
    tags, extensions = document.get("tags"), document.get("extensions")
    blocks = [
        each
        for each in (extensions if isinstance(extensions, list) else [])
        if isinstance(each, Mapping) and each.get("name") == _NAME
    ]
    block = {**_DEFAULTS, **(blocks[0] if blocks else {})}
    return Labels(
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
        region=str(block["region"]),
        design=str(block["design"]),
    )
