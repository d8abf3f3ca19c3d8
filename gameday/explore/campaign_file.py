"""How is an exploration that was interrupted kept in a file, to go on with it?

A zip archive: `campaign.json` says what is explored, by which code and how far it is;
beside it stand the states and numbers of the frontier as they are in memory. Writing
replaces the file in one go, so an interrupted writing leaves the file that was there.

A campaign goes on only with the code that it was begun with: whatever changed since is
named. What no file shows, the programs are asked again (see `questions`).
"""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from array import array
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from gameday.errors import InvalidInput
from gameday.explore.request import Request
from gameday.explore.search import SearchCounts
from gameday.explore.sources import changed_sources, sources
from gameday.explore.unfinished import BatchLeft, Unfinished
from gameday.explore.watching import Stage

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Campaign", "load_campaign", "write_campaign"]

FORM = 1
"""Of the file; another one is refused."""

_HEAD = "campaign.json"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What reading an archive that something else has written into raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """An exploration that was interrupted.

    Attributes:
        request: what is explored, and how.
        stages: the strategies that have ended.
        unfinished: what is left of the search by a frontier, None before it began.
    """

    request: Request
    stages: tuple[Stage, ...]
    unfinished: Unfinished | None


def write_campaign(campaign: Campaign, file: Path) -> None:
    """Write a campaign into a file."""
    left = campaign.unfinished
    head: dict[str, Any] = {
        "form": FORM,
        "byte_order": sys.byteorder,
        "request": campaign.request.document(),
        "sources": sources(*campaign.request.files()),
        "stages": [asdict(stage) for stage in campaign.stages],
        "unfinished": None,
    }
    parts: dict[str, bytes] = {}
    if left is not None:
        head["unfinished"] = {
            "width": left.width,
            "answered": left.answered,
            "counts": asdict(left.counts),
            "crashed_properties": left.crashed_properties,
            "in_the_air": [
                [len(each.numbers), each.version] for each in left.in_the_air
            ],
        }
        in_the_air = array("I")
        for each in left.in_the_air:
            in_the_air.extend(each.numbers)
        parts = {
            "asked": left.asked.tobytes(),
            "came_from": left.came_from.tobytes(),
            "open": left.open.tobytes(),
            "in_the_air": in_the_air.tobytes(),
            "found_out_at": left.found_out_at,
            "states": left.states,
        }
    file.parent.mkdir(parents=True, exist_ok=True)
    beginning = file.with_name(f"{file.name}.part")
    with zipfile.ZipFile(
        beginning, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1
    ) as archive:
        archive.writestr(_HEAD, json.dumps(head, indent=2))
        for name, content in parts.items():
            archive.writestr(name, content)
    beginning.replace(file)


def load_campaign(file: Path) -> Campaign:
    """Read a campaign.

    Raises InvalidInput for a file that is none, and for one that was begun with other
    code, naming what has changed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            head = json.loads(archive.read(_HEAD))
            if (head["form"], head["byte_order"]) != (FORM, sys.byteorder):
                raise InvalidInput(
                    f"{file} was written by another gameday or on another kind of "
                    "machine; explore again"
                )
            campaign = _campaign(head, archive)
    except FileNotFoundError as error:
        raise InvalidInput(f"there is no file {file}") from error
    except (*_BROKEN, KeyError, TypeError, ValueError, OSError) as error:
        raise InvalidInput(f"{file} is no campaign: {error}") from error
    # What is explored is loaded first: its modules are among the sources.
    campaign.request.problem()
    changed = changed_sources(head["sources"])
    if changed:
        raise InvalidInput(
            f"{file} cannot be gone on with, because the code has changed since: "
            f"{'; '.join(changed)}. Explore again"
        )
    return campaign


def _campaign(head: dict[str, Any], archive: zipfile.ZipFile) -> Campaign:
    left = head["unfinished"]
    return Campaign(
        request=Request.of(head["request"]),
        stages=tuple(
            Stage(**{**each, "counts": SearchCounts(**each["counts"])})
            for each in head["stages"]
        ),
        unfinished=None if left is None else _unfinished(left, archive),
    )


def _unfinished(left: dict[str, Any], archive: zipfile.ZipFile) -> Unfinished:
    in_the_air = _numbers("I", archive.read("in_the_air"))
    batches = []
    for count, version in left["in_the_air"]:
        batches.append(BatchLeft(numbers=in_the_air[:count], version=version))
        del in_the_air[:count]
    return Unfinished(
        width=left["width"],
        answered=left["answered"],
        counts=SearchCounts(**left["counts"]),
        crashed_properties=left["crashed_properties"],
        in_the_air=tuple(batches),
        asked=_numbers("q", archive.read("asked")),
        came_from=_numbers("I", archive.read("came_from")),
        open=_numbers("I", archive.read("open")),
        found_out_at=archive.read("found_out_at"),
        states=archive.read("states"),
    )


def _numbers(kind: Literal["q", "I"], content: bytes) -> array[int]:
    numbers = array(kind)
    numbers.frombytes(content)
    return numbers
